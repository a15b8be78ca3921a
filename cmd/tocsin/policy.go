package main

import (
	"cmp"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"tocsin/incident/policy"
)

func policyCommand() *cobra.Command {
	check := &cobra.Command{
		Use:     "check [file]",
		Short:   "Read a policy file, and say everything that is wrong with it",
		Long:    "Read a policy file, and say everything that is wrong with it: the one named, or TOCSIN_POLICY, or tocsin.yml.",
		Example: "  tocsin policy check\n  tocsin policy check new.yml && mv new.yml tocsin.yml",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := cmp.Or(os.Getenv("TOCSIN_POLICY"), defaultPolicy)
			if len(args) > 0 {
				path = args[0]
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			p, err := policy.Read(raw)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is good. Severities: %d, services: %d.\n", path, len(p.Severities), len(p.Services))
			return err
		},
	}
	cmd := &cobra.Command{Use: "policy", Short: "Look after tocsin.yml", Args: cobra.NoArgs}
	cmd.AddCommand(check)
	return cmd
}
