package bot

import (
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// TestTheMenusOfACardBeginAnew: what somebody chose in a menu of the card can be chosen again once it is otherwise, for the menus have
// another id then; and a card of the same state is the same card, which is not edited for nothing.
func TestTheMenusOfACardBeginAnew(t *testing.T) {
	policy := incident.Defaults()
	b := &Bot{Options: Options{Policy: func() *incident.Policy { return policy }}}
	menus := func(i *incident.Incident) (id string) {
		for _, block := range b.cardActions(policy, i) {
			if a, is := block.(*slack.ActionBlock); is && strings.HasPrefix(a.BlockID, "choose") {
				id = a.BlockID
			}
		}
		return id
	}
	ada := incident.Person{Handle: "U1", Name: "Ada"}
	seen := map[string]string{}
	for name, i := range map[string]*incident.Incident{
		"as declared":     {ID: 1, Severity: "sev2", Status: incident.Investigating},
		"more severe":     {ID: 1, Severity: "sev1", Status: incident.Investigating},
		"identified":      {ID: 1, Severity: "sev2", Status: incident.Identified},
		"led":             {ID: 1, Severity: "sev2", Status: incident.Investigating, Roles: map[incident.Role]incident.Person{incident.Commander: ada}},
		"led and written": {ID: 1, Severity: "sev2", Status: incident.Investigating, Roles: map[incident.Role]incident.Person{incident.Commander: ada, incident.Scribe: ada}},
	} {
		id := menus(i)
		if other, twice := seen[id]; twice || id == "" || id != menus(i) {
			t.Errorf("%s and %s: %q", name, other, id)
		}
		seen[id] = name
	}
}
