package bot

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// refBookmark keeps the id of each bookmark, by its title, and behind it where that leads.
const refBookmark = "slack.bookmark."

// bookmarkOf reads what is kept of a bookmark. An older version kept no address.
func bookmarkOf(kept string) (id, address string) {
	id, address, _ = strings.Cut(kept, " ")
	return id, address
}

// bookmarks puts links at the head of the room, and takes those away that belong there no more. Slack does not notice doubles, so
// they are looked for.
func (e *errand) bookmarks() (incident.Refs, error) {
	if e.roomID() == "" {
		return nil, nil
	}
	wanted := e.bookmarksWanted()
	var there []slack.Bookmark
	if e.dirty { // an earlier try may have added some that we do not know
		var err error
		if there, err = e.Slack().ListBookmarksContext(e.ctx, e.roomID()); err != nil {
			return nil, fault("bookmarks.list", err)
		}
	}
	learned, err := e.dropBookmarks(wanted, there)
	if err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(wanted, func(l incident.Link) bool {
		_, dropped := learned[refBookmark+l.Title]
		return !dropped && e.i.Refs[refBookmark+l.Title] != ""
	})
	if len(missing) == 0 {
		return learned, nil
	}
	if e.dirty {
		missing = slices.DeleteFunc(missing, func(l incident.Link) bool {
			at := slices.IndexFunc(there, func(b slack.Bookmark) bool { return b.Link == l.URL && !e.dropped(learned, b) })
			if at >= 0 {
				learned[refBookmark+l.Title] = there[at].ID + " " + l.URL
			}
			return at >= 0
		})
		e.looked()
	}
	if len(missing) == 0 {
		return learned, nil
	}
	added, err := e.addBookmarks(missing)
	maps.Copy(learned, added)
	if err == nil || len(learned) == 0 {
		return learned, err
	}
	// What is there already is kept at once, or each further try would have to look for it.
	unkept := e.amend(func(i *incident.Incident, _ incident.Stamp) error {
		if i.Refs[incident.RefRoom] == e.roomID() { // still
			maps.Copy(i.Refs, learned)
		}
		return nil
	})
	if unkept != nil {
		e.dirty = true
		return nil, err
	}
	e.looked()
	return nil, err
}

// dropBookmarks takes away what was put there for another service, and returns the refs of those that are gone. Of those that hang
// there and are not known, it is what leads where a service's links do. To take one away twice does no harm.
func (e *errand) dropBookmarks(wanted []incident.Link, there []slack.Bookmark) (incident.Refs, error) {
	gone := incident.Refs{}
	for _, b := range there {
		leads := func(l incident.Link) bool { return l.URL == b.Link }
		ofService := func(s incident.Service) bool { return slices.ContainsFunc(s.Links, leads) }
		if !slices.ContainsFunc(wanted, leads) && slices.ContainsFunc(e.Policy().Services, ofService) {
			if err := e.dropBookmark(b.ID); err != nil {
				return nil, err
			}
		}
	}
	for name, kept := range e.i.Refs {
		title, is := strings.CutPrefix(name, refBookmark)
		id, address := bookmarkOf(kept)
		if !is || id == "" || title == bookmarkAnnouncement || title == bookmarkSource ||
			slices.ContainsFunc(wanted, func(l incident.Link) bool { return l.Title == title && (address == "" || l.URL == address) }) {
			continue
		}
		if err := e.dropBookmark(id); err != nil {
			return nil, err
		}
		gone[name] = ""
	}
	return gone, nil
}

// dropped tells whether a bookmark that was there is one of those that have just been taken away.
func (e *errand) dropped(gone incident.Refs, b slack.Bookmark) bool {
	for name := range gone {
		if id, _ := bookmarkOf(e.i.Refs[name]); id == b.ID {
			return true
		}
	}
	return false
}

func (e *errand) dropBookmark(id string) error {
	err := e.Slack().RemoveBookmarkContext(e.ctx, e.roomID(), id)
	if refusedWith(err, "not_found", "bookmark_not_found", "is_archived") {
		return nil
	}
	return fault("bookmarks.remove", err)
}

// addBookmarks adds links side by side, and returns the refs of those that are there now.
func (e *errand) addBookmarks(links []incident.Link) (incident.Refs, error) {
	ids, errs := make([]string, len(links)), make([]error, len(links))
	var group sync.WaitGroup
	for n, l := range links {
		group.Go(func() {
			added, err := e.Slack().AddBookmarkContext(e.ctx, e.roomID(), slack.AddBookmarkParameters{Title: cutRunes(l.Title, 100), Type: "link", Link: l.URL})
			ids[n], errs[n] = added.ID, err
		})
	}
	group.Wait()
	added := incident.Refs{}
	for n, id := range ids {
		if e.refusedAsShut(e.roomID(), errs[n]) || refusedWith(errs[n], "too_many_bookmarks", "invalid_link") {
			errs[n] = nil
		}
		errs[n] = fault("bookmarks.add", errs[n])
		if id != "" {
			added[refBookmark+links[n].Title] = id + " " + links[n].URL
		}
	}
	return added, worst(errs)
}

// worst is the error that leaves the most open: any that is more than a plea for patience, which is sure to have done nothing.
func worst(errs []error) (first error) {
	for _, err := range errs {
		var patient *incident.Setback
		if err != nil && (!errors.As(err, &patient) || patient.Down) {
			return err
		}
		first = cmp.Or(first, err)
	}
	return first
}

// The bookmarks that no service has.
const (
	bookmarkAnnouncement = "Announcement"
	bookmarkSource       = "Where it was reported"
)

// bookmarksWanted are the links that the room shall have at its head.
func (e *errand) bookmarksWanted() []incident.Link {
	var wanted []incident.Link
	if address := e.announcementAddress(e.i); address != "" {
		wanted = append(wanted, incident.Link{Title: bookmarkAnnouncement, URL: address})
	}
	if source := e.i.Refs[incident.RefSource]; source != "" {
		wanted = append(wanted, incident.Link{Title: bookmarkSource, URL: source})
	}
	return append(wanted, e.Policy().Service(e.i.Service).Links...)
}
