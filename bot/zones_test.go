package bot

import (
	"strings"
	"testing"
	"time"

	"tocsin/incident"
)

// TestTimesAreTheReadersOwn: where the rules spell an instant, it is shown as a date that Slack puts into the reader's zone.
func TestTimesAreTheReadersOwn(t *testing.T) {
	at := time.Date(2026, 3, 11, 8, 0, 0, 0, time.UTC)
	for kind, e := range map[incident.EventKind]incident.Event{
		incident.EventTask:    {From: at.Format(time.RFC3339Nano), To: "1", Text: "call the bank"},
		incident.EventSnoozed: {To: "update", Text: at.Format(time.RFC3339)},
	} {
		e.Kind, e.By.Name = kind, "Ada"
		if line := string(entryLine(incident.Defaults(), incident.Entry{Event: e})); strings.Count(line, "<!date^") != 2 || !strings.Contains(line, string(clock(at))) {
			t.Errorf("%s: %s", kind, line)
		}
	}
	refusal := &incident.Error{Code: incident.Conflict, Message: "Nobody is asked before " + incident.Instant(at) + ".", At: at}
	if said := (&call{Bot: &Bot{Options: Options{Policy: incident.Defaults}}}).refusal(refusal).Text; said != "Nobody is asked before "+clock(at)+"." {
		t.Errorf("got %s", said)
	}
}
