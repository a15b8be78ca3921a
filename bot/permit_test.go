package bot

import (
	"testing"

	"tocsin/incident"
)

// TestEveryVerbIsPermittedToSomebody compares the table of verbs with the table of who may do what.
func TestEveryVerbIsPermittedToSomebody(t *testing.T) {
	about := map[string]bool{}
	for _, permit := range incident.Permits {
		about[permit.Verb] = permit.About
	}
	for _, v := range commands {
		said, known := about[v.name]
		if !known || said != v.room {
			t.Errorf("package incident should say who may %s, and that it is about one incident: %t", v.name, v.room)
		}
		delete(about, v.name)
	}
	for verb := range about {
		t.Errorf("package incident says who may %s, which nobody can type", verb)
	}
}
