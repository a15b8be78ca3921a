package runbooks

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// put writes a file, at a time of its own.
func put(t *testing.T, folder, name, text string, at int) {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	written := now.Add(time.Duration(at) * time.Second)
	if err := os.Chtimes(path, written, written); err != nil {
		t.Fatal(err)
	}
}

func titled(title string) string { return "---\ntitle: " + title + "\n---\n- [ ] Do it\n" }

// seen are the paths and titles of a book.
func seen(b *Book) (all []string) {
	for _, r := range b.Runbooks() {
		all = append(all, r.Path+" "+r.Title)
	}
	return all
}

// expect looks anew, and compares what changed and what is there.
func expect(t *testing.T, b *Book, want Changes, there ...string) {
	t.Helper()
	got, err := b.Refresh()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes: -want +got\n%s", diff)
	}
	if diff := cmp.Diff(there, seen(b)); diff != "" {
		t.Errorf("there are: -want +got\n%s", diff)
	}
}

func TestRefresh(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "b.md", titled("B"), 0)
	put(t, dir, "a/x.md", titled("AX"), 0)
	put(t, dir, "a-b.md", titled("A-B"), 0)
	put(t, dir, "README.md", "no runbook", 0)
	put(t, dir, "_template.md", "none either", 0)
	put(t, dir, ".hidden/x.md", "nor this", 0)
	put(t, dir, "b.txt", "nor this", 0)
	b, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a-b.md A-B", "a/x.md AX", "b.md B"}, seen(b)); diff != "" {
		t.Fatal(diff)
	}
	expect(t, b, Changes{}, "a-b.md A-B", "a/x.md AX", "b.md B")

	put(t, dir, "b.md", titled("B2"), 1)
	put(t, dir, "c.md", titled("C"), 1)
	put(t, dir, "a-b.md", titled("A-B"), 1) // written again, and nothing is different
	expect(t, b, Changes{Added: []string{"c.md"}, Changed: []string{"b.md"}}, "a-b.md A-B", "a/x.md AX", "b.md B2", "c.md C")

	put(t, dir, "b.md", "---\ntitle: B3\nonwer: x\n---\n", 2)
	put(t, dir, "d.md", "nothing", 2)
	expect(t, b, Changes{Broken: []string{"b.md", "d.md"}}, "a-b.md A-B", "a/x.md AX", "b.md B2", "c.md C")
	faults := []Finding{
		{"b.md", 3, Error, `there is no key "onwer": did you mean owner? (until then its last good version holds)`},
		{"d.md", 1, Error, "there is no front matter: " + example},
	}
	if diff := cmp.Diff(faults, b.Faults()); diff != "" {
		t.Error(diff)
	}
	expect(t, b, Changes{}, "a-b.md A-B", "a/x.md AX", "b.md B2", "c.md C") // and is not said again
	if diff := cmp.Diff(faults, b.Faults()); diff != "" {
		t.Error(diff)
	}

	put(t, dir, "b.md", titled("B4"), 3)
	if err := os.RemoveAll(filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "d.md")); err != nil {
		t.Fatal(err)
	}
	expect(t, b, Changes{Changed: []string{"b.md"}, Removed: []string{"a/x.md"}}, "a-b.md A-B", "b.md B4", "c.md C")
	if len(b.Faults()) != 0 {
		t.Errorf("faults: %v", b.Faults())
	}

	// A folder that is gone may be one that is not mounted just now.
	if err := os.Rename(dir, dir+"-away"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Refresh(); err == nil || len(b.Runbooks()) != 3 {
		t.Errorf("without the folder: %v, %v", err, seen(b))
	}
	if err := os.Rename(dir+"-away", dir); err != nil {
		t.Fatal(err)
	}
	expect(t, b, Changes{}, "a-b.md A-B", "b.md B4", "c.md C")
}

