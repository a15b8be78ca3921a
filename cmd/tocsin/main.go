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
	err := root().ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "tocsin:", err)
		os.Exit(1)
	}
}

// root is the tree of commands.
func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:           "tocsin",
		Short:         "Incident response in Slack: declare, lead, record, follow up",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	cmd.AddCommand(serveCommand(), demoCommand(), policyCommand(), seedCommand())
	return cmd
}
