package bot

import (
	"fmt"
	"strings"

	"tocsin/incident"
)

// The announcement is known by its channel and its timestamp: always both, because the channel that the policy names
// may change after it was posted.
const (
	refAnnouncedIn = "slack.announcement.channel"
	refAnnounced   = "slack.announcement"
	refThreaded    = "slack.announcement.thread" // timestamps of the updates below it
)

// announceIn is the channel that the policy names for announcements of this kind of incident, and whether there is to be one
// at all. Of what was over before it was recorded there is none, and of an exercise only where it says so.
func (e *errand) announceIn() (channel string, wanted bool) {
	switch policy := e.Policy(); e.i.Kind {
	case incident.Real:
		return policy.Announce, true
	case incident.Drill:
		return policy.Drills.Announce, policy.Drills.Announce != ""
	default:
		return "", false
	}
}

// announce posts the announcement, or edits it. Of private incidents there is none.
func (e *errand) announce() (incident.Refs, error) {
	if e.i.Private {
		return e.unannounce()
	}
	policy, wanted := e.announceIn()
	if !wanted && e.i.Refs[refAnnouncedIn] == "" || e.i.Status == incident.Triage || e.i.Status == incident.Declined {
		return nil, nil
	}
	last, err := e.latestUpdate()
	if err != nil {
		return nil, err
	}
	kin, err := e.kin()
	if err != nil {
		return nil, err
	}
	p := post{
		what: announcementMark(e.i), channel: e.i.Refs[refAnnouncedIn], since: e.i.Declared,
		text: headline(e.i, 400) + " · " + statusName(e.Policy(), e.i), blocks: e.announcement(e.i, last, kin), stands: true,
	}
	if p.channel != "" {
		ts, err := e.edit(p, e.i.Refs[refAnnounced])
		if err != nil {
			return nil, err
		}
		return incident.Refs{refAnnounced: ts}, nil
	}
	if !e.i.Status.Open() && e.Now().Sub(e.i.Declared) > incident.Backlog {
		return nil, nil // an outage kept it back until it was over: nobody needs to hear of it now
	}
	if trusted, err := e.declarerMay(); err != nil || !trusted {
		return nil, err
	}
	if p.channel = firstOf(policy, e.i.Refs[incident.RefOrigin]); p.channel == "" {
		return nil, nil
	}
	ts, err := e.send(p)
	if policy == "" && refusedWith(err, "channel_not_found", "not_in_channel", "is_archived", "restricted_action", "method_not_supported_for_channel_type") {
		return nil, nil // declared where we cannot speak: the answer to the declarer has to do
	}
	if err != nil {
		return nil, err
	}
	return incident.Refs{refAnnouncedIn: p.channel, refAnnounced: ts}, nil
}

// threadUpdate posts an update below the announcement, which shows the last one only: so the earlier ones stay readable there.
func (e *errand) threadUpdate() (incident.Refs, error) {
	channel, below := e.i.Refs[refAnnouncedIn], e.i.Refs[refAnnounced]
	switch {
	case channel == "" || below == "":
		return nil, nil
	case e.i.Private && e.dirty: // it may stand there
		return nil, e.unthread(channel, below)
	case e.i.Private:
		return nil, nil
	}
	event, err := e.asItReads()
	if err != nil || event.Redacted {
		return nil, err
	}
	last, err := e.latestUpdate()
	if err != nil || event.ID != last.ID && e.Now().Sub(event.At) > incident.Backlog {
		return nil, err // left behind by an outage, and overtaken
	}
	line := e.sayUpdate(event)
	ts, err := e.send(post{
		what: fmt.Sprintf("%s event %d thread", e.i.ID, event.ID), channel: channel, thread: below, since: event.At,
		text: line.text, blocks: line.blocks,
	})
	if refusedWith(err, "is_archived", "thread_not_found", "cannot_reply_to_message") {
		return nil, nil // the announcement is gone: its next edit posts it anew
	}
	if err != nil {
		return nil, err
	}
	return incident.Refs{refThreaded: strings.TrimSpace(e.i.Refs[refThreaded] + " " + ts)}, nil
}

// announcementAddress is where the announcement can be read, or "": that of a private incident is being taken back.
func (b *Bot) announcementAddress(i *incident.Incident) string {
	us := b.team.Load()
	channel, ts := i.Refs[refAnnouncedIn], i.Refs[refAnnounced]
	if us == nil || i.Private {
		return ""
	}
	return permalink(us.url, channel, posted{TS: ts})
}

// announcementLink leads to the announcement; of a private incident there is none, or it is being taken back.
func (b *Bot) announcementLink(i *incident.Incident) markup {
	if i.Private {
		return ""
	}
	if address := b.announcementAddress(i); address != "" {
		return link(address, "Announcement")
	}
	return ""
}
