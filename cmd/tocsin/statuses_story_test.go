package main

import (
	"strings"
	"testing"

	"tocsin/bot/slacksim"
	"tocsin/incident"
)

// ownStatuses is a policy that calls statuses by names of its own, one of which wants to be more than a name.
const ownStatuses = `
statuses:
  - {status: triage, name: to be judged}
  - {status: investigating, name: Looking into it, meaning: Why is not known <yet>.}
  - {status: identified, name: "<!channel> & co"}
  - {status: resolved, name: all clear}
  - {status: closed, name: filed}
customers:
  approve: no
  templates: [{status: looking-into-it, text: "We are {status}."}]
`

// namedHouse has them, and an incident.
func namedHouse(t *testing.T) (h *house, d *desk, ada *slacksim.Person, room *slacksim.Channel, card *slacksim.Post) {
	t.Helper()
	h, d = newDeskHouse(t)
	d.put("TOCSIN_POLICY", "tocsin.yml", "announce: "+h.ChannelID("incidents")+ownStatuses+"  channel: "+h.ChannelID("random")+"\n")
	h.reload(d) // and it holds from now on
	ada = h.Person("Ada")
	ada.Type("#general", "/incident declare sev2 checkout is down").Expect("INC-1 declared")
	room = h.Channel("#inc-1-checkout-is-down")
	card = room.Expect("*Status* :large_orange_circle: Looking into it")
	h.Channel("#incidents").Expect("Looking into it · commander")
	h.Quiet()
	return h, d, ada, room, card
}

// TestStoryStatusesOfTheirOwn: people read and type the names of the policy; the record keeps the words.
func TestStoryStatusesOfTheirOwn(t *testing.T) {
	h, _, ada, room, card := namedHouse(t)
	if !strings.Contains(room.Topic(), "SEV2 · Looking into it · ") {
		t.Errorf("topic: %s", room.Topic())
	}
	ada.Choose(card, "Status", "<!channel> & co")
	card.ExpectEdit("<!channel> & co")
	h.Channel("#incidents").Post("checkout is down").ExpectEdit("<!channel> & co")
	ada.Type(room.Name(), "/incident status looking into it").Expect("INC-1 is now *Looking into it*.")
	card.ExpectEdit("Looking into it")
	ada.Type(room.Name(), "/incident status LOOKING-INTO-IT").Expect("INC-1 is Looking into it already.")
	ada.Type(room.Name(), "/incident status lokking-into-it").
		Expect(`There is no status "lokking-into-it". Did you mean Looking into it? The status can be Looking into it, <!channel> & co or monitoring; for the end use resolve and close.`)
	ada.Type(room.Name(), "/incident status all clear").Expect("for the end use resolve and close").Lacks("There is no")
	ada.Type(room.Name(), "/incident help").Expect("`/incident status <!channel>-&-co` Looking into it, <!channel> & co or monitoring", "`looking-into-it` or `investigating` Why is not known <yet>.",
		"`filed` or `closed` The work on it is over, too.")
	ada.Type(room.Name(), "/incident list").Expect("INC-1 checkout is down* · Looking into it")
	ada.Type(room.Name(), "/incident list looking-into-it").Expect("1 open incident")
	ada.Type(room.Name(), "/incident list investigating").Expect("1 open incident")
	ada.Type(room.Name(), "/incident list monitoring").Expect("No open incidents like that")
	ada.Type(room.Name(), "/incident list loking-into-it").Expect(`I cannot read "loking-into-it". Did you mean looking-into-it?`)
	ada.OpenHome().Expect("Looking into it")
	ada.Type(room.Name(), "/incident commander me")
	room.Expect("now *commander*")
	ada.Type(room.Name(), "/incident customers")
	ada.Modal().Has("We are Looking into it.").Submit()
	h.Channel("#random").Expect("We are Looking into it.")
	h.Quiet()

	ada.Type(room.Name(), "/incident resolve").Expect("INC-1 is all clear. Well done.")
	room.Expect("*Ada* resolved INC-1")
	card.ExpectEdit("all clear")
	ada.Type(room.Name(), "/incident resolve").Expect("INC-1 is all clear already.")
	ada.Type(room.Name(), "/incident list all-clear").Expect("1 incident", "all clear")
	ada.Type(room.Name(), "/incident close").Expect("INC-1 is filed.")
	room.Expect("*Ada* closed INC-1")
	ada.Type(room.Name(), "/incident status monitoring").Expect("INC-1 is filed. To change its status, reopen it first")
	ada.Type(room.Name(), "/incident timeline status").Expect("changed the status from Looking into it to <!channel> & co")
	h.Quiet()
	i, err := h.program.store.Incident(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	changed, err := h.program.store.Latest(t.Context(), 1, incident.EventStatus)
	if err != nil {
		t.Fatal(err)
	}
	if i.Status != incident.Closed || changed.From != "identified" || changed.To != "investigating" || !strings.HasSuffix(changed.String(), "from identified to investigating") {
		t.Errorf("the record says %s, and %s", i.Status, changed)
	}
	for _, post := range h.Posted("#incidents") {
		if strings.Contains(post.Text, "<!channel>") {
			t.Errorf("a name calls everybody: %s", post.Text)
		}
	}
}

// TestStoryStatusesAreRenamed: another policy holds at once, and the incident remembers under which it was declared.
func TestStoryStatusesAreRenamed(t *testing.T) {
	h, d, ada, room, card := namedHouse(t)
	before := h.program.live.Load().policy.Hash
	d.put("TOCSIN_POLICY", "tocsin.yml", "statuses: [{status: investigating, name: on it}, {status: closed, name: on it}]\n")
	h.log.announce("not taken")
	h.reload(d)
	ada.Type(room.Name(), "/incident list").Expect("Looking into it")
	d.put("TOCSIN_POLICY", "tocsin.yml", "statuses: [{status: investigating, name: on it}]\n")
	h.reload(d)
	ada.Type(room.Name(), "/incident list on-it").Expect("checkout is down* · on it")
	ada.Type(room.Name(), "/incident status looking into it").Expect("The status can be on it, identified or monitoring")
	ada.Type(room.Name(), "/incident commander me")
	room.Expect("now *commander*")
	card.ExpectEdit("on it")
	h.Quiet()
	i, err := h.program.store.Incident(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if now := h.program.live.Load().policy.Hash; i.Policy != before || now == before || before == "" {
		t.Errorf("declared under %q, which was %q, and %q holds now", i.Policy, before, now)
	}
}
