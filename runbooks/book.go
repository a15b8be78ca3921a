package runbooks

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of a folder.
const (
	MaxFile  = 1 << 20  // bytes of a runbook
	maxFiles = 10_000   // runbooks in a folder, with those in its folders
	maxTotal = 32 << 20 // bytes of all of them
	maxDepth = 20       // folders in each other
)

// A Runbook is one file. It is never changed: what is read anew is another one.
type Runbook struct {
	Front
	Path    string    // in its folder, with slashes: what it is known by
	Hash    string    // of the file, SHA-256 in hex
	Commit  string    // what is checked out where the folder is in Git, in hex; "" elsewhere
	Changed time.Time // when the file was written here; zero for what is in the program

	body   string
	first  int // the line with which the body begins
	lines  map[string]int
	file   file
	folded foldedFront
}

// Document reads the body, anew each time: the tree is many times as large as the text.
func (r *Runbook) Document() *Document { return parse(r.body, r.first) }

// line is where a key of the front matter stands, or the first line.
func (r *Runbook) line(key string) int { return cmp.Or(r.lines[key], 1) }

// file tells whether one was written since it was read.
type file struct {
	size    int64
	written time.Time
}

// A Book is a folder of runbooks, as it was when it was last looked at. Many may read it while one looks anew.
type Book struct {
	dir   string // "" for what is no folder on disk
	open  func() (fs.FS, func() error, error)
	looks sync.Mutex // one look at a time
	now   atomic.Pointer[shelf]
}

// shelf is what one look found.
type shelf struct {
	runbooks []*Runbook // by path
	faults   []Finding
	broken   map[string]broken
	commit   string
}

// broken is a file that could not be taken, which needs no second look while it stays as it is.
type broken struct {
	file
	faults []Finding
}

// Open reads a folder on disk. What a symbolic link in it leads to outside of it is not read.
func Open(dir string) (*Book, error) {
	return load(&Book{dir: dir, open: func() (fs.FS, func() error, error) {
		root, err := os.OpenRoot(dir) // anew each time: what the name leads to may be replaced as a whole
		if err != nil {
			return nil, nil, err
		}
		return root.FS(), root.Close, nil
	}})
}

// Load reads a folder that is no folder on disk.
func Load(from fs.FS) (*Book, error) {
	return load(&Book{open: func() (fs.FS, func() error, error) { return from, func() error { return nil }, nil }})
}

func load(b *Book) (*Book, error) {
	b.now.Store(&shelf{})
	if _, err := b.Refresh(); err != nil {
		return nil, err
	}
	return b, nil
}

// Runbooks are all that are good, by path.
func (b *Book) Runbooks() []*Runbook { return slices.Clone(b.now.Load().runbooks) }

// Faults is what is wrong with files that could not be taken, and what holds in their place.
func (b *Book) Faults() []Finding { return slices.Clone(b.now.Load().faults) }

// Get is the runbook of a path.
func (b *Book) Get(path string) (*Runbook, bool) { return b.now.Load().get(path) }

func (s *shelf) get(path string) (*Runbook, bool) {
	at, found := slices.BinarySearchFunc(s.runbooks, path, func(r *Runbook, path string) int { return strings.Compare(r.Path, path) })
	if !found {
		return nil, false
	}
	return s.runbooks[at], true
}

// Changes are the paths of what a look found different.
type Changes struct{ Added, Changed, Removed, Broken []string }

// Any tells whether there are any.
func (c Changes) Any() bool { return len(c.Added)+len(c.Changed)+len(c.Removed)+len(c.Broken) > 0 }

// Refresh looks at the folder anew, and reads the files whose size or time of writing is another. A file that is broken keeps
// its last good version. Where the folder cannot be read at all, everything stays as it is.
func (b *Book) Refresh() (Changes, error) {
	b.looks.Lock()
	defer b.looks.Unlock()
	from, end, err := b.open()
	if err != nil {
		return Changes{}, fmt.Errorf("the folder of runbooks cannot be read: %w", err)
	}
	l := look{from: from, was: b.now.Load(), is: &shelf{broken: map[string]broken{}}}
	if b.dir != "" {
		l.is.commit = commitOf(b.dir)
	}
	if err := errors.Join(l.folder(".", 0), end()); err != nil {
		return Changes{}, fmt.Errorf("the folder of runbooks cannot be read: %w", err)
	}
	for _, r := range l.was.runbooks {
		if _, there := l.is.get(r.Path); !there {
			l.changes.Removed = append(l.changes.Removed, r.Path)
		}
	}
	b.now.Store(l.is)
	return l.changes, nil
}

// look is one look at a folder.
type look struct {
	from    fs.FS
	was, is *shelf
	changes Changes
	files   int
	bytes   int64
}

