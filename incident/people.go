package incident

import (
	"slices"
	"time"
)

// Person is somebody who acts. Handle is opaque here; only the Slack side knows that it is a Slack user.
type Person struct {
	Handle string `json:"handle"`
	Name   string `json:"name"`
}

// System is who acts when no person does.
var System = Person{Handle: "tocsin", Name: "Tocsin"}

// IsZero tells whether nobody is meant.
func (p Person) IsZero() bool { return p.Handle == "" }

// distinct are the people of a list who are anybody, each once. A name is what was known at the time: it tells nobody apart.
func distinct(list ...Person) (people []Person) {
	for _, p := range list {
		if !p.IsZero() && !slices.ContainsFunc(people, func(other Person) bool { return other.Handle == p.Handle }) {
			people = append(people, p)
		}
	}
	return people
}

// Standing is what a person is in the workspace; it decides what they may ask for.
type Standing string

// The standings. Somebody not looked up yet has the empty one, and is believed until they are.
const (
	Member   Standing = "member"
	Admin    Standing = "admin"
	Guest    Standing = "guest"    // single- or multi-channel guest
	Stranger Standing = "stranger" // of another workspace, here through a shared channel
	Bot      Standing = "bot"
	Gone     Standing = "gone" // deactivated
)

// Outsider tells whether somebody sees no more of an incident than the rooms that they are in.
func (s Standing) Outsider() bool { return s == Guest || s == Stranger || s == Bot || s == Gone }

// MayJudge refuses those who cannot say whether something is an incident. Unlike a declarer, nobody is believed here.
func (s Standing) MayJudge() error {
	if s == Member || s == Admin {
		return nil
	}
	if s == "" {
		return Refuse(Forbidden, "Tocsin does not know you yet. Please try again in a minute.")
	}
	return s.MayDeclare()
}

// MayRedact refuses those who cannot take words out of the record, whatever a policy leaves to whom.
func (s Standing) MayRedact() error {
	if s == Member || s == Admin {
		return nil
	}
	return Refuse(Forbidden, "Only members of this workspace can take words out of the record: ask one of them.")
}

// MayDeclare refuses those who cannot declare, saying who could do it for them.
func (s Standing) MayDeclare() error {
	switch s {
	case Guest:
		return Refuse(Forbidden, "Guests cannot declare incidents. Ask a full member of this workspace to declare it for you.")
	case Stranger:
		return Refuse(Forbidden, "Only members of this workspace can declare incidents here. Ask one of them to declare it for you.")
	case Bot:
		return Refuse(Forbidden, "Bots cannot declare incidents. A person has to.")
	case Gone:
		return Refuse(Forbidden, "This account is deactivated, so it cannot declare incidents.")
	}
	return nil
}

// MayCount refuses the figures of all incidents to those who cannot see them all.
func (s Standing) MayCount() error {
	if s.Outsider() {
		return Refuse(Forbidden, "Figures are for the members of this workspace. What you can see: /incident list all.").Offer("list all")
	}
	return nil
}

// MayAsk refuses those whom nobody could let in, whatever they ask to be let into.
func (s Standing) MayAsk() error {
	if s.Outsider() {
		return Refuse(Forbidden, "Only members of this workspace are let into a room by asking. Ask one of them to invite you in Slack.")
	}
	if s == "" {
		return Refuse(Forbidden, "Tocsin does not know you yet. Please try again in a minute.")
	}
	return nil
}

// MayConvert refuses those who cannot say who may know of an incident.
func (s Standing) MayConvert() error {
	if s.Outsider() {
		return Refuse(Forbidden, "Who may know of an incident is for the members of this workspace to say. Ask one of them.")
	}
	return nil
}

// Profile is what we last knew of a person, and when.
type Profile struct {
	Person
	Standing Standing
	Zone     string // IANA name, "" when unknown
	Seen     time.Time
}
