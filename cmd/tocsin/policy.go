package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"tocsin"
	"tocsin/incident"
)

func policyCommand() *cobra.Command {
	check := &cobra.Command{
		Use:     "check [file]",
		Short:   "Read a policy file, and say everything that is wrong with it",
		Long:    "Read a policy file, and say everything that is wrong with it: the one named, or TOCSIN_POLICY, or tocsin.yml.",
		Example: "  tocsin policy check\n  tocsin policy check new.yml && mv new.yml tocsin.yml",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, p, err := policyNamed(args)
			if err != nil {
				return err
			}
			about := s.policyFile() + " is good."
			if s.policyFile() == "" {
				about = "There is no " + defaultPolicy + " here, and none is named, so the defaults hold."
			}
			hours := ""
			if p.Hours != nil {
				hours = " Hours: " + p.Hours.String() + "."
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s Severities: %d, services: %d.%s\n", about, len(p.Severities), len(p.Services), hours)
			return err
		},
	}
	permissions := &cobra.Command{
		Use:     "permissions [file]",
		Short:   "Print who may do what, as the policy has it",
		Example: "  tocsin policy permissions",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, p, err := policyNamed(args)
			if err != nil {
				return err
			}
			return printPermissions(cmd.OutOrStdout(), p)
		},
	}
	example := &cobra.Command{
		Use:     "example",
		Short:   "Print a policy with every key in it, and what each is for",
		Example: "  tocsin policy example > tocsin.yml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := io.WriteString(cmd.OutOrStdout(), examplePolicy())
			return err
		},
	}
	cmd := &cobra.Command{Use: "policy", Short: "Look after tocsin.yml", Args: cobra.NoArgs}
	cmd.AddCommand(check, permissions, example)
	return cmd
}

// examplePolicy is the example of the documentation.
func examplePolicy() string {
	_, rest, _ := strings.Cut(tocsin.PolicyPage, "```yaml\n")
	example, _, _ := strings.Cut(rest, "```")
	return "# Every key there is, and made-up ids: keep what differs from the defaults, and take out the rest.\n\n" + example
}

// policyNamed reads the policy of a file that is named, or else the one that holds here.
func policyNamed(args []string) (settings, *incident.Policy, error) {
	s := settings{Policy: cmp.Or(append(args, os.Getenv("TOCSIN_POLICY"))...)}
	p, err := s.readPolicy()
	return s, p, err
}

// printPermissions prints who may do what, and where that is not the default.
func printPermissions(out io.Writer, p *incident.Policy) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "VERB\tWHO MAY\tBY")
	for _, verb := range p.Verbs() {
		by := "default"
		if _, said := p.Permissions[verb]; said {
			by = "policy"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", verb, p.Permit(verb).Grant, by)
	}
	return table.Flush()
}
