package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"tocsin/bot"
	"tocsin/incident/outbox"
)

var metricName = regexp.MustCompile(`\btocsin_\w+`)

// TestMetricsAreDocumented compares the table in docs/operations.md with what there is.
func TestMetricsAreDocumented(t *testing.T) {
	h := newHouse(t, overHTTP, func(o *options) { o.settings.OpsAddr, o.pulse = "127.0.0.1:0", time.Hour }) // its probes look once
	h.ready("ready")
	h.program.ops.state.Store(&state{circuits: []outbox.Circuit{{Destination: "slack"}}, socket: &bot.Status{Open: 2}})
	families, err := h.program.metrics.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, family := range families {
		if !strings.HasPrefix(family.GetName(), "tocsin_") {
			continue
		}
		var labels []string
		for _, l := range family.GetMetric()[0].GetLabel() {
			labels = append(labels, "`"+l.GetName()+"`")
		}
		fmt.Fprintf(&want, "| `%s` | %s | %s | %s |\n", family.GetName(), strings.ToLower(family.GetType().String()), strings.Join(labels, ", "), family.GetHelp())
	}
	raw, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), "|---|---|---|---|\n")
	got, advice, _ := strings.Cut(rest, "\n\n")
	if got+"\n" != want.String() {
		t.Errorf("docs/operations.md does not list what there is; the table should be:\n%s", want.String())
	}
	for _, word := range metricName.FindAllString(advice, -1) {
		if !strings.Contains(want.String(), "`"+strings.TrimSuffix(word, "_bucket")+"`") {
			t.Errorf("docs/operations.md gives advice on %s, which does not exist", word)
		}
	}
}

// TestEachMetricSaysWhatItCounts: the counts of requests, by hand.
func TestEachMetricSaysWhatItCounts(t *testing.T) {
	m := newMetrics()
	m.Answered("command", 30*time.Millisecond, true)
	m.Answered("event", 10*time.Millisecond, true)
	m.Answered("command", 4*time.Second, false)
	m.Refused("signature")
	got := map[string]float64{}
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			got[family.GetName()] += metric.GetCounter().GetValue() + metric.GetHistogram().GetSampleSum()
		}
	}
	for name, want := range map[string]float64{"tocsin_answer_seconds": 4.04, "tocsin_answers_failed_total": 1, "tocsin_requests_refused_total": 1} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
}
