package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"tocsin/store"
)

// Bounds of what is worth a word about a database.
const (
	littleSpace   = 1 << 30   // free bytes, below which somebody should look
	noSpace       = 100 << 20 // below which it will soon stop
	longLog       = 512 << 20 // bytes of a write-ahead log: something reads for so long that it cannot be emptied
	longWait      = 15 * time.Minute
	mendSpace     = "make space on its disk, or move the database to a larger one"
	mendPlace     = "set TOCSIN_DB to a file on a disk of this machine"
	mendIntegrity = "stop Tocsin, and restore a backup"
)

// nowhere tells whether a database is a file that does not exist yet.
func nowhere(where string) bool {
	_, err := os.Stat(where)
	return !store.IsPostgres(where) && errors.Is(err, fs.ErrNotExist)
}

// lookAtDatabase reads the database beside the program that runs, if one does.
func (d *doctor) lookAtDatabase(ctx context.Context) []finding {
	if d.wrong.about("TOCSIN_DB") {
		return isOff("%v", errNotTried)
	}
	if nowhere(d.settings.DB) {
		return d.lookAtItsFolder()
	}
	if store.IsPostgres(d.settings.DB) { // a file takes longer: it is examined
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, oneCall)
		defer cancel()
	}
	r, err := store.Look(ctx, d.settings.DB)
	if err != nil {
		mend := mendOfDatabase(err)
		return isBroken(mend, "%s", strings.Replace(oneLine(err.Error()), ": "+mend, "", 1))
	}
	if r.Verdict != "ok" && !strings.HasPrefix(r.Verdict, "not known") {
		return isBroken(mendIntegrity, "it is damaged: %s", oneLine(r.Verdict))
	}
	words := describe(r)
	if store.IsPostgres(d.settings.DB) { // whose disk cannot be seen from here
		return isFine("%s", words)
	}
	if found := notWritable(d.settings.DB); found != nil && !r.InUse { // else somebody can, who runs
		return found
	}
	if r.Free >= littleSpace && r.WAL > longLog {
		return isDoubtful("find the program that keeps a read open, for example a backup or a shell, and end it", "its write-ahead log has grown to %s; %s", inBytes(r.WAL), words)
	}
	if r.Open && r.Free >= littleSpace {
		return isDoubtful("chmod 600 "+d.settings.DB+"; the next start does it too", "others may read it; %s", words)
	}
	return onDisk(r.Free, words)
}

// lookAtItsFolder is for a database that the first start will make.
func (d *doctor) lookAtItsFolder() []finding {
	folder := filepath.Dir(d.settings.DB)
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return isBroken("mkdir -p "+folder+", and let Tocsin's user write in it", "%s is to be in a folder that does not exist", d.settings.DB)
	}
	if found := notWritable(d.settings.DB); found != nil {
		return found
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(folder, &disk); err != nil {
		return isBroken(mendPlace, "the disk of %s cannot be looked at: %v", folder, err)
	}
	if disk.Blocks == 0 {
		return isBroken(mendPlace, "no file can be made in %s", folder)
	}
	words := fmt.Sprintf("%s does not exist yet: the first start makes it; %s free", d.settings.DB, inBytes(int64(disk.Bavail)*disk.Bsize))
	return onDisk(int64(disk.Bavail)*disk.Bsize, words)
}

// onDisk is a finding about a file, by the space that is left on its disk.
func onDisk(free int64, words string) []finding {
	switch {
	case free < noSpace:
		return isBroken(mendSpace, "%s", words)
	case free < littleSpace:
		return isDoubtful(mendSpace, "%s", words)
	}
	return isFine("%s", words)
}

// mayWrite is what access(2) is asked for.
const mayWrite = 2

// notWritable finds what of a file's database, and of what stands beside it, whoever asks may not write.
func notWritable(path string) []finding {
	for _, one := range []string{filepath.Dir(path), path, path + ".lock", path + "-wal", path + "-shm"} {
		if err := syscall.Access(one, mayWrite); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return isBroken("let Tocsin's user write it (chown, chmod, or how the disk is mounted); or ask as that user", "%s cannot be written by this user: %v", one, err)
		}
	}
	return nil
}

// describe is a healthy database in one line.
func describe(r store.Report) string {
	settings := fmt.Sprintf("%d settings as they must be", len(r.Settings)) // a database with others is refused
	words := []string{fmt.Sprintf("%s %s", r.Engine, r.Version), fmt.Sprintf("schema %d", r.Schema), settings, inBytes(r.Size)}
	if r.Schema < r.Newest {
		words[1] += fmt.Sprintf(" (the next start brings it to %d)", r.Newest)
	}
	if r.Free > 0 {
		words = append(words, inBytes(r.Free)+" free")
	}
	if r.InUse {
		words = append(words, "in use by a Tocsin that runs")
	}
	if r.Verdict != "ok" && r.Free > 0 { // a server examines itself
		words = append(words, "whether it is whole is "+r.Verdict)
	}
	return strings.Join(words, ", ")
}

// inBytes is a size as people say it.
func inBytes(n int64) string {
	units := []string{"bytes", "kB", "MB", "GB", "TB"}
	size, unit := float64(n), 0
	for ; size >= 1000 && unit < len(units)-1; unit++ {
		size /= 1000
	}
	if unit == 0 || size >= 10 {
		return fmt.Sprintf("%.0f %s", size, units[unit])
	}
	return fmt.Sprintf("%.1f %s", size, units[unit])
}

// lookAtEffects counts what is owed to Slack, and finds what is stuck or was given up.
func (d *doctor) lookAtEffects(ctx context.Context) []finding {
	if d.wrong.about("TOCSIN_DB") || nowhere(d.settings.DB) {
		return isOff("there is no database yet")
	}
	if info, err := os.Stat(d.settings.DB); err == nil && info.Size() == 0 {
		return isOff("the database cannot be read") // to open it would make one of it
	}
	ctx, cancel := context.WithTimeout(ctx, oneCall)
	defer cancel()
	s, err := store.Open(ctx, d.settings.DB, store.Options{ReadOnly: true})
	if err != nil {
		return isOff("the database cannot be read")
	}
	stats, err := s.Stats(ctx)
	if err := errors.Join(err, s.Close()); err != nil {
		return isBroken("see the finding about the database", "%s", oneLine(err.Error()))
	}
	var found []finding
	counts := map[store.EffectState]int64{}
	for _, lane := range stats.Lanes {
		counts[lane.State] += lane.Count
	}
	if buried := counts[store.Buried]; buried > 0 {
		found = isDoubtful("tocsin effects says why; when that is mended: tocsin effects retry <id>", "given up: %d", buried)
	}
	open := counts[store.Waiting] + counts[store.Leased]
	waited := time.Duration(0)
	if !stats.Oldest.IsZero() {
		waited = d.now().Sub(stats.Oldest).Round(time.Second)
	}
	switch {
	case waited > longWait:
		return append(found, isDoubtful("see that Tocsin runs and that Slack can be reached; tocsin effects says what each waits for", "waiting: %d, the oldest for %s", open, waited)...)
	case open > 0:
		return append(found, isFine("waiting: %d, the oldest for %s", open, waited)...)
	case found != nil:
		return found
	}
	return isFine("nothing waits, and nothing was given up")
}
