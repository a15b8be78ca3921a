package store

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

// What can be no database is told as what it is, and how to choose another.
func TestPlacesRefused(t *testing.T) {
	folder := t.TempDir()
	for path, want := range map[string]string{
		folder:          "it is a folder: name a file in it, for example " + folder + "/tocsin.db",
		"/dev/full":     "it is no regular file: name one on a local disk",
		"/proc/none.db": "no file can be made in /proc: choose another TOCSIN_DB",
	} {
		reopen(t, path, want)
	}
	_, err := Look(t.Context(), folder)
	says(t, err, "it is a folder")
	says(t, unlocked(filepath.Join(folder, "t.db"), &os.PathError{Op: "open", Path: "t.db.lock", Err: syscall.EACCES}),
		"this user may not write in "+folder+": give it the folder, or choose another TOCSIN_DB")
	if left := inFolder(t, folder+"/t.db"); left != "" {
		t.Error(left)
	}
}

// The disk is full at the first start, sooner or later: nothing is half made, and nobody is told that it goes on by itself.
// When there is space it starts.
func TestFullAtTheFirstStart(t *testing.T) {
	full := 0
	for kilobytes := 16; ; kilobytes += 16 {
		folder := t.TempDir()
		path := filepath.Join(folder, "t.db")
		err := syscall.Mount("tocsin", folder, "tmpfs", 0, fmt.Sprintf("size=%dk", kilobytes))
		if errors.Is(err, syscall.EPERM) {
			t.Skip("SKIPPED, NOT CHECKED on a real disk: only root may mount one")
		}
		must(t, err)
		t.Cleanup(func() { must(t, syscall.Unmount(folder, 0)) })
		s, err := Open(t.Context(), path, Options{})
		if err == nil {
			must(t, s.Close())
			break
		}
		full++
		says(t, err, "the disk of the database is full: make space, and start again (")
		left, err := os.ReadDir(folder)
		must(t, err)
		if _, err := os.Stat(path); err != nil && (len(left) != 1 || left[0].Name() != "t.db.lock") {
			t.Errorf("with %d kB: %v", kilobytes, left)
		}
		must(t, syscall.Mount("tocsin", folder, "tmpfs", syscall.MS_REMOUNT, "size=8m"))
		s, err = Open(t.Context(), path, Options{})
		must(t, err)
		must(t, s.Close())
	}
	if full < 10 {
		t.Errorf("it was full only %d times", full)
	}
}

// A server without TLS is not told as one that cannot be reached.
func TestNoTLS(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	var all sync.WaitGroup
	t.Cleanup(func() { _ = listener.Close(); all.Wait() })
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 8))
			_, _ = conn.Write([]byte("N"))
			_ = conn.Close()
		}
	})
	_, err = Open(t.Context(), fmt.Sprintf("postgres://u@%s/d?sslmode=verify-full", listener.Addr()), Options{})
	says(t, err, "PostgreSQL does not speak TLS: let it (ssl = on), or choose another sslmode in its address")
}
