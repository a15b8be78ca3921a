package incident

import (
	"errors"
	"time"
)

// ErrFenced says that an effect is not ours any more: its lease lapsed and somebody else has claimed it since.
var ErrFenced = errors.New("the lease on this effect has lapsed")

// Claim asks for effects to deliver: those that are due at an instant in these lanes, leased until they are reported on. What
// has been owed since Fresh goes first, so that what an outage left behind does not hold up what happens now; then the
// most severe, then the oldest.
type Claim struct {
	At      time.Time
	Fresh   time.Time
	Horizon time.Time // nothing waits for longer: what is due later than this was written by a clock that was wrong, and is due; zero: none
	Lease   time.Duration
	Limit   int
	Lanes   []Lane
}

// Retry gives a claimed effect back, to be tried again.
type Retry struct {
	At, Due time.Time
	Why     string // for people: what stood in the way
	Refused bool   // the effect itself was refused, which counts towards its burial
}

// Setback is a courier's failure that says more than "refused": the destination is down, or asks us to go slower. It
// counts against no effect. Any other error of a courier is a refusal of the one effect, and counts towards its burial.
type Setback struct {
	Down  bool          // nothing gets through: the destination's circuit opens. Else only this effect has to wait.
	After time.Duration // not before that; 0: as the back-off says
	Clean bool          // nothing of it has reached the outside, as surely as if it had not been tried
	Err   error
}

func (s *Setback) Error() string { return s.Err.Error() }

// Unwrap returns what went wrong.
func (s *Setback) Unwrap() error { return s.Err }

// Unasked wraps the outcome of a delivery for which nobody outside was asked; a nil Err is a success. It says nothing about
// how things stand with the destination.
type Unasked struct{ Err error }

func (u *Unasked) Error() string {
	if u.Err == nil {
		return "done, and nobody had to be asked"
	}
	return u.Err.Error()
}

// Unwrap returns what went wrong, or nil.
func (u *Unasked) Unwrap() error { return u.Err }
