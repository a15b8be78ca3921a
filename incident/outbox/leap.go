package outbox

import "time"

// leapt is by how much the clock and the running of time may differ between two looks before it counts as a leap.
const leapt = 2 * time.Second

// leaps notices when somebody sets the clock, or when the machine was asleep. What a clock says right after that must not
// end leases: those who hold them may not have noticed, and have a call on its way.
type leaps struct {
	wall time.Time
	ran  time.Duration
	at   time.Duration // when it was noticed last, by what the machine has run
	ever bool
}

// note compares the clock with how long the machine has run, and returns by how much the clock has leapt since it was
// asked last; 0 for not.
func (l *leaps) note(wall time.Time, ran time.Duration) (by time.Duration) {
	wall = wall.Round(0) // else the difference is what the machine has run
	if !l.wall.IsZero() {
		by = wall.Sub(l.wall) - (ran - l.ran)
	}
	l.wall, l.ran = wall, ran
	if by.Abs() < leapt {
		return 0
	}
	l.at, l.ever = ran, true
	return by
}

// recent tells whether the clock has leapt within a time.
func (l *leaps) recent(within time.Duration) bool { return l.ever && l.ran-l.at < within }
