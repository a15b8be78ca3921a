package bot

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"tocsin/incident"
)

// Courier makes Slack agree with incidents, one effect at a time.
type Courier struct{ *Bot }

// errand is one effect on its way, with the present state of what it is about.
type errand struct {
	*Courier
	Store  records // in the place of the courier's: its failures are instructions to wait
	ctx    context.Context
	effect incident.Effect
	i      *incident.Incident
	dirty  bool // something of it may stand outside already, so that it must be looked for before it is done
	shut   bool // Slack takes nothing in the room any more: it is archived
}

// deliver is how each kind of effect is brought in step. A kind returns what it learned: ids to keep.
var deliver = map[incident.EffectKind]func(*errand) (incident.Refs, error){
	incident.EffectRoom:         (*errand).room,
	incident.EffectCard:         (*errand).postCard,
	incident.EffectPin:          (*errand).pin,
	incident.EffectArchive:      (*errand).archive,
	incident.EffectLeave:        (*errand).leave,
	incident.EffectCheck:        (*errand).check,
	incident.EffectTopic:        (*errand).setTopic,
	incident.EffectInvite:       (*errand).invite,
	incident.EffectAnnouncement: (*errand).announce,
	incident.EffectBookmarks:    (*errand).bookmarks,
	incident.EffectSay:          (*errand).say,
	incident.EffectTell:         (*errand).tell,
	incident.EffectCatch:        (*errand).catch,
	incident.EffectAmend:        (*errand).amendWords,
	incident.EffectTask:         (*errand).postTask,
	incident.EffectHome:         (*errand).showHome,
	incident.EffectQuestions:    (*errand).settleQuestions,
	incident.EffectThread:       (*errand).threadUpdate,
	incident.EffectNews:         (*errand).news,
	incident.EffectCustomers:    (*errand).tellCustomers,
}

// Deliver brings one effect in step. Its errors are instructions to the outbox: see fault, and ours.
func (c *Courier) Deliver(ctx context.Context, e incident.Effect) (incident.Refs, error) {
	var called atomic.Bool
	ctx = charged(ctx, charge{until: e.Until, old: c.Now().Sub(e.Asked) > incident.Backlog, called: &called})
	run := &errand{Courier: c, Store: records{c.Store}, ctx: ctx, effect: e, i: &incident.Incident{}, dirty: e.Attempt > 1 && !e.Clean}
	learned, err := run.deliver()
	if refusedWith(err, "not_in_channel") && run.goBack() {
		learned, err = run.deliver()
	}
	if run.shut && run.inside() {
		learned, err = run.moveOn(learned, err)
	}
	run.noteOurs(err)
	var patient *incident.Setback
	if errors.As(err, &patient) && !patient.Down {
		patient.Clean = !run.dirty // the call was refused, and none was made before it
	}
	if !called.Load() {
		err = &incident.Unasked{Err: err}
	}
	return learned, err
}

func (e *errand) deliver() (incident.Refs, error) {
	do, known := deliver[e.effect.Kind]
	if !known {
		return nil, fmt.Errorf("there is no way to deliver %s: it was written by another version", e.effect)
	}
	if _, err := e.whoami(e.ctx); err != nil { // right after a start it is not known: links would be missing, rooms not found
		return nil, err
	}
	if e.effect.Incident != 0 {
		i, err := e.Store.Incident(e.ctx, e.effect.Incident)
		if err != nil {
			return nil, err
		}
		e.i = i
	}
	learned, err := do(e)
	if err == nil && e.betweenRooms() {
		return e.noRoom(), nil
	}
	if err == nil && len(learned) > 0 && e.inside() {
		learned[incident.RefInRoom] = e.i.Refs[incident.RefRoom]
	}
	return learned, err
}

// inside tells whether this belongs into a room.
func (e *errand) inside() bool {
	outside := e.effect.Kind == incident.EffectAnnouncement || e.effect.Kind == incident.EffectThread || e.effect.Kind == incident.EffectLeave
	return e.effect.Kind.Waits() == incident.EffectRoom && !outside
}

// betweenRooms tells whether this belongs into a room, the one before was left or is archived, and the next one is not there yet.
func (e *errand) betweenRooms() bool {
	left := e.i.Refs[incident.RefRoom] == "" && e.i.Refs[incident.RefLeft] != ""
	return e.inside() && (left || e.archived() && e.i.Status != incident.Closed && e.i.Refs[incident.RefRoomless] == "")
}

// noRoom says that there is none: what is kept as the room, if anything is, is that no more.
func (e *errand) noRoom() incident.Refs {
	return incident.Refs{incident.RefNoRoom: firstOf(e.i.Refs[incident.RefRoom], "none")}
}

// looked notes that nothing of an earlier try was found.
func (e *errand) looked() { e.dirty = false }

// roomID is the incident's channel, or "" while there is none, or it is archived: nothing can be done there any more.
func (e *errand) roomID() string {
	if e.archived() {
		return ""
	}
	return e.i.Refs[incident.RefRoom]
}

// asItReads is the event that the effect is about, with the words that it has by now.
func (e *errand) asItReads() (incident.Event, error) {
	entry, err := e.Store.Entry(e.ctx, e.i.ID, e.effect.Event())
	entry.Text = entry.Words()
	return entry.Event, err
}

// latestUpdate is the last update to stakeholders, as it reads by now; the zero event where there is none.
func (e *errand) latestUpdate() (incident.Event, error) { return e.lastUpdate(e.ctx, e.i.ID) }

func (b *Bot) lastUpdate(ctx context.Context, id incident.ID) (incident.Event, error) {
	last, err := b.Store.Latest(ctx, id, incident.EventUpdate)
	if err != nil || last.ID == 0 {
		return last, err
	}
	entry, err := b.Store.Entry(ctx, id, last.ID)
	last.Text = entry.Words()
	return last, err
}
