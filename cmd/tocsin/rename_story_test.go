package main

import (
	"slices"
	"strings"
	"testing"

	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// TestStoryAServiceIsSetRight: a slip is offered to be set right with the answer to the declaration, who answers for the service
// comes, and its bookmarks take the place of those of the other.
func TestStoryAServiceIsSetRight(t *testing.T) {
	h := newHouse(t, func(o *options) {
		for n := range o.policy.Services { // of one name, so that only their addresses tell them apart
			o.policy.Services[n].Links[0].Title = "Dashboard"
		}
		o.policy.Services[1].Links = append(o.policy.Services[1].Links, incident.Link{Title: "Runbook", URL: "https://runs.example.com/payments"})
	})
	h.program.bot.Policy().Services[1].Owner = h.Person("Linus").ID()
	ada := h.Person("Ada")
	said := ada.Type("#general", "/incident declare it is slow --service chekout").Expect("Did you mean *checkout*?", "It is checkout")
	room := h.Channel("#inc-1-it-is-slow")
	card := room.Expect("Take command", "chekout")
	h.Channel("#incidents").Expect("it is slow")
	h.Quiet()
	ada.Press(said, "It is checkout").Expect("INC-1 is about *checkout* now.")
	card.ExpectEdit("*Service* checkout")
	h.Quiet()
	if got := strings.Join(room.Bookmarks(), "\n"); !strings.Contains(got, "Dashboard https://grafana.example.com/d/checkout") {
		t.Errorf("bookmarks: %s", got)
	}
	ada.Type(room.Name(), "/incident service").Expect("INC-1 is about *checkout*")
	slip := ada.Type(room.Name(), "/incident service paymnts").Expect("INC-1 is about *paymnts* now.", "Did you mean *payments*?", "It is payments")
	ada.Type(room.Name(), "/incident service").Expect("INC-1 is about *paymnts*") // which may be right: nobody is kept from it
	card.ExpectEdit("*Service* paymnts")
	ada.Press(slip, "It is payments")
	card.ExpectEdit("*Service* payments")
	h.Quiet()
	marks := strings.Join(room.Bookmarks(), "\n")
	if strings.Contains(marks, "d/checkout") || !strings.Contains(marks, "Dashboard https://grafana.example.com/d/payments") || !strings.Contains(marks, "Runbook") || !strings.Contains(marks, "Announcement") {
		t.Errorf("bookmarks: %s", marks)
	}
	if !slices.Contains(room.Members(), "Linus") {
		t.Error("who answers for payments is not there")
	}
	ada.Type(room.Name(), "/incident service none").Expect("names no service now")
	h.Quiet()
	if marks := strings.Join(room.Bookmarks(), "\n"); strings.Contains(marks, "grafana") || !strings.Contains(marks, "Announcement") {
		t.Errorf("bookmarks: %s", marks)
	}
	ada.Type(room.Name(), "/incident service the warehouse").Expect("INC-1 is about *the warehouse* now.", "There is no service *the warehouse* in the policy")
	ada.Type(room.Name(), "/incident timeline").Expect("changed the service from chekout to checkout", "from paymnts to payments", "said that it is not about payments", "said that it is about the warehouse")
	h.Quiet()
}

// TestStoryATitleIsSetRight: card, topic and announcement follow, the room keeps its name, and the old title can be redacted then.
func TestStoryATitleIsSetRight(t *testing.T) {
	h := newHouse(t)
	ada, grace := h.Person("Ada"), h.Person("Grace")
	ada.Type("#general", "/incident declare sev2 Acme cannot pay").Expect("INC-1 declared")
	room := h.Channel("#inc-1-acme-cannot-pay")
	card := room.Expect("Take command", "Acme cannot pay")
	announcement := h.Channel("#incidents").Expect("Acme cannot pay")
	h.Join(grace, room.Name())
	h.Quiet()
	grace.Type(room.Name(), "/incident redact #1 it names a customer").Expect("give it another title first", "Change the title")
	grace.Type(room.Name(), "/incident timeline").Expect("Acme cannot pay", "| Star]").Lacks("Redact")
	ada.Type(room.Name(), "/incident title")
	if form := ada.Modal().Has("What is broken?", "Acme cannot pay"); form != nil {
		form.Fill("What is broken?", "payments hang").Submit()
	}
	card.ExpectEdit("payments hang")
	announcement.ExpectEdit("payments hang")
	h.Quiet()
	if topic := room.Topic(); !strings.Contains(topic, "payments hang") || strings.Contains(topic, "Acme") || room.Name() != "#inc-1-acme-cannot-pay" {
		t.Errorf("topic %q of %s", topic, room.Name())
	}
	ada.Type(room.Name(), "/incident title payments   hang").Expect("is called that already")
	ada.Type(room.Name(), "/incident correct #1 search hangs").Expect("but a title", "Change the title")
	grace.Choose(grace.Type(room.Name(), "/incident timeline").Expect("Acme cannot pay"), "do:entry:1", "Redact")
	grace.Modal().Fill("Why must it go?", "it names a customer").Submit()
	h.Quiet()
	ada.Type(room.Name(), "/incident timeline").Expect("declared, redacted by Grace", "changed the title to: payments hang")
	ada.Type("#general", "/incident search Acme").Expect("Nothing that you may see holds")
	ada.Type("#general", "/incident search payments").Expect("INC-1 payments hang")
	h.Quiet()
}

// TestF88ServicesAreWordsToo: what somebody typed as the service can be taken out of the record, when it is called otherwise.
func TestF88ServicesAreWordsToo(t *testing.T) {
	h := newHouse(t)
	h.program.bot.Policy().Permissions = map[string]incident.Grant{"redact": incident.Anyone}
	ada := h.Person("Ada")
	ada.Type("#general", "/incident declare sev2 it is slow --service canaryone").Expect("INC-1 declared", "no service *canaryone*")
	room := h.Channel("#inc-1-it-is-slow")
	h.recover(recovery)
	service := func(name string) string {
		ada.Type(room.Name(), "/incident service "+name)
		h.recover(recovery)
		return h.number(incident.EventService)
	}
	named := service("canarytwo")
	none := service("none")
	again := service("canarythree")
	ada.Type(room.Name(), "/incident correct "+again+" checkout").Expect("name another with /incident service", "Change the service")
	ada.Type(room.Name(), "/incident redact "+again+" it names a customer").Expect("name another service first", "Change the service")
	listed := service("checkout")
	redact := func(number string) *slacksim.Answer {
		return ada.Type(room.Name(), "/incident redact "+number+" it names a customer").Expect("is redacted")
	}
	redact(named).Expect("stand in " + none + ":").Lacks("shows until")
	redact(none)
	redact(again).Expect("stand in " + listed + ":")
	redact(listed).Expect("That it is about checkout shows until another service is named")
	h.recover(recovery)
	ada.Type(room.Name(), "/incident timeline").Expect("service, redacted by Ada").Lacks("canary")
	h.lacks(t, "canary")
	if world := h.World(); strings.Contains(world, "canary") {
		t.Errorf("people see it:\n%s", world)
	}
	if _, err := h.program.store.Verify(t.Context(), func(entry int64, what string) { t.Errorf("entry %d: %s", entry, what) }); err != nil {
		t.Error(err)
	}
}

// TestStoryTwoServicesOneLink: a link that the next service has too, by another title, is hung up anew, and what is kept of it is not
// the one that was just taken away: so it goes with the next change.
func TestStoryTwoServicesOneLink(t *testing.T) {
	h := newHouse(t, func(o *options) {
		for n, title := range []string{"Dashboard", "Graphs"} {
			o.policy.Services[n].Links = []incident.Link{{Title: title, URL: "https://grafana.example.com/all"}}
		}
	})
	ada := h.Person("Ada")
	ada.Type("#general", "/incident declare it is slow --service checkout").Expect("INC-1 declared")
	h.recover(recovery)
	h.Announce("bookmarks.remove")
	h.Faults(failing("bookmarks.remove", 1, slacksim.Fault{Kind: slacksim.Status, Status: 500})) // so that it is looked what is there
	room := h.Channel("#inc-1-it-is-slow")
	marks := func(service, want string) {
		t.Helper()
		ada.Type(room.Name(), "/incident service "+service)
		h.recover(recovery)
		got := strings.Join(slices.DeleteFunc(room.Bookmarks(), func(b string) bool { return strings.HasPrefix(b, "Announcement") }), "\n")
		if got != want {
			t.Errorf("bookmarks of %s: %s", service, got)
		}
	}
	marks("payments", "Graphs https://grafana.example.com/all")
	marks("none", "")
}
