package runbooks

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// book makes one of front matters, by path.
func book(t testing.TB, fronts map[string]string) *Book {
	t.Helper()
	files := fstest.MapFS{}
	for name, front := range fronts {
		files[name+".md"] = &fstest.MapFile{Data: []byte("---\n" + front + "\n---\n- [ ] Do it\n")}
	}
	b, err := Load(files)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Faults()) > 0 {
		t.Fatal(b.Faults())
	}
	return b
}

func paths(found []Match) (all []string) {
	for _, m := range found {
		all = append(all, strings.TrimSuffix(m.Runbook.Path, ".md")+": "+m.Reason)
	}
	return all
}

func TestMatch(t *testing.T) {
	b := book(t, map[string]string{
		"any-disk":   "title: Disk\nalerts: ['disk*full']",
		"shop-disk":  "title: Disk of the shop\nservices: [Checkout]\nalerts: ['disk full on shop-*']",
		"shop":       "title: Shop\nservices: [checkout, cart]",
		"shop-only":  "title: Shop, alone\nservices: [checkout]",
		"shop-cert":  "title: Certificate\nservices: [checkout]\nalerts: [certificate]",
		"search":     "title: Search\nservices: [search]\nalerts: ['disk*full']",
		"db":         "title: Database\ntags: [Database, postgres]",
		"region":     "title: Region\ntags: [database]\nseverity: sev1",
		"escalation": "title: Severe\nservices: [pay]\nseverity: sev2",
	})
	order := []string{"sev1", "sev2", "sev3"}
	for name, tc := range map[string]struct {
		q    Query
		want []string
	}{
		"an alert and its service": {Query{Service: "checkout", Alert: "DISK full on shop-3"}, []string{
			"shop-disk: its alert pattern disk full on shop-* and its service Checkout", "any-disk: its alert pattern disk*full",
			"shop-only: its service checkout", "shop: its service checkout", "shop-cert: its service checkout",
		}},
		"an alert of no service": {Query{Alert: "disk is full"}, []string{"any-disk: its alert pattern disk*full", "search: its alert pattern disk*full"}},
		"a service":              {Query{Service: "CHECKOUT"}, []string{"shop-cert: its service checkout", "shop-disk: its service Checkout", "shop-only: its service checkout", "shop: its service checkout"}},
		"tags":                   {Query{Tags: []string{"POSTGRES", "database"}, Severity: "sev2", Severities: order}, []string{"db: its tag Database and its tag postgres"}},
		"as severe as wanted":    {Query{Tags: []string{"database"}, Severity: "SEV1", Severities: order}, []string{"db: its tag Database", "region: its tag database"}},
		"worse than wanted":      {Query{Service: "pay", Severity: "sev1", Severities: order}, []string{"escalation: its service pay"}},
		"less severe":            {Query{Service: "pay", Severity: "sev3", Severities: order}, nil},
		"nobody knows yet":       {Query{Service: "pay", Severity: "unknown", Severities: order}, []string{"escalation: its service pay"}},
		"nothing":                {Query{}, nil},
		"another service":        {Query{Service: "other", Alert: "nothing"}, nil},
	} {
		if diff := cmp.Diff(tc.want, paths(b.Match(tc.q))); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

func TestFind(t *testing.T) {
	b := book(t, map[string]string{
		"database-failover": "title: PostgreSQL primary is down\nservices: [database]\ntags: [failover]",
		"bad-deploy":        "title: A deploy made it worse\ntags: [rollback, kubernetes]",
		"queue":             "title: A queue grows\nservices: [orders]\ntags: [kafka]",
		"region":            "title: Failover of a region",
	})
	for words, want := range map[string][]string{
		"failover":                          {"region", "database-failover"},
		"falover":                           {"region", "database-failover"},
		"faliover":                          {"region", "database-failover"},
		"FAILOVER data":                     {"database-failover"},
		"roll back":                         {"bad-deploy"},
		"rollb":                             {"bad-deploy"},
		"kube":                              {"bad-deploy"},
		"k8s":                               nil,
		"postgres":                          {"database-failover"},
		"orders queue":                      {"queue"},
		"zzz":                               nil,
		"":                                  nil,
		"\x00":                              nil,
		"deploy\nworse":                     {"bad-deploy"},
		strings.Repeat("failover ", 10_000): {"region", "database-failover"},
	} {
		var got []string
		for _, m := range b.Find(words) {
			got = append(got, strings.TrimSuffix(m.Runbook.Path, ".md"))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%.40q: -want +got\n%s", words, diff)
		}
	}
}

// thousand are a thousand runbooks of a large team: five patterns each, one of them a regular expression.
func thousand(t testing.TB) *Book {
	all := map[string]string{}
	for n := range 1000 {
		all[fmt.Sprintf("team-%d/runbook-%d", n%40, n)] = fmt.Sprintf(
			"title: Runbook %d of service %d\nservices: [service-%d, other-%d]\ntags: [tag-%d, production]\nalerts:\n"+
				"  - 'disk * of service-%d * full'\n  - 'queue orders-%d is too *'\n  - 'HTTP 5?? on service-%d'\n  - '*latency*service-%d'\n  - /service-%d .*(error|failure)s? (rate|ratio) (above|over) \\d+/",
			n, n%200, n%200, n, n%10, n, n, n, n, n)
	}
	return book(t, all)
}

// longAlert is a text as long as those of PagerDuty may be.
var longAlert = "[FIRING:3] service-77 (eu-west-1) error rate over 5 percent: " + strings.Repeat("pod checkout-7d9f latency disk queue HTTP 503 error ", 18)

// TestMatchIsQuick: among a thousand runbooks the right ones are found in less than 5 ms, with the service known or not.
func TestMatchIsQuick(t *testing.T) {
	b := thousand(t)
	for name, q := range map[string]Query{
		"alert": {Alert: longAlert}, "alert and service": {Alert: longAlert, Service: "service-77", Tags: []string{"tag-7"}},
		"tags": {Tags: []string{"production"}},
	} {
		var found []Match
		const times = 20
		took := spent(t, func() {
			for range times {
				found = b.Match(q)
			}
		}) / times
		t.Logf("%-20s %6d µs, %d found", name, took.Microseconds(), len(found))
		if took > 5*time.Millisecond*slower {
			t.Errorf("%s took %s", name, took)
		}
		if name != "tags" && (len(found) == 0 || found[0].Runbook.Title != "Runbook 77 of service 77") {
			t.Errorf("%s: %v", name, paths(found))
		}
	}
	took := spent(t, func() { b.Find("servcie 77") })
	t.Logf("%-20s %6d µs", "words", took.Microseconds())
}

func BenchmarkMatch(b *testing.B) {
	all := thousand(b)
	for b.Loop() {
		all.Match(Query{Alert: longAlert})
	}
}
