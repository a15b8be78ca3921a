// Package incident says what an incident is and may do: its nouns, its rules, what each change writes on the
// timeline, and what each change owes the world outside.
//
// # Decisions
//
// The rule is a method on a value. A method checks, changes its receiver, and records what happened in the embedded
// Ledger; it never waits, never reads a clock, never speaks to anybody. Who and when come in as a Stamp, one frozen
// instant for everything that one request changes.
//
// Whatever changes is an Event. The row of an incident is the truth for its present state, its events are the record; a
// test folds the events of random walks and compares the two.
//
// An Effect names something outside that must be brought in step (the card, the announcement); it carries no payload.
// Which event owes which effects stands in one table in effect.go, and nowhere else. Delivering late or twice is
// therefore harmless: whoever delivers reads the present state.
//
// Severities, roles and services are policy: values that a team may change. The rules take them as arguments, so this
// package knows no list of its own beyond the defaults in policy.go.
//
// This package imports the standard library only.
package incident
