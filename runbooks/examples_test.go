package runbooks

import (
	"testing"
	"time"
)

// now is when these tests take place.
var now = time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)

// TestExamples: those that we ship are what we ask of others, each step of them has words, and each that acts has a command.
func TestExamples(t *testing.T) {
	for name, open := range map[string]func() (*Book, error){
		"in the program": func() (*Book, error) { return Load(Examples) },
		"on disk":        func() (*Book, error) { return Open(".") },
	} {
		b, err := open()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range Check(b, Known{Now: now}) {
			t.Errorf("%s: %s", name, f)
		}
		if len(b.Runbooks()) != 5 {
			t.Errorf("%s: there are %d", name, len(b.Runbooks()))
		}
		for _, r := range b.Runbooks() {
			d, commands := r.Document(), 0
			for _, s := range d.Steps {
				if s.Command != "" {
					commands++
				}
			}
			if len(d.Steps) < 8 || commands < 5 {
				t.Errorf("%s: %d steps and %d commands", r.Path, len(d.Steps), commands)
			}
		}
	}
}

// TestExamplesAreFound: each by what its alert would say.
func TestExamplesAreFound(t *testing.T) {
	b, err := Load(Examples)
	if err != nil {
		t.Fatal(err)
	}
	for alert, want := range map[string]string{
		"Postgres primary down (db-1)":                  "database-failover.md",
		"pg-1 is not accepting connections":             "database-failover.md",
		"Error rate of checkout above 5%":               "bad-deploy.md",
		"12% 502 responses on shop":                     "bad-deploy.md",
		"Certificate www.example.com expires in 5 days": "certificate-expiry.md",
		"x509: certificate has expired":                 "certificate-expiry.md",
		"Queue orders is too long":                      "queue-backlog.md",
		"Consumer lag of group orders":                  "queue-backlog.md",
		"GitHub: access key found in shop/checkout":     "credential-leak.md",
		"Leaked credential: AKIA…":                      "credential-leak.md",
		"Nothing that anybody has thought of":           "",
	} {
		got := ""
		if found := b.Match(Query{Alert: alert}); len(found) > 0 {
			got = found[0].Runbook.Path
		}
		if got != want {
			t.Errorf("%s: %q, not %q", alert, got, want)
		}
	}
}
