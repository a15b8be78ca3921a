package incident

import (
	"slices"
	"strings"
)

// A question is what we say with buttons to the room, or to one person, because somebody should do something. Its message
// stands for as long as nobody has, and says who did it when they have: so that no button is offered for what is over.

// questions are the kinds of events that put one. The message of each is brought in step by EffectQuestions of its lane.
var questions = map[EventKind]bool{
	EventReminded: true, EventCalled: true, EventLeft: true, EventSteppedDown: true, EventAccess: true, EventCustomersDraft: true,
	EventSimilar: true, EventTaskDue: true, EventBuried: true,
}

// Asks tells whether the event puts a question.
func (e Event) Asks() bool { return questions[e.Kind] }

// refQuestions keeps in which lanes questions have been put. Where none was, none has to be looked for.
const refQuestions = "tocsin.questions"

// aside are the kinds that tell how deliveries fare, and answer nothing: else a look at questions that was given up would ask for
// itself again.
var aside = map[EventKind]bool{EventLate: true, EventCaughtUp: true, EventBuried: true, EventRetried: true}

// record writes an event down. Where questions were put before, what happens may be the answer to one: so they are looked at.
func (i *Incident) record(e Event) {
	lanesOf := strings.Fields(i.Refs[refQuestions])
	if !aside[e.Kind] {
		e.Answers = lanesOf
	}
	if e.Asks() {
		for _, kind := range owes[e.Kind] {
			if lane := string(lanes[kind]); (kind == EffectSay || kind == EffectTell) && !slices.Contains(lanesOf, lane) {
				i.Refs[refQuestions] = strings.TrimSpace(i.Refs[refQuestions] + " " + lane)
			}
		}
	}
	i.Ledger.record(e)
}
