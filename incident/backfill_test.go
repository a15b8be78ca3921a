package incident

import (
	"strings"
	"testing"
	"time"
)

func TestRecordNeedsItsTimes(t *testing.T) {
	hour := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	for name, tc := range map[string]struct {
		times Times
		want  string // in the refusal; "" for none
	}{
		"whole":           {Times{MomentStarted: hour(-4), MomentDetected: hour(-3), MomentMitigated: hour(-2), MomentResolved: hour(-1)}, ""},
		"all at once":     {Times{MomentStarted: hour(-1), MomentDetected: hour(-1), MomentMitigated: hour(-1), MomentResolved: hour(-1)}, ""},
		"what must be":    {Times{MomentStarted: hour(-4), MomentResolved: hour(-1)}, ""},
		"none":            {nil, "started and resolved"},
		"no start":        {Times{MomentResolved: hour(-1)}, "when it was started."},
		"turned round":    {Times{MomentStarted: hour(-1), MomentResolved: hour(-2)}, "resolved before it was started"},
		"mitigated first": {Times{MomentStarted: hour(-4), MomentDetected: hour(-2), MomentMitigated: hour(-3), MomentResolved: hour(-1)}, "mitigated before it was detected"},
		"not over":        {Times{MomentStarted: hour(-1), MomentResolved: hour(1)}, "resolved is still to come"},
	} {
		i, err := Record(Declaration{Title: "x", Policy: Defaults()}, tc.times, by(ada, 0))
		switch {
		case tc.want == "" && (err != nil || i.Status != Resolved || i.Kind != Backfill || !i.Resolved.Equal(hour(-1)) || len(i.Reminders) > 0):
			t.Errorf("%s: %v, %+v", name, err, i)
		case tc.want != "" && (CodeOf(err) != Invalid || !strings.Contains(err.Error(), tc.want)):
			t.Errorf("%s: got %v", name, err)
		}
	}
}
