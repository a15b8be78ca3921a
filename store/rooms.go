package store

import (
	"database/sql"
	"errors"
	"maps"
	"time"

	"tocsin/incident"
	"tocsin/store/db"
)

// fitting is what is kept of what was learned. A room that was opened for others than those whom the incident is for by now is
// none of its own: it is left. What found no room, and belongs into one that was asked for later, is asked for again behind it.
func (t *Tx) fitting(e incident.Effect, learned incident.Refs, at time.Time) (incident.Refs, error) {
	if none := learned[incident.RefNoRoom]; none != "" {
		return nil, t.behindRoom(e, none, at)
	}
	if in, told := learned[incident.RefInRoom]; told {
		return t.ofRoom(e, learned, in)
	}
	room := learned[incident.RefRoom]
	if room == "" {
		return learned, nil
	}
	private, err := t.q.Private(t.ctx, int64(e.Incident))
	if err != nil {
		return nil, t.fail("see for whom "+e.Incident.String()+" is", err)
	}
	hidden := learned[incident.RefRoomHidden] != ""
	if hidden == private {
		kept := maps.Clone(learned)
		delete(kept, incident.RefRoomHidden)
		return kept, nil
	}
	return nil, t.tell(e, func(i *incident.Incident) { i.Misfit(room, learned[incident.RefRoomName], bySystem(at)) })
}

// roomOf is the room that an incident has now, "" while it has none.
func (t *Tx) roomOf(id incident.ID) (string, error) {
	room, err := t.q.Ref(t.ctx, db.RefParams{IncidentID: int64(id), Name: incident.RefRoom})
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return room, t.fail("see which room "+id.String()+" has", err)
}

// putRef keeps what the outside calls something, and returns how many rows that has changed. What is called nothing any more has none.
func (t *Tx) putRef(id incident.ID, name, value string) (int64, error) {
	if value == "" {
		return t.q.DeleteRef(t.ctx, db.DeleteRefParams{IncidentID: int64(id), Name: name})
	}
	return t.q.PutRef(t.ctx, db.PutRefParams{IncidentID: int64(id), Name: name, Value: value})
}

// ofRoom is what was learned of things in a room, where that is the room still. Of one that was left meanwhile nothing is kept,
// or the next room would never get what hangs there: all of it is owed anew.
func (t *Tx) ofRoom(e incident.Effect, learned incident.Refs, in string) (incident.Refs, error) {
	room, err := t.roomOf(e.Incident)
	if err != nil || room != in {
		return nil, err
	}
	kept := maps.Clone(learned)
	delete(kept, incident.RefInRoom)
	return kept, nil
}

// behindRoom asks for an effect again, if a room was asked for after it, or has come since. What stands behind it in its lane comes
// along, so that it is said in its order; but for the room itself, behind which it belongs.
func (t *Tx) behindRoom(e incident.Effect, none string, at time.Time) error {
	coming, err := t.q.RoomIsComing(t.ctx, db.RoomIsComingParams{IncidentID: int64(e.Incident), After: e.ID})
	if err != nil {
		return t.fail("see whether a room is coming", err)
	}
	if room, err := t.roomOf(e.Incident); err != nil || !coming && (room == "" || room == none) {
		return err
	}
	behind, err := t.q.LaneBehind(t.ctx, db.LaneBehindParams{IncidentID: int64(e.Incident), Lane: string(e.Lane), After: e.ID})
	if err != nil {
		return t.fail("see what stands behind the "+e.String(), err)
	}
	all := append([]db.Effect{{IncidentID: int64(e.Incident), Lane: string(e.Lane), Kind: string(e.Kind), Subject: e.Subject, Request: e.Request}}, behind...)
	for _, again := range all {
		next := effectOf(again)
		if next.Kind == incident.EffectRoom {
			continue
		}
		if _, err := t.supersede(next, at); err != nil {
			return err
		}
		if err := t.ask(next, incident.Stamp{At: at, Request: next.Request}); err != nil {
			return t.fail("ask for the "+next.String()+" again", err)
		}
	}
	return nil
}
