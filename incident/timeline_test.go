package incident

import (
	"testing"
	"time"
)

// noted is a note as the store hands it out, number 3.
func noted(t *testing.T, i *Incident, text string) Entry {
	t.Helper()
	if err := i.Note(text, time.Time{}, by(ada, 1)); err != nil {
		t.Fatal(err)
	}
	e := i.Drain()[0]
	e.ID = 3
	return Entry{Event: e}
}

func TestCorrect(t *testing.T) {
	i := declared(t)
	entry := noted(t, i, "at noon")
	if err := i.Correct(entry, " at one ", by(grace, 2)); err != nil {
		t.Fatal(err)
	}
	fix := i.Drain()[0]
	fix.ID = 4
	entry = Entries([]Event{entry.Event}, []Event{fix})[0]
	if entry.Text != "at noon" || entry.Words() != "at one" || fix.Corrects != 3 {
		t.Errorf("got %+v", entry)
	}
	for name, refused := range map[string]error{
		"the same":     i.Correct(entry, "at one", by(grace, 3)),
		"empty":        i.Correct(entry, " ", by(grace, 3)),
		"a correction": i.Correct(Entry{Event: fix}, "x", by(grace, 3)),
		"no words":     i.Correct(Entry{Event: Event{ID: 5, Kind: EventMitigated, Stamp: by(ada, 1)}}, "x", by(grace, 3)),
		"a title":      i.Correct(Entry{Event: Event{ID: 5, Kind: EventDeclared, Stamp: by(ada, 1), Text: "x"}}, "y", by(grace, 3)),
		"ours":         i.Correct(Entry{Event: Event{ID: 5, Kind: EventLate, Stamp: by(System, 1), Text: "x"}}, "y", by(grace, 3)),
		"redacted":     i.Correct(Entry{Event: Event{ID: 5, Kind: EventNote, Redacted: true}}, "y", by(grace, 3)),
	} {
		if CodeOf(refused) == "" || len(i.Drain()) != 0 {
			t.Errorf("%s: got %v", name, refused)
		}
	}
	gone := fix
	gone.Redacted, gone.Text = true, ""
	if words := Entries([]Event{entry.Event}, []Event{gone})[0].Words(); words != "at noon" {
		t.Errorf("a correction that was redacted corrects nothing: %q", words)
	}
}

func TestStar(t *testing.T) {
	i := declared(t)
	entry := noted(t, i, "at noon")
	if err := i.Unstar(entry, by(ada, 2)); CodeOf(err) != Conflict {
		t.Error(err)
	}
	if err := i.Star(entry, by(ada, 2)); err != nil {
		t.Fatal(err)
	}
	star := i.Drain()[0]
	entry = Entries([]Event{entry.Event}, []Event{star})[0]
	if err := i.Star(entry, by(ada, 3)); !entry.Starred || CodeOf(err) != Conflict {
		t.Error(err)
	}
	if err := i.Star(Entry{Event: star}, by(ada, 3)); CodeOf(err) != Invalid {
		t.Error(err)
	}
	if err := i.Unstar(entry, by(ada, 3)); err != nil {
		t.Error(err)
	}
	if Entries([]Event{entry.Event}, append([]Event{star}, i.Drain()...))[0].Starred {
		t.Error("the star is off")
	}
}

// TestATitleThatIsNoneAnyMoreCanBeRedacted: as long as the incident is called so, its words stand everywhere.
func TestATitleThatIsNoneAnyMoreCanBeRedacted(t *testing.T) {
	i := declared(t)
	first := Entry{Event: Event{ID: 1, Kind: EventDeclared, Text: i.Title}}
	var refusal *Error
	if err := i.Redact(first, "it names a customer", by(ada, 2)); !asError(err, &refusal) || len(refusal.Mends) != 1 || refusal.Mends[0] != "title" {
		t.Errorf("got %v", err)
	}
	if err := i.Correct(first, "payments hang", by(ada, 2)); !asError(err, &refusal) || len(refusal.Mends) != 1 {
		t.Errorf("got %v", err)
	}
	if err := i.Retitle("payments  hang", by(ada, 3)); err != nil || i.Title != "payments hang" {
		t.Fatalf("%q: %v", i.Title, err)
	}
	second := Entry{Event: i.Drain()[0]}
	if err := i.Redact(first, "it names a customer", by(ada, 4)); err != nil {
		t.Error(err)
	}
	if err := i.Redact(second, "why", by(ada, 4)); CodeOf(err) != Invalid {
		t.Errorf("it is called so now: %v", err)
	}
}

func TestRedact(t *testing.T) {
	i := declared(t)
	entry := noted(t, i, "it is Acme")
	if err := i.Redact(entry, " ", by(ada, 2)); CodeOf(err) != Invalid {
		t.Error(err)
	}
	if err := i.Redact(entry, "it names a customer", by(ada, 2)); err != nil {
		t.Fatal(err)
	}
	done := i.Drain()[0]
	done.ID = 4
	gone := entry.Event
	gone.Text, gone.By, gone.Redacted = "", Person{}, true
	entry = Entries([]Event{gone}, []Event{done})[0]
	if entry.Words() != "" || entry.Redaction.Text != "it names a customer" || done.Corrects != 3 {
		t.Errorf("got %+v", entry)
	}
	for name, refused := range map[string]error{
		"again":    i.Redact(entry, "why", by(ada, 3)),
		"trace":    i.Redact(Entry{Event: done}, "why", by(ada, 3)),
		"title":    i.Redact(Entry{Event: Event{ID: 5, Kind: EventDeclared, Text: i.Title}}, "why", by(ada, 3)),
		"no words": i.Redact(Entry{Event: Event{ID: 5, Kind: EventMitigated}}, "why", by(ada, 3)),
		"correct":  i.Correct(entry, "words", by(ada, 3)),
		"catch":    i.Catch(said("x"), done, by(ada, 3)),
	} {
		if CodeOf(refused) == "" || len(i.Drain()) != 0 {
			t.Errorf("%s: got %v", name, refused)
		}
	}
}
