package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/slack-go/slack"
	"github.com/spf13/cobra"

	"tocsin/bot"
	"tocsin/incident"
)

func doctorCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what is missing or wrong, and how to mend it",
		Long:  doctorHelp(),
		Example: `  tocsin doctor
  tocsin doctor --json | jq '.checks[] | select(.verdict == "fault")'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d := newDoctor(env.ToMap(os.Environ()), time.Now)
			if asJSON {
				r := d.examine(cmd.Context(), func(finding) {})
				return errors.Join(printJSON(cmd.OutOrStdout(), r), r.err())
			}
			return d.examine(cmd.Context(), func(f finding) { f.print(cmd.OutOrStdout()) }).err()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "for programs: {verdict, checks: [{name, verdict, finding, mend}]}")
	return cmd
}

// doctorHelp lists the checks, from the one table of them.
func doctorHelp() string {
	var b strings.Builder
	b.WriteString(`Look at the settings, the database, Slack, and the Tocsin that runs, and say what is wrong and how to mend it. Nothing is
changed, nobody is told anything, and no secret is shown. It takes less than ten seconds, also without a network.

It looks at:
`)
	for _, c := range checkups {
		fmt.Fprintf(&b, "  %-14s%s\n", c.name, c.about)
	}
	b.WriteString(`
Each finding is ok, warn, fault or off (not asked for, or not to be found out). It exits with 0 where there is no fault, also
with warnings, and else with 1.`)
	return b.String()
}

// grade is how well one thing is.
type grade string

const (
	gradeFine  grade = "ok"
	gradeWarn  grade = "warn"
	gradeFault grade = "fault"
	gradeOff   grade = "off" // not wanted, or not to be found out while something else is broken
)

// finding is what one look at one thing came to. Its JSON form is for programs and stays as it is.
type finding struct {
	Name    string `json:"name"`
	Verdict grade  `json:"verdict"`
	Finding string `json:"finding"`
	Mend    string `json:"mend"` // "" where there is nothing to do
}

func (f finding) print(out io.Writer) {
	fmt.Fprintf(out, "%-6s%-14s%s\n", f.Verdict, f.Name, f.Finding)
	if f.Mend != "" {
		fmt.Fprintf(out, "%20s→ %s\n", "", f.Mend)
	}
}

func isFine(format string, args ...any) []finding {
	return []finding{{Verdict: gradeFine, Finding: fmt.Sprintf(format, args...)}}
}

func isOff(format string, args ...any) []finding {
	return []finding{{Verdict: gradeOff, Finding: fmt.Sprintf(format, args...)}}
}

func isDoubtful(mend, format string, args ...any) []finding {
	return []finding{{Verdict: gradeWarn, Finding: fmt.Sprintf(format, args...), Mend: mend}}
}

func isBroken(mend, format string, args ...any) []finding {
	return []finding{{Verdict: gradeFault, Finding: fmt.Sprintf(format, args...), Mend: mend}}
}

// diagnosis is all that the doctor found.
type diagnosis struct {
	Verdict grade     `json:"verdict"` // the worst one
	Checks  []finding `json:"checks"`
}

func (r diagnosis) err() error {
	count := 0
	for _, f := range r.Checks {
		if f.Verdict == gradeFault {
			count++
		}
	}
	if count == 0 {
		return nil
	}
	return fmt.Errorf("faults found: %d", count)
}

// checkup is one thing to look at. Its findings get its name.
type checkup struct {
	name, about string
	look        func(*doctor, context.Context) []finding
}

// Bounds, so that the doctor has an answer in less than ten seconds whatever hangs.
const (
	examination = 9 * time.Second
	oneCall     = 3 * time.Second
)

// doctor looks at one installation. What several checks need is found out once.
type doctor struct {
	settings settings
	from     origins
	wrong    *faults
	policy   *incident.Policy
	unread   error // why there is no policy
	now      func() time.Time
	slack    *slack.Client
	greet    func() greeting
	alive    func() running
}

func newDoctor(environment map[string]string, now func() time.Time) *doctor {
	d := &doctor{now: now}
	d.settings, d.from, d.wrong = loadFrom(environment)
	d.policy, d.unread = d.settings.readPolicy()
	d.slack = slack.New(string(d.settings.BotToken),
		slack.OptionAPIURL(d.settings.SlackURL),
		slack.OptionAppLevelToken(string(d.settings.AppToken)),
		slack.OptionHTTPClient(bot.NewClient(oneCall, now)))
	return d
}

// examine looks at everything side by side, and shows each finding in the order of the table as soon as it is there.
func (d *doctor) examine(ctx context.Context, show func(finding)) diagnosis {
	ctx, cancel := context.WithTimeout(ctx, examination)
	defer cancel()
	d.greet = sync.OnceValue(func() greeting { return d.askWho(ctx) })
	d.alive = sync.OnceValue(func() running { return d.askRunning(ctx) })
	results := make([]chan []finding, len(checkups))
	for n, c := range checkups {
		results[n] = make(chan []finding, 1)
		go func() { results[n] <- c.look(d, ctx) }()
	}
	r := diagnosis{Verdict: gradeFine}
	for n, c := range checkups {
		var found []finding
		select {
		case found = <-results[n]:
		case <-ctx.Done():
			found = isBroken("see what it waits for, and ask again", "no answer within %s", examination)
		}
		for _, f := range found {
			f.Name = c.name
			show(f)
			r.Checks = append(r.Checks, f)
			r.Verdict = worse(r.Verdict, f.Verdict)
		}
	}
	return r
}

// worse is the worse one of two verdicts. What is off is no worse than fine.
func worse(a, b grade) grade {
	switch {
	case a == gradeFault || b == gradeFault:
		return gradeFault
	case a == gradeWarn || b == gradeWarn:
		return gradeWarn
	}
	return gradeFine
}
