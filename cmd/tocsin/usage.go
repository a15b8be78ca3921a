package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// friendly has a tree of commands refuse what it does not understand in our words, with the next thing to type, and never
// with 0: the library's own are those of a programmer.
func friendly(tree *cobra.Command) *cobra.Command {
	tree.InitDefaultCompletionCmd()
	tree.SetHelpCommand(helpCommand())
	tree.InitDefaultHelpCmd()
	tree.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w: %s --help lists what there is", err, cmd.CommandPath())
	})
	befriend(tree)
	return tree
}

func befriend(cmd *cobra.Command) {
	for _, child := range cmd.Commands() {
		befriend(child)
	}
	if wanted := cmd.Args; wanted != nil && cmd.Runnable() {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if wanted(cmd, args) == nil {
				return nil
			}
			return fmt.Errorf("it is typed like this: %s; %s --help says more", strings.TrimSuffix(cmd.UseLine(), " [flags]"), cmd.CommandPath())
		}
		return
	}
	if cmd.HasSubCommands() && !cmd.Runnable() {
		cmd.Args, cmd.DisableFlagsInUseLine = cobra.ArbitraryArgs, true
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknown(cmd, args[0])
		}
	}
}

// unknown refuses a command that is none, and names the nearest.
func unknown(parent *cobra.Command, typed string) error {
	parent.SuggestionsMinimumDistance = 2
	all := parent.CommandPath() + " --help lists all of them"
	if near := parent.SuggestionsFor(typed); len(near) > 0 {
		return fmt.Errorf("unknown command %q: did you mean %s %s? %s", typed, parent.CommandPath(), near[0], all)
	}
	return fmt.Errorf("unknown command %q: %s", typed, all)
}

// helpCommand tells about a command, or a topic of the help.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "help [command]",
		Short:   "Help about any command",
		Example: "  tocsin help serve\n  tocsin help settings",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, left, err := cmd.Root().Find(args)
			if err != nil || len(left) > 0 {
				return unknown(cmd.Root(), args[len(args)-max(len(left), 1)])
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}
