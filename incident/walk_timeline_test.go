package incident

import (
	"strconv"

	"pgregory.net/rapid"
)

// timelineMoves are what can be done to the timeline of an incident, and to the messages of its room.
var timelineMoves = []func(*rapid.T, *Incident, Stamp) error{
	func(t *rapid.T, i *Incident, s Stamp) error {
		return i.Pick(Message{Name: "1.2", Author: grace, At: noon}, lastAbout("1.2"), asAny(t, s))
	},
	func(t *rapid.T, i *Incident, s Stamp) error {
		return i.Catch(Message{Name: "1.2", Author: grace, At: noon, Text: "words"}, lastAbout("1.2"), asAny(t, s))
	},
	func(t *rapid.T, i *Incident, s Stamp) error {
		return i.Edited(Message{Name: "1.2", Text: rapid.SampledFrom([]string{"words", "others"}).Draw(t, "words")}, lastAbout("1.2"), asAny(t, s))
	},
	func(t *rapid.T, i *Incident, s Stamp) error { return i.Release(lastAbout("1.2"), asAny(t, s)) },
	func(_ *rapid.T, i *Incident, s Stamp) error { return i.Deleted(lastAbout("1.2"), s) },
	func(t *rapid.T, i *Incident, s Stamp) error {
		return i.Correct(anyEntry(t), rapid.SampledFrom([]string{"better words", "a note", ""}).Draw(t, "words"), s)
	},
	func(t *rapid.T, i *Incident, s Stamp) error { return i.Star(anyEntry(t), s) },
	func(t *rapid.T, i *Incident, s Stamp) error { return i.Unstar(anyEntry(t), s) },
	func(t *rapid.T, i *Incident, s Stamp) error { return i.Redact(anyEntry(t), "it names a customer", s) },
}

// anyEntry is an entry of the walk, with what the walk has said of it.
func anyEntry(t *rapid.T) Entry {
	entries := Entries(walked, walked)
	return rapid.SampledFrom(entries).Draw(t, "entry")
}

// walked is the record of the walk so far, numbered as the store would.
var walked []Event

// number adds events to a record as the store would.
func number(record, events []Event) []Event {
	for _, e := range events {
		e.ID = int64(len(record) + 1)
		record = append(record, e)
	}
	return record
}

// lastAbout is the last event of the walk about a message.
func lastAbout(message string) (last Event) {
	for _, e := range walked {
		if e.Message == message {
			last = e
		}
	}
	return last
}

func asAny(t *rapid.T, s Stamp) Stamp {
	s.By = rapid.SampledFrom([]Person{ada, grace}).Draw(t, "who")
	return s
}

// checkMessage makes sure that what the record tells of a message fits: nothing is let go of that was not kept, and what was
// kept is not kept again.
func checkMessage(t *rapid.T, record []Event) {
	kept := false
	var by Person
	for _, e := range record {
		switch e.Kind {
		case EventPicked, EventCaught:
			if kept && e.Kind == EventCaught {
				t.Fatalf("caught twice: %v", kinds(record))
			}
			kept, by = e.Kind == EventCaught, e.By
		case EventEdited:
			if !kept {
				t.Fatalf("what nobody keeps was edited: %v", kinds(record))
			}
		case EventRedacted:
			kept = kept && e.Message == ""
		case EventUncaught, EventDeleted:
			if e.Kind == EventUncaught && e.By != by {
				t.Fatalf("%s let go of what %s had caught", e.By.Name, by.Name)
			}
			kept = false
		}
	}
}

// foldRedacted takes the words of an event out of the tasks that it has put them on.
func (s *state) foldRedacted(e Event) {
	number, err := strconv.Atoi(e.To)
	switch {
	case err != nil || number > len(s.Tasks):
	case e.Kind == EventTask, e.Kind == EventTaskTaken, e.Kind == EventTaskDone:
		s.Tasks[number-1].Title = "(redacted)"
	case e.Kind == EventTaskDropped:
		s.Tasks[number-1].Why = "(redacted)"
	}
}
