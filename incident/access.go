package incident

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// refAdmitted keeps the handles of those who were let into the room by name.
const refAdmitted = "tocsin.admitted"

// refAsked keeps when somebody last asked to be let in, in Unix seconds.
const refAsked = "tocsin.asked."

// askAgain is how long a request to be let in stands before the same person is heard again: nobody rings a room by it.
const askAgain = time.Hour

// AskAccess puts before the people in the room that somebody asks to be let in. Who asks learns nothing of it, so it refuses
// nothing.
func (i *Incident) AskAccess(why string, s Stamp) {
	last, _ := strconv.ParseInt(i.Refs[refAsked+s.By.Handle], 10, 64) // "" where they never asked: 0
	if slices.Contains(i.Admitted(), s.By.Handle) || s.At.Sub(time.Unix(last, 0)) < askAgain {
		return
	}
	i.Refs[refAsked+s.By.Handle] = strconv.FormatInt(s.At.Unix(), 10)
	i.record(Event{Kind: EventAccess, Stamp: s, Text: cut(strings.TrimSpace(why), MaxWhy), Whom: s.By})
}

// Admit lets somebody into the room, also who was put out of it.
func (i *Incident) Admit(p Person, s Stamp) error {
	if slices.Contains(i.Admitted(), p.Handle) {
		return Refuse(Conflict, "%s was let in already.", p.Name)
	}
	i.drop(RefGone, p.Handle)
	i.drop(RefInvited, p.Handle) // or they would count as somebody who was asked before
	i.Refs[refAdmitted] = strings.Join(append(i.Admitted(), p.Handle), " ")
	delete(i.Refs, refAsked+p.Handle)
	i.record(Event{Kind: EventAdmitted, Stamp: s, Whom: p})
	return nil
}

// Admitted lists the handles of those who were let into the room by name.
func (i *Incident) Admitted() []string { return strings.Fields(i.Refs[refAdmitted]) }

// drop takes a handle out of those that are kept under a name.
func (i *Incident) drop(name, handle string) {
	kept := strings.Fields(i.Refs[name])
	if rest := slices.DeleteFunc(slices.Clone(kept), func(other string) bool { return other == handle }); len(rest) < len(kept) {
		i.Refs[name] = strings.Join(rest, " ")
	}
}
