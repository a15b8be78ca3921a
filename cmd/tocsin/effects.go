package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/spf13/cobra"

	"tocsin/incident"
	"tocsin/store"
)

func effectsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "effects",
		Short: "List what is still to be done in Slack, and what was given up",
		Long: `List what is still to be done in Slack, and what was given up (buried) after Slack had refused it twelve times.
It reads the database of TOCSIN_DB, beside the Tocsin that runs, if one does. Titles are not shown.`,
		Example: "  tocsin effects\n  tocsin effects retry 42",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd.Context(), store.Options{ReadOnly: true}, func(s *store.Store) error {
				list, err := openEffects(cmd.Context(), s)
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(cmd.OutOrStdout(), map[string]any{"effects": list})
				}
				return printEffects(cmd.OutOrStdout(), list)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "for programs: {effects: [{id, incident, kind, lane, state, private, asked, due, buried, refusals, error}]}")
	cmd.AddCommand(retryCommand())
	return cmd
}

func retryCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "retry <id>",
		Short: "Try one of them again, now",
		Long: `Try one of them again, now: a buried one begins anew, and a waiting one waits no longer. The Tocsin that runs notices
within seconds. It stands on the timeline of the incident, with the name of whoever asked for it on this machine.`,
		Example: "  tocsin effects retry 42",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return fmt.Errorf("%q is no id of an effect: tocsin effects lists them", args[0])
			}
			return withStore(cmd.Context(), store.Options{Beside: true}, func(s *store.Store) error {
				if err := s.Revive(cmd.Context(), id, incident.Stamp{By: whoRuns(), At: time.Now()}); err != nil {
					return err
				}
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "Effect %d is tried again.\n", id)
				return err
			})
		},
	}
}

// withStore opens the database beside the program that runs, if one does.
func withStore(ctx context.Context, o store.Options, use func(*store.Store) error) error {
	s, err := loadHere(env.ToMap(os.Environ()))
	if err != nil {
		return err
	}
	if nowhere(s.DB) {
		return fmt.Errorf("there is no %s: set TOCSIN_DB to the database of the Tocsin that runs", s.DB)
	}
	opened, err := store.Open(ctx, s.DB, o)
	if err != nil {
		return err
	}
	return errors.Join(use(opened), opened.Close())
}

// whoRuns is who acts from the command line, as this machine calls them.
func whoRuns() incident.Person {
	name := "somebody"
	if who, err := user.Current(); err == nil {
		name = cmp.Or(who.Username, name)
	}
	return incident.Person{Handle: "operator:" + name, Name: name + " (operator)"}
}

// openEffect is an effect as it is shown. Its JSON form is for programs and stays as it is.
type openEffect struct {
	ID       int64      `json:"id"`
	Incident string     `json:"incident"` // "INC-7"; "" for what belongs to none
	Kind     string     `json:"kind"`
	Lane     string     `json:"lane"`
	State    string     `json:"state"` // waiting, leased or buried
	Private  bool       `json:"private"`
	Asked    time.Time  `json:"asked"`
	Due      *time.Time `json:"due"`      // null for a buried one
	Buried   *time.Time `json:"buried"`   // null for others
	Refusals int        `json:"refusals"` // of twelve
	Error    string     `json:"error"`    // the last one
}

// pageOfEffects is how many are read at a time.
const pageOfEffects = 500

func openEffects(ctx context.Context, s *store.Store) ([]openEffect, error) {
	list := []openEffect{}
	for after := int64(0); ; {
		page, err := s.OpenEffects(ctx, after, pageOfEffects)
		if err != nil {
			return nil, err
		}
		for _, e := range page {
			list = append(list, shown(e))
			after = e.ID
		}
		if len(page) < pageOfEffects {
			return list, nil
		}
	}
}

func shown(e store.OpenEffect) openEffect {
	one := openEffect{
		ID: e.ID, Kind: e.Kind.Name(), Lane: string(e.Lane), State: string(e.State), Private: e.Private,
		Asked: e.Asked, Refusals: e.Refusals, Error: oneLine(e.Why),
	}
	if e.Incident != 0 {
		one.Incident = e.Incident.String()
	}
	if !e.Buried.IsZero() {
		one.Buried = &e.Buried
	} else if !e.Due.IsZero() {
		one.Due = &e.Due
	}
	return one
}

func printEffects(out io.Writer, list []openEffect) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(out, "Nothing waits, and nothing was given up.")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tINCIDENT\tWHAT\tLANE\tSTATE\tASKED FOR\tREFUSALS\tLAST ERROR")
	buried := int64(0)
	for _, e := range list {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", e.ID, cmp.Or(e.Incident, "-"), e.Kind, e.Lane, e.State,
			e.Asked.UTC().Format(time.DateTime)+" UTC", e.Refusals, cmp.Or(e.Error, "-"))
		if e.Buried != nil {
			buried = e.ID
		}
	}
	if err := w.Flush(); err != nil || buried == 0 {
		return err
	}
	_, err := fmt.Fprintf(out, "\nWhen the reason is mended: tocsin effects retry %d\n", buried)
	return err
}
