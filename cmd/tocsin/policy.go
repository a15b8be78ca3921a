package main

import (
	"cmp"
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

func policyCommand() *cobra.Command {
	check := &cobra.Command{
		Use:     "check [file]",
		Short:   "Read a policy file, and say everything that is wrong with it",
		Long:    "Read a policy file, and say everything that is wrong with it: the one named, or TOCSIN_POLICY, or tocsin.yml.",
		Example: "  tocsin policy check\n  tocsin policy check new.yml && mv new.yml tocsin.yml",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s := settings{Policy: cmp.Or(append(args, os.Getenv("TOCSIN_POLICY"))...)}
			p, err := s.readPolicy()
			if err != nil {
				return err
			}
			about := s.policyFile() + " is good."
			if s.policyFile() == "" {
				about = "There is no " + defaultPolicy + " here, and none is named, so the defaults hold."
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s Severities: %d, services: %d.\n", about, len(p.Severities), len(p.Services))
			return err
		},
	}
	cmd := &cobra.Command{Use: "policy", Short: "Look after tocsin.yml", Args: cobra.NoArgs}
	cmd.AddCommand(check)
	return cmd
}
