package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/caarlos0/env/v11"
	"github.com/spf13/cobra"

	"tocsin/incident"
)

func configCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show the settings that hold, and where each came from",
		Long: `Show the settings that hold, and where each came from: the default, the environment, a file named by NAME_FILE, or
the policy file. Secrets are not shown, only whether they are set. Where something is wrong, that is said behind them,
and it exits with 1.`,
		Example: "  tocsin config\n  TOCSIN_DB=/var/lib/tocsin/tocsin.db tocsin config --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, from, wrong := loadFrom(env.ToMap(os.Environ()))
			c := effective(&s, from)
			p, unread := s.readPolicy()
			if unread == nil {
				c.Policy = policyLines(p, s.policyFile())
			}
			if shown := c.print(cmd.OutOrStdout(), asJSON); shown != nil {
				return shown
			}
			return errors.Join(wrong.err(), unread)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "for programs: {settings: [{name, value, from}], policy: [{name, value, from}]}")
	return cmd
}

// configuration is what "tocsin config" shows.
type configuration struct {
	Settings []configLine `json:"settings"`
	Policy   []configLine `json:"policy"`
}

type configLine struct {
	Name  string `json:"name"`
	Value string `json:"value"` // a secret that is set: ***
	From  string `json:"from"`  // default, environment, or file and its name
}

func effective(s *settings, from origins) configuration {
	c := configuration{Policy: []configLine{}}
	for _, one := range s.list() {
		if one.Name == "TOCSIN_POLICY" {
			one.Value = s.policyFile() // which is read where it is there
		}
		if one.Name == "TOCSIN_RUNBOOKS" {
			one.Value = s.runbooksFolder() // the same
		}
		c.Settings = append(c.Settings, configLine{Name: one.Name, Value: one.Value, From: cmp.Or(from[one.Name], "default")})
	}
	return c
}

// policyLines says what the policy came to, in a few words each.
func policyLines(p *incident.Policy, file string) []configLine {
	from := "default"
	if file != "" {
		from = "file " + file + ", and defaults for what it leaves out"
	}
	var severities, services []string
	for _, level := range p.Severities {
		severities = append(severities, string(level.Name))
	}
	for _, service := range p.Services {
		services = append(services, service.Name)
	}
	return []configLine{
		{"severities", strings.Join(severities, ", "), from},
		{"default_severity", string(p.Fallback), from},
		{"services", strings.Join(services, ", "), from},
		{"channel", p.Channel, from},
		{"announce", p.Announce, from},
	}
}

func (c configuration) print(out io.Writer, asJSON bool) error {
	if asJSON {
		return printJSON(out, c)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, line := range c.Settings {
		fmt.Fprintf(w, "%s\t%s\t%s\n", line.Name, cmp.Or(line.Value, "-"), line.From)
	}
	if err := w.Flush(); err != nil || len(c.Policy) == 0 {
		return err
	}
	fmt.Fprintf(out, "\nPolicy (%s):\n", c.Policy[0].From)
	for _, line := range c.Policy {
		fmt.Fprintf(w, "  %s\t%s\n", line.Name, cmp.Or(line.Value, "-"))
	}
	return w.Flush()
}

// printJSON prints for programs: indented, for whoever debugs them.
func printJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}
