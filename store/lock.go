package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"
)

// lock keeps a second process off a database. The kernel lets go of it when the process ends, however it ends.
type lock struct{ file *os.File }

// takeLock locks the file beside a database, and refuses one that somebody else holds, saying who.
func takeLock(path string) (*lock, error) {
	file, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	for try := 0; try < 5 && errors.Is(err, syscall.EWOULDBLOCK); try++ { // somebody may only be looking whether it is held
		time.Sleep(20 * time.Millisecond)
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err != nil {
		holder, _ := os.ReadFile(path + ".lock") // only to say more
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("another Tocsin (process %s) uses this database: stop it first", strings.TrimSpace(string(holder)))
		}
		return nil, err
	}
	if err := errors.Join(file.Truncate(0), write(file, fmt.Sprintln(os.Getpid()))); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &lock{file: file}, nil
}

// held tells whether somebody holds the lock of a database.
func held(path string) (bool, error) {
	file, err := os.Open(path + ".lock")
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}

func write(file *os.File, text string) error {
	_, err := file.WriteAt([]byte(text), 0)
	return err
}

// release lets go. The file stays: removing it would let two processes lock two files of one name.
func (l *lock) release() error { return l.file.Close() }
