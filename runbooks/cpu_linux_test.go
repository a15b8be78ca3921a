package runbooks

import (
	"runtime"
	"syscall"
	"testing"
	"time"
)

// spent is how long this thread worked for something: what else a machine has to do meanwhile does not count.
func spent(t *testing.T, do func()) time.Duration {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	so := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_THREAD, &u); err != nil {
			t.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := so()
	do()
	return so() - before
}
