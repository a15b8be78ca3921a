package runbooks

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// readUpTo reads a file that may grow meanwhile.
func readUpTo(from fs.FS, name string, most int64) ([]byte, error) {
	f, err := from.Open(name)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(f, most+1))
	return raw, errors.Join(err, f.Close())
}

// repository is the folder at or above this one that Git looks after, and where Git keeps what it knows of it; "" where there
// is none.
func repository(dir string) (top, git string) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", ""
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real // a folder that is replaced as a whole is a link to the one that holds
	}
	for {
		at := filepath.Join(dir, ".git")
		info, err := os.Stat(at)
		switch {
		case err == nil && info.IsDir():
			return dir, at
		case err == nil:
			// A work tree of its own, or a module: a file says where the rest is.
			if to, found := strings.CutPrefix(short(at), "gitdir: "); found {
				return dir, from(dir, to)
			}
		}
		if filepath.Dir(dir) == dir {
			return "", ""
		}
		dir = filepath.Dir(dir)
	}
}

// from is a path that may be relative to a folder.
func from(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

var (
	objectID = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
	refName  = regexp.MustCompile(`^refs/[\w./@+-]+$`)
)

// commitOf is the commit that is checked out where a folder is in Git; "" elsewhere.
func commitOf(dir string) string {
	_, git := repository(dir)
	if git == "" {
		return ""
	}
	head := short(filepath.Join(git, "HEAD"))
	ref, named := strings.CutPrefix(head, "ref: ")
	if !named {
		return object(head)
	}
	if !refName.MatchString(ref) || strings.Contains(ref, "..") {
		return ""
	}
	for _, folder := range []string{git, from(git, short(filepath.Join(git, "commondir")))} {
		if id := object(short(filepath.Join(folder, filepath.FromSlash(ref)))); id != "" {
			return id
		}
		if id := packed(filepath.Join(folder, "packed-refs"), ref); id != "" {
			return id
		}
	}
	return ""
}

func object(id string) string {
	if objectID.MatchString(id) {
		return id
	}
	return ""
}

// packed looks for a ref in the file that holds many.
func packed(name, ref string) string {
	const most = 8 << 20
	raw, err := readUpTo(os.DirFS(filepath.Dir(name)), filepath.Base(name), most)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(raw)) {
		if id, of, _ := strings.Cut(strings.TrimSpace(line), " "); of == ref {
			return object(id)
		}
	}
	return ""
}

// short is the first line of a small file, or "".
func short(name string) string {
	const most = 4096
	raw, err := readUpTo(os.DirFS(filepath.Dir(name)), filepath.Base(name), most)
	if err != nil || len(raw) > most {
		return ""
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	return strings.TrimSpace(line)
}
