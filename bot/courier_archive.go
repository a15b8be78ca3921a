package bot

import (
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// What is kept of a room that is archived. A bot is out of it from that moment, and cannot bring it back.
const (
	refArchived = "slack.archived" // the channel that we have archived: where it is no more the room, it says nothing
	refFormer   = "slack.former"   // the channel that was the room before
	refOpened   = "slack.opened"   // when the channel of a private one was made, in seconds
	refMoved    = "slack.moved"    // how many rooms people have archived below it since somebody asked to have it mended
)

// mostMoves is how many rooms an open incident gets by itself in the place of archived ones. Somebody who archives one more means
// it, or something that does is at work: only a person has another opened then.
const mostMoves = 3

// archived tells whether the incident's channel is one that we have archived.
func (e *errand) archived() bool {
	room := e.i.Refs[incident.RefRoom]
	return room != "" && e.i.Refs[refArchived] == room
}

// refusedAsShut tells whether Slack refused something because its channel is archived, and notes it where that is the room.
func (e *errand) refusedAsShut(channel string, err error) bool {
	shut := refusedWith(err, "is_archived", "is_inactive")
	e.shut = e.shut || shut && channel != "" && channel == e.roomID()
	return shut
}

// moveOn asks for a new room where that of an open incident turned out to be archived: by a person, for ours we know. What was to
// be done in it is done in that one; of any other incident it stays as it came out.
func (e *errand) moveOn(learned incident.Refs, err error) (incident.Refs, error) {
	l := &losses{errand: e}
	if l.loseRoom(); len(l.list) == 0 && !l.stays {
		return learned, err
	}
	return e.noRoom(), l.mend()
}

// moves is how many rooms the incident has got by itself in the place of archived ones.
func (e *errand) moves() int {
	n, _ := strconv.Atoi(e.i.Refs[refMoved]) // "" where there was none: 0
	return n
}

// stay leaves the incident without a room, and has who leads told: until somebody asks for another one.
func (l *losses) stay() error {
	room := l.roomID()
	return l.amend(func(i *incident.Incident, s incident.Stamp) error {
		if i.Refs[incident.RefRoom] != room || i.Refs[refArchived] == room {
			return nil // it was left meanwhile, or another of us was faster
		}
		i.Refs[refArchived] = room
		i.Bury(incident.EffectRoom.Name(), fmt.Sprintf("people have archived %d of them", mostMoves+1), s)
		return nil
	})
}

// archive archives the room of a closed incident. Who is in it is kept first, and its topic brought in step: afterwards neither
// can be done. A private room stays: who is in it may see the incident, and of an archived one Slack would not tell us.
func (e *errand) archive() (incident.Refs, error) {
	room := e.roomID()
	if room == "" {
		return nil, nil
	}
	if before, err := e.archivedBefore(); err != nil || before != nil {
		return before, err
	}
	switch {
	case e.i.Status != incident.Closed:
		return nil, nil
	case e.i.Private:
		return e.setTopic()
	}
	people, err := e.members(e.ctx, room)
	if err != nil {
		return nil, err
	}
	if kept := strings.Join(people, " "); kept != "" && kept != e.i.Refs[incident.RefPeople] {
		if err := e.amend(func(i *incident.Incident, _ incident.Stamp) error { i.Refs[incident.RefPeople] = kept; return nil }); err != nil {
			return nil, err
		}
	}
	learned, err := e.setTopic()
	if err != nil && !refusedWith(err, "not_in_channel", "channel_not_found") { // somebody has archived it
		return nil, err
	}
	err = e.Slack().ArchiveConversationContext(e.ctx, room)
	if err != nil && !refusedWith(err, "already_archived", "is_archived", "channel_not_found") {
		return nil, fault("conversations.archive", err)
	}
	done := incident.Refs{refArchived: room}
	maps.Copy(done, learned)
	return done, nil
}

// archivedBefore looks whether an earlier try has archived the room. Where the incident is open again by now, the room that was
// asked for since is then a new one.
func (e *errand) archivedBefore() (incident.Refs, error) {
	if !e.dirty || e.i.Private {
		return nil, nil
	}
	room := e.roomID()
	there, err := e.Slack().GetConversationInfoContext(e.ctx, &slack.GetConversationInfoInput{ChannelID: room})
	if err != nil && !refusedWith(err, "channel_not_found") {
		return nil, fault("conversations.info", err)
	}
	if err == nil && !there.IsArchived {
		return nil, nil
	}
	return incident.Refs{refArchived: room}, nil
}

// shutUnheard tells whether the room of an incident that is open again is archived, which we may not know yet: the answer to our own
// call was lost, and the try that looks for it may be under way.
func (e *errand) shutUnheard() (bool, error) {
	room := e.roomID()
	if room == "" || !e.i.Status.Open() || e.i.Private {
		return false, nil
	}
	there, err := e.Slack().GetConversationInfoContext(e.ctx, &slack.GetConversationInfoInput{ChannelID: room})
	if refusedWith(err, "channel_not_found") {
		return false, nil
	}
	return err == nil && there.IsArchived, fault("conversations.info", err)
}

// revived tells whether a person has brought the archived room back, and goes in.
func (e *errand) revived() (bool, error) {
	room := e.i.Refs[incident.RefRoom]
	there, err := e.Slack().GetConversationInfoContext(e.ctx, &slack.GetConversationInfoInput{ChannelID: room})
	if refusedWith(err, "channel_not_found") || err == nil && there.IsArchived {
		return false, nil
	}
	if err != nil {
		return false, fault("conversations.info", err)
	}
	_, _, _, err = e.Slack().JoinConversationContext(e.ctx, room)
	return err == nil, fault("conversations.join", err)
}

// goesWithRoom is what is kept of a room and what hung in it. So is who has left it, where it is open to all: from a private one they
// may have been put out.
var goesWithRoom = map[string]bool{refCard: true, refPinned: true, refTopic: true, incident.RefInvited: true, refArchived: true}

// anew are the refs of a new room: what hung in the one before does not stand in it.
func (e *errand) anew(room *slack.Channel) incident.Refs {
	refs := incident.Refs{incident.RefRoom: room.ID, incident.RefRoomName: room.Name}
	if e.i.Private {
		refs[incident.RefRoomHidden] = "yes"
		refs[refOpened] = strconv.FormatInt(room.Created.Time().Unix(), 10)
	}
	if e.i.Refs[incident.RefRoomless] != "" {
		refs[incident.RefRoomless] = ""
	}
	left := strings.Fields(e.i.Refs[incident.RefLeft])
	former := e.i.Refs[incident.RefRoom]
	if former == "" && len(left) > 0 && e.i.Private {
		former = left[len(left)-1]
	}
	if former != "" || len(left) > 0 {
		refs[refFormer] = former
		for name, value := range e.i.Refs {
			if value != "" && (goesWithRoom[name] || name == incident.RefGone && !e.i.Private || strings.HasPrefix(name, refBookmark) || strings.HasPrefix(name, refTask)) {
				refs[name] = ""
			}
		}
	}
	return refs
}
