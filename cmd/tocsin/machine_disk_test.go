package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"tocsin/bot/slacksim"
	"tocsin/incident"
	"tocsin/store"
)

// smallDisk mounts a disk of some bytes, which is unmounted when the test is over.
func smallDisk(t *testing.T, bytes int) (folder string) {
	t.Helper()
	folder = t.TempDir()
	err := syscall.Mount("tocsin", folder, "tmpfs", 0, fmt.Sprintf("size=%d", bytes))
	if errors.Is(err, syscall.EPERM) {
		t.Skip("SKIPPED, NOT CHECKED on a real disk: only root may mount one")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, 0); err != nil {
			t.Error(err)
		}
	})
	return folder
}

// fill fills a disk with a file until so many bytes are free, and returns its name.
func fill(t *testing.T, folder string, free int64) (name string) {
	t.Helper()
	name = filepath.Join(folder, "filler")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = file.Write(make([]byte, 4096))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	size, err := file.Seek(0, io.SeekCurrent)
	if err := errors.Join(err, file.Truncate(size-free), file.Close()); err != nil {
		t.Fatal(err)
	}
	return name
}

// unrecorded is what people read of whose request nothing was recorded, for what is wrong with the database.
func unrecorded(wrong string) string {
	return "Nothing was recorded: " + wrong + ". Tell whoever runs Tocsin, and try again."
}

// refuses asks for a change in each way that there is, while none can be made: a person reads what is wrong (one of these)
// and whom to tell, and Slack is not told that it is done.
func (h *house) refuses(form *slacksim.Modal, wrong ...string) {
	h.t.Helper()
	tells := func(said string) bool {
		return slices.ContainsFunc(wrong, func(w string) bool { return strings.Contains(said, unrecorded(w)) })
	}
	ctx, ada := context.Background(), h.Person("Ada")
	if said := h.command("Ada", "#general", "/incident note INC-1 never", ""); !tells(said) {
		h.t.Errorf("a command is answered %q", said)
	}
	if got := form.Submit(); !tells(got.Errors["What is broken?"]) {
		h.t.Errorf("the form says %+v", got)
	}
	changed := slacksim.Object{"type": "user_change", "user": slacksim.Object{"id": ada.ID(), "team_id": h.TeamID(), "name": "ada", "profile": slacksim.Object{}}}
	if status, _, err := h.SendEvent(slacksim.EventArgs{Event: changed}); err != nil || status != http.StatusServiceUnavailable {
		h.t.Errorf("an event is answered %d %v", status, err)
	}
	press := slacksim.ActionArgs{Person: "Ada", Channel: crashRoom, TS: h.card(), Block: "act", Action: "do:commander"}
	if status, _, err := h.SendAction(ctx, press); err != nil || status != http.StatusServiceUnavailable {
		h.t.Errorf("a press is answered %d %v", status, err)
	}
	if said := h.command("Ada", "#general", "/incident list", ""); !strings.Contains(said, "checkout is down") {
		h.t.Errorf("what is there cannot be read: %q", said)
	}
}

// brim has the disk take what is smaller than a note, until it is full for that too.
func (h *house) brim() {
	h.t.Helper()
	for n := range 100 {
		changed := slacksim.Object{"type": "user_change", "user": slacksim.Object{"id": fmt.Sprintf("U0BRIM%05d", n), "team_id": h.TeamID(), "name": "x", "profile": slacksim.Object{}}}
		if status, _, err := h.SendEvent(slacksim.EventArgs{Event: changed}); err != nil || status != http.StatusOK {
			return
		}
	}
	h.t.Error("a full disk takes what is small without end")
}

// card is the timestamp of the card in the room.
func (h *house) card() string {
	h.t.Helper()
	for _, m := range h.Posted(crashRoom) {
		if m.Payload["what"] == "INC-1 card" {
			return m.TS
		}
	}
	h.t.Fatal("there is no card")
	return ""
}

// openForm opens the form and fills it in.
func (h *house) openForm() *slacksim.Modal {
	h.t.Helper()
	ada := h.Person("Ada")
	ada.Type("#general", "/incident declare")
	form := ada.Modal()
	form.Fill("What is broken?", "all of it")
	return form
}

// notes are the words of all notes on an incident.
func notes(t *testing.T, s *store.Store, id incident.ID) (list []string) {
	t.Helper()
	events, _, err := s.Timeline(t.Context(), id, 0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if e.Kind == incident.EventNote {
			list = append(list, e.Text)
		}
	}
	slices.Sort(list)
	return list
}

// sound ends the program, and opens its database anew: structure and commitments are as they should be. It returns its notes.
func (h *house) sound() []string {
	h.t.Helper()
	h.stop()
	s, err := store.Open(h.t.Context(), h.db, store.Options{})
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if _, err := s.Verify(h.t.Context(), func(entry int64, what string) { h.t.Errorf("entry %d: %s", entry, what) }); err != nil {
		h.t.Error(err)
	}
	if r, err := store.Look(h.t.Context(), h.db); err != nil || r.Verdict != "ok" {
		h.t.Errorf("%q %v", r.Verdict, err)
	}
	return notes(h.t, s, 1)
}

// TestF55DiskFull fills a real disk while people write. Who was answered "noted" finds it in the record, who was not was
// told what is wrong; reading goes on, readiness is red; and when there is space again all goes on, with nothing restarted.
func TestF55DiskFull(t *testing.T) {
	aboutSQLite(t, "its file")
	folder := smallDisk(t, 1<<20)
	h := newHouse(t, overHTTP, watched, func(o *options) { o.settings.DB = filepath.Join(folder, "tocsin.db") })
	h.db = filepath.Join(folder, "tocsin.db")
	h.log.announce("the disk of the database is full")
	h.Person("Ada").Type("#general", declareCheckout)
	h.quieten(t)
	form := h.openForm()
	h.ready("ready")

	filler := fill(t, folder, 128<<10)
	const full = "the disk of the database is full"
	var kept []string
	refused := 0
	const asked = 300
	for n := range asked {
		words := fmt.Sprintf("look %03d", n)
		switch said := h.command("Ada", "#general", "/incident note INC-1 "+words, ""); {
		case strings.Contains(said, "Noted"):
			kept = append(kept, words)
		case strings.Contains(said, unrecorded(full)):
			refused++
		default:
			t.Fatalf("a note is answered %q", said)
		}
	}
	if len(kept) == 0 || refused < asked/2 {
		t.Errorf("the disk was nearly full, then full: %d of %d notes were taken, %d refused", len(kept), asked, refused)
	}
	h.ready("database: " + full)
	h.brim()
	h.refuses(form, full)

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	h.ready("ready")
	if said := h.command("Ada", "#general", "/incident note INC-1 space again", ""); !strings.Contains(said, "Noted") {
		t.Errorf("there is space again, and a note is answered %q", said)
	}
	kept = append(kept, "space again")
	h.recover(recovery)
	h.alone(crashRoom)
	if got := h.sound(); !slices.Equal(got, kept) {
		t.Errorf("answered as noted: %q\nrecorded: %q", kept, got)
	}
	fmt.Printf("disk full: asked=%d noted=%d refused=%d lost=0\n", asked, len(kept)-1, refused)
}
