// Command tocsin is an incident response bot for Slack: one binary that rings the bell, keeps the record and lets nobody
// forget. See tocsin help.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := friendly(root()).ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "tocsin:", err)
		os.Exit(1)
	}
}

// root is the tree of commands. Completion, manual pages and the help are made from it.
func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tocsin",
		Short: "Incident response in Slack: declare, lead, record, follow up",
		Long: `Incident response in Slack: declare, lead, record, follow up.

Try it with no account at all: tocsin demo
For a real workspace: tocsin manifest makes the Slack app, tocsin doctor says what is missing, tocsin serve runs it.

Every command exits with 0 when it did what it was asked to, and with 1 when not; it says why on standard error.`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	cmd.AddGroup(&cobra.Group{ID: "run", Title: "Run it:"}, &cobra.Group{ID: "set", Title: "Set it up:"}, &cobra.Group{ID: "look", Title: "Look after it:"})
	grouped(cmd, "run", serveCommand(), demoCommand(), seedCommand())
	grouped(cmd, "set", manifestCommand(), configCommand(), policyCommand(), runbooksCommand(), doctorCommand())
	grouped(cmd, "look", effectsCommand(), healthcheckCommand(), backupCommand(), migrateCommand(), moveCommand())
	cmd.AddCommand(versionCommand(), manualCommand(), settingsTopic())
	return cmd
}

func grouped(to *cobra.Command, group string, commands ...*cobra.Command) {
	for _, cmd := range commands {
		cmd.GroupID = group
		to.AddCommand(cmd)
	}
}

// settingsTopic is a page of the help, and no command.
func settingsTopic() *cobra.Command {
	return &cobra.Command{Use: "settings", Short: "Everything that can be set, and how", Long: settingsHelp()}
}
