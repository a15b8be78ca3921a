package incident

import (
	"strings"
	"testing"
	"time"
)

// said is a message of the room.
func said(text string) Message {
	return Message{Name: "1773144000.000100", Author: grace, At: noon.Add(-time.Minute), Text: text, Link: "https://x.example/1"}
}

func TestCatch(t *testing.T) {
	i := declared(t)
	if err := i.Catch(said(" it is DNS "), Event{}, by(ada, 5)); err != nil {
		t.Fatal(err)
	}
	e := i.Drain()[0]
	if e.Text != "it is DNS" || e.Whom != grace || e.By != ada || !e.Occurred.Equal(noon.Add(-time.Minute)) || e.Message != said("").Name || e.Link == "" {
		t.Errorf("got %+v", e)
	}
	if want := "Ada caught what Grace said: it is DNS"; e.String() != want {
		t.Errorf("got %q", e)
	}
	e.ID = 3
	if err := i.Catch(said("it is DNS"), e, by(grace, 6)); CodeOf(err) != Conflict || !strings.Contains(err.Error(), "#3") {
		t.Errorf("got %v", err)
	}
	if err := i.Pick(said(""), e, by(grace, 6)); CodeOf(err) != Conflict {
		t.Errorf("got %v", err)
	}
	if err := i.Release(e, by(grace, 6)); CodeOf(err) != Conflict {
		t.Error("somebody else has caught it")
	}
	if err := i.Edited(said("it is DNS"), e, by(grace, 6)); CodeOf(err) != Conflict {
		t.Error("nothing has changed:", err)
	}
}

func TestWhoCaughtAMessageLetsGoOfItAfterAnEditToo(t *testing.T) {
	i := declared(t)
	if err := i.Catch(said("one"), Event{}, by(ada, 5)); err != nil {
		t.Fatal(err)
	}
	caught := i.Drain()[0]
	caught.ID = 3
	if err := i.Edited(said("two"), caught, by(grace, 6)); err != nil {
		t.Fatal(err)
	}
	edited := i.Drain()[0]
	edited.ID = 4
	if err := i.Release(edited, by(grace, 7)); CodeOf(err) != Conflict {
		t.Error("its author has not caught it")
	}
	if err := i.Release(edited, by(ada, 7)); err != nil {
		t.Fatal(err)
	}
	if e := i.Drain()[0]; e.Corrects != 3 || e.Whom != grace {
		t.Errorf("got %+v", e)
	}
}

func TestAMessageThatIsLongerThanAnEntryIsCut(t *testing.T) {
	i := declared(t)
	if err := i.Catch(said(strings.Repeat("é", MaxText+5)), Event{}, by(ada, 5)); err != nil {
		t.Fatal(err)
	}
	if text := []rune(i.Drain()[0].Text); len(text) != MaxText || text[MaxText-1] != '…' {
		t.Errorf("it has %d characters", len(text))
	}
	if err := i.Catch(Message{Name: "2.0"}, Event{}, by(ada, 5)); err != nil || i.Drain()[0].Text != "(no words)" {
		t.Error(err)
	}
}
