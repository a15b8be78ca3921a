package storetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tocsin/store"
)

// Server is a private PostgreSQL server in a temporary folder, which it listens in.
type Server struct {
	bin, folder string
	owner       *syscall.SysProcAttr // whom its programs run as: PostgreSQL refuses to be root
	life        io.Closer            // a pipe that closes with this program

	mu       sync.Mutex // one database is made at a time, because the template must be free
	template string
	made     atomic.Int64
}

// errNone says that no PostgreSQL is installed.
var errNone = errors.New("no PostgreSQL is installed: looked for initdb in the PATH and in /usr/lib/postgresql/*/bin")

var theServer = sync.OnceValues(startServer)

// Cluster is the server of this test program, started at the first call. It ends with the program, however that ends. Where
// PostgreSQL is not installed the test is skipped, but fails where it must not be skipped: with CI or TOCSIN_POSTGRES=must set.
func Cluster(t testing.TB) *Server {
	t.Helper()
	s, err := theServer()
	switch {
	case errors.Is(err, errNone) && os.Getenv("CI") == "" && os.Getenv("TOCSIN_POSTGRES") != "must":
		t.Skipf("SKIPPED, nothing is tested here: %v", err)
	case err != nil:
		t.Fatal(err)
	}
	return s
}

func startServer() (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, owner: &syscall.SysProcAttr{}}
	if s.folder, err = os.MkdirTemp(inMemory(), "tocsin-postgres-"); err != nil {
		return nil, err
	}
	if err := s.guard(); err != nil {
		return nil, err
	}
	if os.Geteuid() == 0 {
		if err := s.handOver(); err != nil {
			return nil, err
		}
	}
	err = s.run("initdb", "--pgdata", s.data(), "--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	if err != nil {
		return nil, err
	}
	settings := fmt.Sprintf("listen_addresses = ''\nunix_socket_directories = '%s'\nshared_buffers = 32MB\nmax_connections = 500\n"+
		"fsync = on\nsynchronous_commit = on\nlog_min_messages = warning\n", s.folder)
	if err := appendTo(filepath.Join(s.data(), "postgresql.conf"), settings); err != nil {
		return nil, err
	}
	return s, s.run("pg_ctl", "start", "--pgdata", s.data(), "--log", filepath.Join(s.folder, "log"), "--wait")
}

// inMemory is a folder in memory, where there is one with room; "" is the usual one. The tests cut off programs, not the power,
// and a disk that somebody else keeps busy would make requests wait for longer than they may.
func inMemory() string {
	const folder, room = "/dev/shm", 2 << 30
	var disk syscall.Statfs_t
	if err := syscall.Statfs(folder, &disk); err != nil || int64(disk.Bavail)*disk.Bsize < room {
		return ""
	}
	return folder
}

// programs is the folder of the newest PostgreSQL that is installed.
func programs() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errNone
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(strings.Split(path, "/")[4]) // 0, the oldest, for what is no number
		return n
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

// guard starts a shell that holds the other end of a pipe of ours. When this program ends, however it ends, the shell reads
// the end of the pipe, stops the server and removes its folder.
func (s *Server) guard() error {
	const script = `read -r _; pid=$(head -n 1 "$1/data/postmaster.pid") && kill -QUIT "$pid" && while kill -0 "$pid"; do sleep 0.1; done; rm -rf "$1"`
	shell := exec.CommandContext(context.Background(), "/bin/sh", "-c", script, "guard", s.folder)
	shell.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // what interrupts us does not interrupt it
	var err error
	if s.life, err = shell.StdinPipe(); err != nil {
		return err
	}
	return shell.Start()
}

// handOver gives the folder to somebody who is not root.
func (s *Server) handOver() error {
	account, err := user.Lookup("postgres")
	if err != nil {
		if account, err = user.Lookup("nobody"); err != nil {
			return err
		}
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return err
	}
	s.owner = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return os.Chown(s.folder, int(uid), int(gid))
}

func (s *Server) run(program string, args ...string) error {
	command := exec.CommandContext(context.Background(), filepath.Join(s.bin, program), args...)
	command.Dir, command.SysProcAttr = s.folder, s.owner
	command.Env = []string{"PATH=" + s.bin + ":/usr/bin:/bin", "LC_ALL=C"}
	out, err := os.Create(filepath.Join(s.folder, program+".out")) // no pipe: the server would keep it open
	if err != nil {
		return err
	}
	defer out.Close()
	command.Stdout, command.Stderr = out, out
	if err := command.Run(); err != nil {
		said, _ := os.ReadFile(out.Name()) // only to say more
		return fmt.Errorf("%s: %w: %s", program, err, said)
	}
	return nil
}

func appendTo(path, text string) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}

// Address is where a database of a name is.
func (s *Server) Address(database string) string {
	return "postgres://postgres@/" + database + "?host=" + url.QueryEscape(s.folder)
}

// Empty makes a database with nothing in it, which is dropped with the test, and returns its address.
func (s *Server) Empty(t testing.TB) string {
	t.Helper()
	return s.create(t, "template0")
}

// Database makes an empty database of the newest schema, which is dropped with the test, and returns its address.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.template == "" {
		s.Exec(t, s.Address("postgres"), `CREATE DATABASE tocsin TEMPLATE template0`)
		template, err := store.Open(context.Background(), s.Address("tocsin"), store.Options{})
		if err == nil {
			err = template.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		s.template = "tocsin"
	}
	return s.create(t, s.template)
}

func (s *Server) create(t testing.TB, template string) string {
	t.Helper()
	name := fmt.Sprintf("test%d", s.made.Add(1))
	s.Exec(t, s.Address("postgres"), fmt.Sprintf(`CREATE DATABASE %s TEMPLATE %s`, name, template))
	t.Cleanup(func() { s.Exec(t, s.Address("postgres"), fmt.Sprintf(`DROP DATABASE %s WITH (FORCE)`, name)) })
	return s.Address(name)
}

// Exec runs statements on a database as somebody with a shell would.
func (s *Server) Exec(t testing.TB, where string, statements ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, where)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for _, statement := range statements {
		_, err := conn.Exec(ctx, statement)
		for inUse(err) && ctx.Err() == nil { // a session that was closed lasts a moment longer
			_, _ = conn.Exec(ctx, "SELECT pg_sleep(0.001)")
			_, err = conn.Exec(ctx, statement)
		}
		if err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func inUse(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && server.Code == "55006"
}

// Restart stops the server as a failure would, without a shutdown, and starts it again.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	err := s.run("pg_ctl", "restart", "--pgdata", s.data(), "--mode", "immediate", "--log", filepath.Join(s.folder, "log"), "--wait")
	if err != nil {
		t.Fatal(err)
	}
}

// Setting is what a setting of the server is now.
func (s *Server) Setting(t testing.TB, name string) string {
	t.Helper()
	return s.ask(t, `SELECT current_setting($1)`, name)
}

// ask is the one text that a query finds.
func (s *Server) ask(t testing.TB, query string, args ...any) (answer string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.Address("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if err := conn.QueryRow(ctx, query, args...).Scan(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// Deadlocks is how many deadlocks the server has ended in a database, by its address.
func (s *Server) Deadlocks(t testing.TB, where string) string {
	t.Helper()
	address, err := url.Parse(where)
	if err != nil {
		t.Fatal(err)
	}
	return s.ask(t, `SELECT deadlocks::text FROM pg_stat_database WHERE datname = $1`, strings.TrimPrefix(address.Path, "/"))
}
