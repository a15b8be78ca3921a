package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func manualCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man <folder>",
		Short: "Write the manual pages into a folder",
		Long: `Write the manual pages into a folder, one for each command; the folder is made where it is missing.
They are made from the same words as the help.`,
		Example: "  tocsin man /usr/local/share/man/man1 && man tocsin-serve",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil { //nolint:gosec // G301: everybody may read the manual
				return err
			}
			header := &doc.GenManHeader{Title: "TOCSIN", Section: "1", Source: "Tocsin", Manual: "Tocsin"}
			cmd.Root().DisableAutoGenTag = true
			if info, _ := debug.ReadBuildInfo(); info != nil { // the same pages from the same commit, on every day
				if made, err := time.Parse(time.RFC3339, readBuild(info).Time); err == nil {
					header.Date = &made
				}
			}
			if err := doc.GenManTree(cmd.Root(), header, args[0]); err != nil {
				return err
			}
			pages, err := filepath.Glob(filepath.Join(args[0], "tocsin*.1"))
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d manual pages are in %s: man %s\n", len(pages), args[0], filepath.Join(args[0], "tocsin.1"))
			return err
		},
	}
}
