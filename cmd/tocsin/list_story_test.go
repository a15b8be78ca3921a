package main

import (
	"testing"
	"time"
)

// TestStoryLists: what is open, and what was, by what one looks for.
func TestStoryLists(t *testing.T) {
	h := newHouse(t)
	ada, grace := h.Person("Ada"), h.Person("Grace")
	for _, line := range []string{
		"declare sev3 checkout is slow --service Checkout", "declare sev1 checkout is down --service checkout",
		"declare sev1 search finds nothing --service search", "declare sev2 --drill a fire drill",
	} {
		ada.Type("#general", "/incident "+line).Expect("declared")
		h.quieten(t) // what is under way would find its time over
		h.Pass(24 * time.Hour)
	}
	grace.Type("#general", "/incident commander INC-3 me").Expect("Commander")
	grace.Type("#general", "/incident task INC-4 ring the bell @Grace").Expect("Task 1")
	ada.Type("#general", "/incident resolve INC-2").Expect("is resolved")
	h.quieten(t)

	ask := func(args string, want []string, lacks ...string) {
		t.Helper()
		grace.Type("#general", "/incident list "+args).Expect(want...).Lacks(lacks...)
	}
	ask("", []string{"3 open incidents", "INC-3", "INC-4", "INC-1"}, "INC-2", "more")
	ask("all", []string{"4 incidents", "INC-2", "resolved"})
	ask("sev1", []string{"1 open incident", "INC-3"}, "INC-2", "INC-1")
	ask("ALL SEV1", []string{"2 incidents", "INC-2", "INC-3"})
	ask("all service CHECKOUT", []string{"2 incidents", "INC-1", "INC-2"}, "INC-3")
	ask("all service checkout since 3d", []string{"1 incident", "INC-2"}, "INC-1 ")
	ask("all since 2026-03-12", []string{"2 incidents", "INC-3", "INC-4"}, "INC-1 ", "INC-2 ")
	ask("all since yesterday", []string{"1 incident", "INC-4"}, "INC-3 ")
	ask("mine", []string{"2 open incidents", "INC-3", "INC-4"}, "INC-1")
	ask("mine sev3", []string{"No open incidents like that."})
	ask("sev9", []string{"I cannot read", "sev9", "For example"})
	ask("all since", []string{"What comes after since?"})
	ask("all since a while", []string{"I cannot read", "Say how far back"})
	ask("since 2026-02-30", []string{"There is no day 2026-02-30"})

	ada.Type("#random", "/incident show INC-3").Expect("INC-3 · search finds nothing", "@Grace", "Its room is #inc-3-search-finds-nothing", "Post an update")
	ada.Type("#random", "/incident INC-3 show").Expect("INC-3 · search finds nothing")
	ada.Type("#random", "/incident show INC-9").Expect("There is no INC-9.")
	ada.Type("#random", "/incident stats").Expect("2 *SEV1*, 1 of 2 resolved, median 3d 0h · 1 *SEV3*.")
	ada.Type("#random", "/incident stats 1d").Expect("No incidents since")
	ada.Type("#random", "/incident stats 2000-01-01").Expect("Figures go back a year at most")
	ada.Type("#random", "/incident stats for ever").Expect("Say how far back")
	h.Person("Gus").Type("#general", "/incident stats").Expect("Figures are for the members")
	h.Person("Gus").Type("#general", "/incident list all").Expect("No incidents that you can see")
	grace.Type("#general", `/incident declare the bank says no --service "Payment API"`).Expect("INC-5 declared")
	grace.Type("#general", "/incident resolve INC-5").Expect("is resolved")
	h.quieten(t)
	ask(`all service "payment api" since 1d`, []string{"1 incident", "INC-5"}, "INC-1 ")
	ask("all service “payment api”", []string{"1 incident", "INC-5"})
	h.quieten(t)
}
