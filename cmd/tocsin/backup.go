package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/caarlos0/env/v11"
	"github.com/spf13/cobra"

	"tocsin/store"
)

func backupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup <file>",
		Short: "Copy the SQLite database, also while Tocsin runs, and examine the copy",
		Long: `Copy the SQLite database of TOCSIN_DB into a new file, also while a Tocsin runs on it. The copy is of one moment, only its
owner can read it, and it is examined afterwards: its structure, and each entry of each timeline by its commitments.
A - in the place of the file sends it to standard output, out of a container for example; there must be room for it
beside the database meanwhile. A file that is there already is refused.

To restore: stop Tocsin, put the copy in the place of the database, owned by Tocsin's user and with mode 600, remove what ends
in -wal and -shm beside it, and start. A PostgreSQL database is backed up with pg_dump.`,
		Example: `  tocsin backup /var/backups/tocsin-$(date +%F).db
  docker compose exec -T tocsin /tocsin backup - > tocsin-$(date +%F).db`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := loadHere(env.ToMap(os.Environ()))
			if err != nil {
				return err
			}
			if store.IsPostgres(s.DB) {
				return fmt.Errorf("TOCSIN_DB is a PostgreSQL database: back it up with pg_dump --format=custom --file=%s %s, as its user", args[0], store.Place(s.DB))
			}
			if args[0] != "-" {
				return backUp(cmd.Context(), s.DB, args[0], cmd.OutOrStdout())
			}
			return sendBackup(cmd.Context(), s.DB, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
}

// backUp copies a database, and tells what the copy holds.
func backUp(ctx context.Context, from, to string, out io.Writer) error {
	c, err := store.Backup(ctx, from, to)
	if err != nil {
		return err
	}
	redacted := ""
	if c.Redacted > 0 {
		redacted = fmt.Sprintf("%d of them redacted, ", c.Redacted)
	}
	_, err = fmt.Fprintf(out, "%s is a copy of %s, %s: schema %d, incidents: %d, effects still owed: %d, entries: %d, %swhich all fit their commitments.\n",
		to, from, inBytes(c.Bytes), c.Schema, c.Incidents, c.Owed, c.Entries, redacted)
	return err
}

// sendBackup sends a copy that was examined where there is no name for it.
func sendBackup(ctx context.Context, from string, out, errOut io.Writer) (err error) {
	if at, is := out.(*os.File); is {
		if info, err := at.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return errors.New("this is a terminal, and the copy is no text: tocsin backup - > copy.db")
		}
	}
	folder, err := os.MkdirTemp(filepath.Dir(from), "tocsin-backup-")
	if err != nil {
		return fmt.Errorf("there must be room for the copy beside the database: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	path := filepath.Join(folder, filepath.Base(from))
	if err := backUp(ctx, from, path, io.Discard); err != nil {
		return err
	}
	copied, err := os.Open(path)
	if err != nil {
		return err
	}
	defer copied.Close()
	sent, err := io.Copy(out, copied)
	if err != nil {
		return fmt.Errorf("the copy was not sent to its end: %w", err)
	}
	_, err = fmt.Fprintf(errOut, "A copy of %s was examined, and all of it was sent: %d bytes.\n", from, sent)
	return err
}
