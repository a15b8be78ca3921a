package incident

import (
	"strings"
	"testing"
	"time"
)

// TestGateOfTimes: what is not measured is not closed, and the refusal names what is missing.
func TestGateOfTimes(t *testing.T) {
	i, p := declared(t), Defaults()
	for n := range p.Severities {
		p.Severities[n].Gates = []Gate{GateTimes}
	}
	err := i.Close(p, by(ada, 5))
	if err == nil || !strings.Contains(err.Error(), "it is not resolved; it is not known when it was mitigated and resolved.") {
		t.Errorf("open: %v", err)
	}
	if err := i.Resolve(by(ada, 6)); err != nil {
		t.Fatal(err)
	}
	i.Detected = time.Time{}
	if err := i.Close(p, by(ada, 7)); err == nil || !strings.Contains(err.Error(), "when it was detected.") {
		t.Errorf("resolved: %v", err)
	}
	i.Detected = i.Started
	if err := i.Close(p, by(ada, 8)); err != nil {
		t.Error(err)
	}
}
