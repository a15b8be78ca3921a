package bot

import (
	"io"
	"net/http"
	"time"

	"tocsin/incident"
)

// onTime asks whether a call may still begin once more when its body is about to be written. Before that a connection has to
// be made, and the program may be stopped anywhere in between; of a call without all of its body nothing comes.
func onTime(r *http.Request, until charge, now func() time.Time) *http.Request {
	if until.until.IsZero() || r.Body == nil || r.GetBody == nil {
		return r
	}
	fresh := r.GetBody
	watched := *r // the caller's stays as it is
	watched.Body = timely{r.Body, until, now}
	watched.GetBody = func() (io.ReadCloser, error) {
		body, err := fresh()
		return timely{body, until, now}, err
	}
	return &watched
}

// timely is a body that is not given out when it is too late.
type timely struct {
	io.ReadCloser
	until charge
	now   func() time.Time
}

func (t timely) Read(p []byte) (int, error) {
	if t.until.over(t.now()) {
		return 0, &incident.Setback{Err: errTooLate}
	}
	return t.ReadCloser.Read(p)
}
