package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// lock keeps a second process off a database. The kernel lets go of it when the process ends, however it ends.
type lock struct{ file *os.File }

// takeLock locks the file beside a database, and refuses one that somebody else holds, saying who.
func takeLock(path string) (*lock, error) {
	file, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = giveAway(path+".lock", path)
	}
	if err != nil {
		return nil, unlocked(path, err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	for try := 0; try < 5 && errors.Is(err, syscall.EWOULDBLOCK); try++ { // somebody may only be looking whether it is held
		time.Sleep(20 * time.Millisecond) //nolint:forbidigo // a file lock cannot be waited for with a limit
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err != nil {
		holder, _ := os.ReadFile(path + ".lock") // only to say more
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			process, _, _ := strings.Cut(strings.TrimSpace(string(holder)), " ")
			return nil, cannotUse("another Tocsin (process "+process+") uses this database", "stop it first")
		}
		return nil, err
	}
	l := &lock{file: file}
	if lostLog(path) {
		return nil, errors.Join(errNoLog, file.Close())
	}
	if err := l.write(fmt.Sprintln(os.Getpid())); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return l, nil
}

// giveAway gives a file that root has made beside a database to whose the database is, or the folder where there is none
// yet: what root does once must not keep Tocsin's own user out.
func giveAway(made, database string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(database)
	if errors.Is(err, fs.ErrNotExist) {
		info, err = os.Stat(filepath.Dir(database))
	}
	if err != nil {
		return err
	}
	system, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	if err := os.Chown(made, int(system.Uid), int(system.Gid)); err != nil && !errors.Is(err, fs.ErrPermission) { // a root that may not is no such one
		return err
	}
	return nil
}

// ownerOf is the name of whoever owns a file, or their number; "" where it is not there.
func ownerOf(path string) (name string, us bool) {
	info, err := os.Stat(path)
	if err != nil {
		return "", false
	}
	system, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "", false
	}
	id := strconv.FormatUint(uint64(system.Uid), 10)
	if known, err := user.LookupId(id); err == nil {
		return known.Username, int(system.Uid) == os.Geteuid()
	}
	return "user " + id, int(system.Uid) == os.Geteuid()
}

// unlocked says why there can be no lock beside a database, or why it cannot be looked at. Its folder is there.
func unlocked(path string, err error) error {
	folder, name := filepath.Dir(path), filepath.Base(path)+".lock"
	owner, us := ownerOf(path + ".lock")
	switch {
	case errors.Is(err, fs.ErrPermission) && owner != "" && !us:
		return cannotUse(name+" belongs to "+owner, "chown it to Tocsin's user, or remove it while no Tocsin runs")
	case errors.Is(err, fs.ErrPermission):
		return &trouble{mend{"this user may not write in " + folder, "give it the folder, or choose another TOCSIN_DB"}, err}
	case errors.Is(err, fs.ErrNotExist):
		return cannotUse("no file can be made in "+folder, "choose another TOCSIN_DB")
	}
	return err
}

var errNoLog = cannotUse("its write-ahead log (-wal) is missing, and what was written last stands there alone",
	"put it back beside the database, or restore a backup; to go on without that, make an empty file in its place")

// note notes that a file has changes in its write-ahead log.
func (l *lock) note(of os.FileInfo) error { return l.write(fmt.Sprintln(os.Getpid(), inode(of))) }

// lostLog tells of a write-ahead log that is gone although the process that wrote to it was killed: SQLite would open the
// file without, as it was before. Whoever moves a log into the file changes the file later than it was noted.
func lostLog(path string) bool {
	left, _ := os.ReadFile(path + ".lock") // what cannot be looked at is no reason to refuse
	noted, unnoted := os.Stat(path + ".lock")
	info, missing := os.Stat(path)
	fields := strings.Fields(string(left))
	if unnoted != nil || missing != nil || len(fields) != 2 || fields[1] != inode(info) || info.ModTime().After(noted.ModTime()) {
		return false
	}
	_, err := os.Stat(path + "-wal")
	return errors.Is(err, fs.ErrNotExist)
}

// inode tells a file from another one that has taken its name.
func inode(info os.FileInfo) string {
	if system, ok := info.Sys().(*syscall.Stat_t); ok {
		return fmt.Sprint(system.Ino)
	}
	return ""
}

// held tells whether somebody holds the lock of a database.
func held(path string) (bool, error) {
	file, err := os.Open(path + ".lock")
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, unlocked(path, err)
	}
	defer file.Close()
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}

func (l *lock) write(text string) error {
	_, err := l.file.WriteAt([]byte(text), 0)
	return errors.Join(err, l.file.Truncate(int64(len(text))))
}

// release lets go. The file stays: removing it would let two processes lock two files of one name.
func (l *lock) release() error { return l.file.Close() }