// folder looks at what is in a folder. One that cannot be read keeps what it had, but for the first.
func (l *look) folder(name string, depth int) error {
	entries, err := fs.ReadDir(l.from, name)
	if err != nil && depth == 0 {
		return err
	}
	if err != nil || depth > maxDepth {
		l.fault(name, 1, "this folder cannot be read, or is too deep in others: let Tocsin's user read it, or move it up")
		for _, r := range l.was.runbooks {
			if strings.HasPrefix(r.Path, name+"/") {
				l.keep(r)
			}
		}
		return nil
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(order(a), order(b)) })
	for _, entry := range entries {
		below := path.Join(name, entry.Name())
		switch {
		case strings.HasPrefix(entry.Name(), ".") || strings.HasPrefix(entry.Name(), "_"):
		case entry.IsDir():
			_ = l.folder(below, depth+1) // says so itself
		case isRunbook(entry.Name()):
			l.file(below)
		}
	}
	return nil
}

// order is by path: what is in a folder comes where the folder's name with a slash would.
func order(entry fs.DirEntry) string {
	if entry.IsDir() {
		return entry.Name() + "/"
	}
	return entry.Name()
}

// isRunbook tells whether a file is one by its name.
func isRunbook(name string) bool {
	lower := strings.ToLower(name)
	return strings.HasSuffix(lower, ".md") && lower != "readme.md"
}

// file looks at a file.
func (l *look) file(name string) {
	l.files++
	if l.files > maxFiles {
		if l.files == maxFiles+1 {
			l.fault(name, 1, fmt.Sprintf("there are more than %d runbooks here, and this one and those behind it are not read: split the folder", maxFiles))
		}
		return
	}
	was, known := l.was.get(name)
	info, err := fs.Stat(l.from, name) // of what a link leads to
	if err != nil || !info.Mode().IsRegular() {
		l.broke(name, file{}, []Finding{{Message: "this is no file that can be read, or a link out of the folder: put the file itself here"}})
		return
	}
	seen := file{info.Size(), info.ModTime()}
	l.bytes += seen.size
	if before, is := l.was.broken[name]; is && before.file == seen {
		l.broke(name, seen, before.faults)
		return
	}
	if known && was.file == seen {
		l.keep(was)
		return
	}
	r, faults := l.read(name, seen)
	if faults != nil {
		l.changes.Broken = append(l.changes.Broken, name)
		l.broke(name, seen, faults)
		return
	}
	switch {
	case !known:
		l.changes.Added = append(l.changes.Added, name)
	case was.Hash != r.Hash:
		l.changes.Changed = append(l.changes.Changed, name)
	}
	l.keep(r)
}

// keep puts a runbook on the shelf.
func (l *look) keep(r *Runbook) {
	if r.Commit != l.is.commit {
		other := *r
		other.Commit = l.is.commit
		r = &other
	}
	l.is.runbooks = append(l.is.runbooks, r)
}

// broke says what is wrong with a file, and keeps its last good version.
func (l *look) broke(name string, seen file, faults []Finding) {
	l.is.broken[name] = broken{seen, faults}
	was, known := l.was.get(name)
	for _, f := range faults {
		if known {
			f.Message += " (until then its last good version holds)"
		}
		l.fault(name, f.Line, f.Message)
	}
	if known {
		l.keep(was)
	}
}

func (l *look) fault(name string, line int, message string) {
	l.is.faults = append(l.is.faults, Finding{Path: name, Line: max(1, line), Level: Error, Message: message})
}

// read reads a file whole, and says everything that is wrong with it.
func (l *look) read(name string, seen file) (*Runbook, []Finding) {
	if seen.size > MaxFile {
		return nil, []Finding{{Message: fmt.Sprintf("it has more than %d bytes: make several runbooks of it", MaxFile)}}
	}
	if l.bytes > maxTotal {
		return nil, []Finding{{Message: fmt.Sprintf("the runbooks have more than %d bytes together: move some elsewhere", maxTotal)}}
	}
	raw, err := readUpTo(l.from, name, MaxFile)
	if err != nil {
		return nil, []Finding{{Message: "it cannot be read: let Tocsin's user read it"}}
	}
	r, err := New(name, raw)
	if err != nil {
		return nil, findings(err)
	}
	r.file, r.Changed = seen, seen.written
	return r, nil
}

// findings are the flaws in an error.
func findings(err error) (all []Finding) {
	if many, is := err.(interface{ Unwrap() []error }); is {
		for _, one := range many.Unwrap() {
			all = append(all, findings(one)...)
		}
		return all
	}
	var f *flaw
	if errors.As(err, &f) {
		return []Finding{{Line: f.line, Message: f.message}}
	}
	return []Finding{{Line: 1, Message: err.Error()}}
}

// New reads a runbook: its front matter, strictly. Its body is read when it is asked for.
func New(name string, raw []byte) (*Runbook, error) {
	if len(raw) > MaxFile {
		return nil, wrong(1, "it has more than %d bytes: make several runbooks of it", MaxFile)
	}
	front, body, first, err := split(clean(string(raw)))
	if err != nil {
		return nil, err
	}
	h, err := readFront(front)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(raw)
	return &Runbook{
		Front: h.Front, Path: name, Hash: hex.EncodeToString(sum[:]),
		body: strings.Clone(body), first: first, lines: h.lines, folded: foldFront(name, h.Front),
	}, nil
}
