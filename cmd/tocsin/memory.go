package main

/*
#ifdef __linux__
#include <malloc.h>
#endif

// oneArena keeps the C library from giving each thread a heap of its own: SQLite is called from all of Go's threads, and what one of
// them has freed would lie idle in each heap. It has to be said before the second thread is there. Libraries that have no such
// heaps do not know the option.
__attribute__((constructor)) static void oneArena(void) {
#ifdef M_ARENA_MAX
	mallopt(M_ARENA_MAX, 1);
#endif
}
*/
import "C"

import (
	"context"
	"runtime/debug"
	runtimemetrics "runtime/metrics"
	"time"
)

// Go's collector runs by itself when as much was thrown away as is in use, which with the little that is in use here is all the
// time under load. It may wait until three times as much was, as long as Go has less memory than enough. A house that
// needs more gets more: a collector that is held to less than twice what is in use would never rest.
const (
	garbage    = 300      // percent of what is in use
	enough     = 30 << 20 // bytes
	weighEvery = 2 * time.Second
)

// bound sets how much memory the program takes. What the operator has said of it in GOGC and GOMEMLIMIT holds.
func bound(ctx context.Context, env map[string]string) {
	if env["GOGC"] == "" {
		debug.SetGCPercent(garbage)
	}
	if env["GOMEMLIMIT"] != "" {
		return
	}
	debug.SetMemoryLimit(enough)
	go func() {
		for tick := time.Tick(weighEvery); ; {
			select {
			case <-tick:
				debug.SetMemoryLimit(max(enough, 3*inUse()))
			case <-ctx.Done():
				return
			}
		}
	}()
}

// inUse is how many bytes were alive at the last collection.
func inUse() int64 {
	sample := []runtimemetrics.Sample{{Name: "/gc/heap/live:bytes"}}
	runtimemetrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}