// TestNothingOutside: a link leads to no file out of the folder, and one within it works, as Kubernetes mounts its files.
func TestNothingOutside(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	put(t, outside, "secret.md", titled("Secret"), 0)
	put(t, dir, "..data/in.md", titled("In"), 0)
	if err := os.MkdirAll(filepath.Join(dir, "dir.md"), 0o755); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{
		"out.md": filepath.Join(outside, "secret.md"), "up.md": "../" + filepath.Base(outside) + "/secret.md", "in.md": "..data/in.md",
		"loop.md": "loop.md", "gone.md": "nowhere.md", "folder": outside, "device.md": "/dev/zero",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	b, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"in.md In"}, seen(b)); diff != "" {
		t.Error(diff)
	}
	if len(b.Faults()) != 5 {
		t.Errorf("faults: %v", b.Faults())
	}
	if _, found := b.Get("../" + filepath.Base(outside) + "/secret.md"); found {
		t.Error("it was found")
	}
	if _, err := Open(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("a folder that is not there was opened")
	}
}

func TestBoundsOfAFolder(t *testing.T) {
	many := fstest.MapFS{}
	for n := range maxFiles + 3 {
		many[fmt.Sprintf("%05d.md", n)] = &fstest.MapFile{Data: []byte("---\ntitle: x\n---\n")}
	}
	b, err := Load(many)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Runbooks()) != maxFiles || len(b.Faults()) != 1 || !strings.Contains(b.Faults()[0].String(), "10000.md:1: there are more than 10000") {
		t.Errorf("%d runbooks, %v", len(b.Runbooks()), b.Faults())
	}
	large := fstest.MapFS{"large.md": {Data: make([]byte, MaxFile+1)}, strings.Repeat("d/", maxDepth+2) + "x.md": {Data: []byte(titled("x"))}}
	for n := range maxTotal/MaxFile + 1 {
		large[fmt.Sprintf("m%03d.md", n)] = &fstest.MapFile{Data: []byte(titled("x") + strings.Repeat("x", MaxFile-100))}
	}
	b, err = Load(large)
	if err != nil {
		t.Fatal(err)
	}
	said := fmt.Sprint(b.Faults())
	for _, want := range []string{"large.md:1: it has more than 1048576 bytes", "too deep in others", "more than 33554432 bytes together"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is missing in %s", want, said)
		}
	}
}

func TestCommit(t *testing.T) {
	const one, two = "1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222"
	for name, tc := range map[string]struct {
		files map[string]string
		want  string
	}{
		"none":                {map[string]string{}, ""},
		"branch":              {map[string]string{".git/HEAD": "ref: refs/heads/main\n", ".git/refs/heads/main": one + "\n"}, one},
		"branch with a slash": {map[string]string{".git/HEAD": "ref: refs/heads/a/b\n", ".git/refs/heads/a/b": one + "\n"}, one},
		"detached":            {map[string]string{".git/HEAD": two + "\n"}, two},
		"packed":              {map[string]string{".git/HEAD": "ref: refs/heads/main\n", ".git/packed-refs": "# pack-refs with: peeled\n" + two + " refs/heads/other\n" + one + " refs/heads/main\n^" + two + "\n"}, one},
		"work tree": {map[string]string{
			".git": "gitdir: elsewhere/worktrees/x\n", "elsewhere/worktrees/x/HEAD": "ref: refs/heads/x\n",
			"elsewhere/worktrees/x/commondir": "../..\n", "elsewhere/refs/heads/x": one + "\n",
		}, one},
		"no commit yet": {map[string]string{".git/HEAD": "ref: refs/heads/main\n"}, ""},
		"a path":        {map[string]string{".git/HEAD": "ref: refs/heads/../../../secret\n", "secret": one}, ""},
		"nonsense":      {map[string]string{".git/HEAD": "hello\n"}, ""},
		"a large HEAD":  {map[string]string{".git/HEAD": strings.Repeat(one, 200)}, ""},
	} {
		dir := t.TempDir()
		for path, text := range tc.files {
			put(t, dir, path, text, 0)
		}
		put(t, dir, "docs/runbooks/a.md", titled("A"), 0)
		b, err := Open(filepath.Join(dir, "docs/runbooks"))
		if err != nil {
			t.Fatal(err)
		}
		if got := b.Runbooks()[0]; got.Commit != tc.want || !got.Changed.Equal(now) {
			t.Errorf("%s: %q, changed %s", name, got.Commit, got.Changed)
		}
		if name == "branch" {
			put(t, dir, ".git/refs/heads/main", two, 0)
			expect(t, b, Changes{}, "a.md A")
			if got := b.Runbooks()[0].Commit; got != two {
				t.Errorf("the commit after it is %s", got)
			}
		}
	}
}
