//go:build bench

package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"syscall"
)

// init makes this test's binary the program itself, with a profile of its processors and its memory, where BENCH_PROFILE
// names a folder: to see why a bar is missed. Such a run is not for comparing.
func init() {
	prefix := os.Getenv("TOCSIN_BENCH_PROFILE")
	if prefix == "" {
		return
	}
	_ = os.Unsetenv("TOCSIN_BENCH_PROFILE") // the program refuses a setting that it does not know
	if err := profiled(prefix); err != nil {
		fmt.Fprintln(os.Stderr, "tocsin:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func profiled(prefix string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	cpu, err := os.Create(prefix + ".cpu")
	if err != nil {
		return err
	}
	defer cpu.Close()
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return err
	}
	cmd := root()
	cmd.SetArgs([]string{"serve"})
	failed := cmd.ExecuteContext(ctx)
	pprof.StopCPUProfile()
	heap, err := os.Create(prefix + ".heap")
	if err != nil {
		return err
	}
	defer heap.Close()
	if err := pprof.Lookup("allocs").WriteTo(heap, 0); err != nil {
		return err
	}
	return failed
}

// profiling is how the program is started to be looked into, numbered so that each start keeps its own; nil where nobody
// asked for that.
func (b *bench) profiling() []string {
	folder := os.Getenv("BENCH_PROFILE")
	if folder == "" {
		return nil
	}
	taken, _ := filepath.Glob(filepath.Join(folder, "*.cpu"))
	return []string{"TOCSIN_BENCH_PROFILE=" + filepath.Join(folder, fmt.Sprintf("%03d", len(taken)+1))}
}
