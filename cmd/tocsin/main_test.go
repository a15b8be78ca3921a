package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestEveryCommandHelps goes through the tree: whoever is tired finds what a command does, and one line to copy.
func TestEveryCommandHelps(t *testing.T) {
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		for _, child := range cmd.Commands() {
			visit(child)
		}
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: its line in the list of commands: %q", cmd.CommandPath(), cmd.Short)
		}
		if cmd.Runnable() && !strings.Contains(cmd.Example, " "+cmd.CommandPath()) {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
		for line := range strings.Lines(cmd.Long) {
			if len([]rune(line)) > 140 {
				t.Errorf("%s: a line of its help is %d wide: %s", cmd.CommandPath(), len([]rune(line)), line)
			}
		}
	}
	visit(root())
}
