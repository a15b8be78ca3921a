package incident

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Code tells what kind of refusal an Error is.
type Code string

// The codes of refusals. An error that is no *Error is internal: nobody who reads it can mend it.
const (
	Invalid   Code = "invalid"   // what was asked cannot be read or is out of range
	Missing   Code = "missing"   // what was asked about does not exist, as far as this person may know
	Conflict  Code = "conflict"  // it stands against the present state
	Forbidden Code = "forbidden" // this person may not
	// Unavailable says that nothing can be recorded just now, whoever asks: those who run Tocsin have to mend something.
	Unavailable Code = "unavailable"
)

// ErrUncertain is the refusal of a change whose end nobody knows: the database took it, and did not say what became of it.
var ErrUncertain = Refuse(Unavailable, "It may have been recorded: look at /incident list before you try again.").Offer("list")

// Error is a refusal that a person can read and mend: Message is one sentence shown as it is, saying what to do.
type Error struct {
	Code    Code
	Message string
	Mends   []string // verbs that would mend it, offered as buttons: "resolve", "commander me"

	format string // what Message was made of
	args   []any

	At time.Time // an instant that Message names as Instant spells it; zero: none
}

// Instant spells an instant for those who have no clock of their own to show it with.
func Instant(at time.Time) string { return at.UTC().Format("2 Jan 15:04 MST") }

func (e *Error) Error() string { return e.Message }

// CodeOf returns the code of a refusal, or "" where err is nil or internal.
func CodeOf(err error) Code {
	var refusal *Error
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	return ""
}

// Offer adds the verbs that would mend a refusal.
func (e *Error) Offer(mends ...string) *Error {
	e.Mends = append(e.Mends, mends...)
	return e
}

// Refuse makes a refusal with a formatted message.
func Refuse(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), format: format, args: args}
}

// In is the refusal with each status as the policy calls it. The rules speak of statuses by their words.
func (e *Error) In(p *Policy) string {
	args := slices.Clone(e.args)
	named := false
	for n, arg := range args {
		if status, is := arg.(Status); is {
			args[n], named = p.Rung(status).Name(), true
		}
	}
	if !named {
		return e.Message
	}
	return fmt.Sprintf(e.format, args...)
}
