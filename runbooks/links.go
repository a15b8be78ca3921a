package runbooks

import (
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// site is what links between files may lead to: the repository that the folder of runbooks is in, or else that folder.
type site struct {
	book  *Book
	files fs.FS
	close func()
	below string // where the runbooks are in it
	names map[string][]string
}

// newSite opens it. Nothing outside of it is looked at, whatever a link says.
func newSite(b *Book) *site {
	s := &site{book: b, close: func() {}, below: ".", names: map[string][]string{}}
	if b.dir == "" {
		if from, end, err := b.open(); err == nil {
			s.files, s.close = from, func() { _ = end() }
		}
		return s
	}
	top := b.dir
	if found, _ := repository(b.dir); found != "" {
		if whole, err := filepath.EvalSymlinks(b.dir); err == nil {
			whole, _ = filepath.Abs(whole)
			if below, err := filepath.Rel(found, whole); err == nil {
				top, s.below = found, filepath.ToSlash(below)
			}
		}
	}
	if root, err := os.OpenRoot(top); err == nil {
		s.files, s.close = root.FS(), func() { _ = root.Close() }
	}
	return s
}

// follow says why a link leads nowhere, or "".
func (s *site) follow(r *Runbook, d *Document, link string) string {
	to, err := url.Parse(link)
	if err != nil || s.files == nil {
		return ""
	}
	if to.Path == "" {
		return missing(anchors(d), to.Fragment)
	}
	name := path.Join(s.below, path.Dir(r.Path), to.Path)
	if strings.HasPrefix(to.Path, "/") {
		name = path.Clean(to.Path[1:])
	}
	if name == ".." || strings.HasPrefix(name, "../") {
		if s.book.dir == "" {
			return "" // nobody knows what is there
		}
		return "it leads out of the repository: give its whole address"
	}
	info, err := fs.Stat(s.files, name)
	if err != nil {
		return "there is no such file: mend the path, or take the link away"
	}
	if to.Fragment == "" || info.IsDir() || !strings.HasSuffix(strings.ToLower(name), ".md") {
		return ""
	}
	return missing(s.anchors(name), to.Fragment)
}

// missing says what to do about an anchor that is not there.
func missing(names []string, wanted string) string {
	if wanted == "" || slices.Contains(names, wanted) {
		return ""
	}
	if near := nearest(wanted, names); near != "" {
		return "there is no such title: did you mean #" + near + "?"
	}
	return "there is no such title: mend what stands behind the #"
}

// anchors are the names of the titles of a file.
func (s *site) anchors(name string) []string {
	names, known := s.names[name]
	if known {
		return names
	}
	if raw, err := readUpTo(s.files, name, MaxFile); err == nil && len(raw) <= MaxFile {
		text := clean(string(raw))
		if _, body, _, err := split(text); err == nil {
			text = body
		}
		names = anchors(Parse(text))
	}
	s.names[name] = names
	return names
}

func anchors(d *Document) (names []string) {
	each(d.Blocks, func(b Block) {
		if h, is := b.(*Heading); is {
			names = append(names, h.Anchor)
		}
	})
	return names
}
