package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/caarlos0/env/v11"
	"github.com/spf13/cobra"

	"tocsin/store"
)

// move takes everything from an SQLite file to PostgreSQL.
type move struct {
	to, toFile  string
	out, errOut io.Writer
}

func moveCommand() *cobra.Command {
	var m move
	cmd := &cobra.Command{
		Use:   "move",
		Short: "Move everything from an SQLite file into a PostgreSQL database",
		Long: `Move everything from the SQLite file of TOCSIN_DB into an empty PostgreSQL database: all of it or nothing. It is
compared afterwards, table by table, and each entry of each timeline by its commitments. The file stays as it is,
and a mark beside it (tocsin.db.moved) keeps a Tocsin from starting on it again.

Stop Tocsin first. So that no password stands in the list of processes, put the address into a file that only you can read,
and name it with --to-file; or leave the password out of the address, and put it into PGPASSWORD or ~/.pgpass.`,
		Example: "  tocsin move --to-file address\n  PGPASSWORD=… tocsin move --to postgres://tocsin@db.example.com/tocsin",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m.out, m.errOut = cmd.OutOrStdout(), cmd.ErrOrStderr()
			return m.run(cmd.Context(), env.ToMap(os.Environ()))
		},
	}
	cmd.Flags().StringVar(&m.to, "to", "", "the address of the PostgreSQL database: postgres://user@host/name")
	cmd.Flags().StringVar(&m.toFile, "to-file", "", "a file with that address in it")
	return cmd
}

func (m *move) run(ctx context.Context, environment map[string]string) error {
	s, err := loadHere(environment)
	if err != nil {
		return err
	}
	to, err := m.target()
	if err != nil {
		return err
	}
	if nowhere(s.DB) {
		return fmt.Errorf("there is no %s: set TOCSIN_DB to the SQLite file that is to be moved", s.DB)
	}
	if store.IsPostgres(s.DB) {
		return errors.New("TOCSIN_DB is a PostgreSQL database already: set it to the SQLite file that is to be moved")
	}
	if !store.IsPostgres(to) {
		return errors.New("the address to move to must begin with postgres://, for example postgres://tocsin@db.example.com/tocsin")
	}
	moved, err := store.Move(ctx, s.DB, to, func(table string, rows int64) {
		if rows >= worthTelling { // of the others the table at the end tells
			fmt.Fprintf(m.errOut, "copied %d of %s\n", rows, table)
		}
	})
	if err != nil {
		return err
	}
	return m.tell(s.DB, to, moved)
}

// worthTelling is how many rows take so long to copy that somebody may wonder.
const worthTelling = 20_000

// target is the address to move to.
func (m *move) target() (string, error) {
	switch {
	case m.to == "" && m.toFile == "":
		return "", errors.New("say where to: --to-file with a file that holds the address of the PostgreSQL database, or --to with the address")
	case m.to != "" && m.toFile != "":
		return "", errors.New("--to and --to-file say the same thing twice: leave one of them out")
	case m.toFile == "":
		return m.to, nil
	}
	to, bad := readSecretFile(m.toFile)
	if bad != (flaw{}) {
		return "", fmt.Errorf("--to-file: %s", bad.text)
	}
	return to, nil
}

func (m *move) tell(from, to string, moved store.Moved) error {
	w := tabwriter.NewWriter(m.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, table := range slices.Sorted(maps.Keys(moved.Rows)) {
		fmt.Fprintf(w, "  %s\t%d\t\n", table, moved.Rows[table])
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(m.out, `Moved %s to %s, and compared: every table has as many rows, and all %d entries fit their commitments.
Now %s, and start Tocsin. Keep %s as a backup, and never start
a Tocsin on it again, for Slack would hear from both: %s.moved beside it keeps you from that.
`, from, store.Place(to), moved.Entries, m.next(), from, from)
	return err
}

// next is how Tocsin gets the address, with the user and the password that are not shown.
func (m *move) next() string {
	if m.toFile != "" {
		return fmt.Sprintf("take TOCSIN_DB away, and set TOCSIN_DB_FILE to %s", m.toFile)
	}
	return "set TOCSIN_DB to the address that you gave with --to"
}
