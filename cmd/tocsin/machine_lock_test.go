package main

import (
	"bufio"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"tocsin/bot/slacksim"
)

// heldDatabase names to a process of this test binary the database that it shall hold.
const heldDatabase = "TOCSIN_TEST_HOLD"

// TestHold is no test: it is the other program, which holds a database until its input ends.
func TestHold(t *testing.T) {
	path := os.Getenv(heldDatabase)
	if path == "" {
		t.Skip("this is what TestF57LockedByAnotherProcess starts")
	}
	db, err := sql.Open("sqlite3", "file:"+path+"?_busy_timeout=20000&_txlock=exclusive")
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("held")
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
}

// holdElsewhere locks the database in another process, as a shell or a backup tool would, until the test lets go.
func (h *house) holdElsewhere() (letGo func()) {
	h.t.Helper()
	other := exec.Command(os.Args[0], "-test.run=^TestHold$", "-test.count=1")
	other.Env = append(os.Environ(), heldDatabase+"="+h.db)
	end, err := other.StdinPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	out, err := other.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		h.t.Fatal(err)
	}
	said := bufio.NewReader(out)
	if line, _ := said.ReadString('\n'); line != "held\n" {
		rest, _ := io.ReadAll(said)
		h.t.Fatalf("the other process does not hold the database: %s%s", line, rest)
	}
	return func() {
		_ = end.Close()
		_, _ = io.Copy(io.Discard, said)
		if err := other.Wait(); err != nil {
			h.t.Errorf("the other process: %v", err)
		}
	}
}

// TestF57LockedByAnotherProcess: who asks while a shell or a backup tool holds the database waits for as long as Slack
// waits, and then reads that nothing was recorded. Nothing is half done, and when the database is free all goes on.
func TestF57LockedByAnotherProcess(t *testing.T) {
	aboutSQLite(t, "its file")
	t.Parallel() // it mostly waits
	h := newHouse(t, overHTTP, watched)
	const holds, late = "another program holds the database", "the database does not answer in time" // late where the machine is slow
	h.log.announce(holds)
	h.log.announce(late)
	h.Person("Ada").Type("#general", declareCheckout)
	h.quieten(t)
	form := h.openForm()
	h.ready("ready")

	letGo := h.holdElsewhere()
	h.ready("database: ")
	h.refuses(form, holds, late)
	crowd := h.crowd(20)
	for _, a := range crowd {
		if got := <-a; !strings.Contains(got.said, "Nothing was recorded: ") || !strings.Contains(got.said, "Tell whoever runs Tocsin") || got.took > patience/2 {
			t.Errorf("one of many is answered %q after %s", got.said, got.took)
		}
	}
	letGo()
	h.ready("ready")

	letGo = h.holdElsewhere()
	waiting := h.crowd(1)[0]
	free := make(chan struct{})
	time.AfterFunc(300*time.Millisecond, func() { letGo(); close(free) }) // within the time that a request may wait
	if got := <-waiting; !strings.Contains(got.said, "Noted") {
		t.Errorf("who could have waited is answered %q after %s", got.said, got.took)
	}
	<-free
	h.recover(recovery)
	h.alone(crashRoom)
	if got := h.sound(); len(got) != 1 {
		t.Errorf("one note was answered, and recorded are %q", got)
	}
}

// reply is what somebody was answered, and when.
type reply struct {
	said string
	took time.Duration
}

// crowd has many people write at once.
func (h *house) crowd(size int) (replies []chan reply) {
	for n := range size {
		got := make(chan reply, 1)
		replies = append(replies, got)
		go func() {
			began := time.Now()
			_, said, err := h.SendCommand(h.t.Context(), slacksim.SendArgs{Person: "Ada", Channel: "#general", Text: fmt.Sprint("/incident note INC-1 crowd ", n)})
			if err != nil {
				said = err.Error()
			}
			got <- reply{said, time.Since(began)}
		}()
	}
	return replies
}
