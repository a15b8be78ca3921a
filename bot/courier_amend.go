package bot

import (
	"fmt"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// amendWords brings in step what we have said of an entry whose words are others now, or gone: in the room, below the
// announcement, to customers, or to one person. What has not been said yet is said as it stands then.
func (e *errand) amendWords() (incident.Refs, error) {
	_, about, err := e.Store.Event(e.ctx, e.effect.Event())
	if err != nil {
		return nil, err
	}
	entry, err := e.amendedBy(about)
	if err != nil {
		return nil, err
	}
	line, err := e.amended(entry)
	if err != nil || line == nil {
		return nil, err
	}
	what := fmt.Sprintf("%s event %d", e.i.ID, entry.ID)
	for _, owed := range entry.Owes(e.i.ID) {
		p := post{what: what, since: entry.At, stands: true}
		said := line
		switch owed.Kind {
		case incident.EffectSay:
			p.channel = e.roomID()
		case incident.EffectTell:
			p.channel, err = e.directWith(firstOf(entry.Whom.Handle, e.i.Declarer.Handle))
		case incident.EffectThread:
			p.what, p.channel, p.thread = what+" thread", e.i.Refs[refAnnouncedIn], e.i.Refs[refAnnounced]
			if e.i.Private { // by now: all of it is taken back
				p.channel = ""
			}
		case incident.EffectCustomers:
			p.what, p.channel = what+" customers", e.Policy().Customers.Channel
			said = paragraph("This message was withdrawn.") // and nothing of why, or by whom
		}
		if err == nil && p.channel != "" && (owed.Kind != incident.EffectThread || p.thread != "") {
			err = e.amendPost(p, said)
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// amendNews brings an update in step that somebody has got as a direct message. Who may not hear of the incident any more learns
// only that the words are gone.
func (e *errand) amendNews(about incident.Event, whom string, may bool) error {
	entry, err := e.amendedBy(about)
	if err != nil || entry.Kind != incident.EventUpdate {
		return err
	}
	line, err := e.amended(entry)
	if err != nil || line == nil {
		return err
	}
	if !may {
		line = paragraph("This message was withdrawn.")
	}
	channel, err := e.directWith(whom)
	if err != nil || channel == "" {
		return err
	}
	return e.amendPost(post{what: fmt.Sprintf("%s event %d/%s", e.i.ID, entry.ID, whom), channel: channel, since: entry.At, stands: true}, line)
}

// amendedBy is the entry whose words an event has changed. Where a correction was redacted, that is what it had corrected,
// which says something else again.
func (e *errand) amendedBy(about incident.Event) (incident.Entry, error) {
	entry, err := e.Store.Entry(e.ctx, e.i.ID, about.Corrects)
	if err != nil || entry.Kind != incident.EventCorrected {
		return entry, err
	}
	return e.Store.Entry(e.ctx, e.i.ID, entry.Corrects)
}

// directWith is the conversation with a person, "" where that is not to be had. Whom a redacted entry named is gone with its
// words; what it can have been about is who declared.
func (e *errand) directWith(whom string) (string, error) {
	if !userID.MatchString(whom) {
		return "", nil
	}
	direct, _, _, err := e.Slack().OpenConversationContext(e.ctx, &slack.OpenConversationParameters{Users: []string{whom}})
	if refusedWith(err, unreachable...) {
		return "", nil
	}
	if err != nil {
		return "", fault("conversations.open", err)
	}
	return direct.ID, nil
}

// amendPost edits a message of ours where it stands.
func (e *errand) amendPost(p post, line *saying) error {
	found, err := e.find(p)
	if refusedWith(err, "thread_not_found", "channel_not_found", "is_archived", "not_in_channel", "method_not_supported_for_channel_type") {
		return nil // it is gone, or where we can write and not read
	}
	if err != nil || found.Timestamp == "" {
		return err
	}
	p.text, p.blocks = line.text, line.blocks
	_, _, _, err = e.Slack().UpdateMessageContext(e.ctx, p.channel, found.Timestamp, e.options(p)...)
	if e.refusedAsShut(p.channel, err) || refusedWith(err, "message_not_found", "cant_update_message", "edit_window_closed") {
		return nil
	}
	return fault("chat.update", err)
}

// amended is what is said of an entry by now; nil where nothing is.
func (e *errand) amended(entry incident.Entry) (*saying, error) {
	if entry.Redacted {
		return paragraph(":no_entry_sign: What stood here was redacted by " + bold(esc(entry.Redaction.By.Name)) + ": " + short(entry.Redaction.Text, 500)), nil
	}
	now := entry.Event
	now.Text = entry.Words()
	line, err := e.saying(now)
	if err != nil || line == nil {
		if line, err = e.telling(now); err != nil || line == nil {
			return nil, err
		}
	}
	if entry.Correction.ID != 0 {
		line.blocks = append(line.blocks, contextLine(":pencil2: Corrected by "+esc(entry.Correction.By.Name)+". The old words: "+wholeOf(e.i, now)))
	}
	return line, nil
}
