package outbox

import (
	"errors"
	"time"
)

// DelayError is a courier's error that blames no effect: the effect is to wait, and it counts towards no burial.
type DelayError struct {
	Err   error
	After time.Duration // as the destination asked (Retry-After); 0 when it did not say
	Down  bool          // nobody there: the whole destination waits
}

func (e *DelayError) Error() string {
	if e.Err == nil {
		return "no reason was given"
	}
	return e.Err.Error()
}

// Unwrap returns what happened.
func (e *DelayError) Unwrap() error { return e.Err }

// Down says that the destination does not do its work (no answer, 5xx, token refused): its circuit opens.
func Down(err error, after time.Duration) error {
	return &DelayError{Err: err, After: after, Down: true}
}

// errBusy is what a rate limit says.
var errBusy = errors.New("rate limited")

// Busy says that the destination asked this effect to wait (429); its circuit stays as it is.
func Busy(after time.Duration) error { return &DelayError{Err: errBusy, After: after} }
