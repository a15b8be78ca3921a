package main

import (
	"fmt"
	"io"
	"os"

	"github.com/caarlos0/env/v11"
	"github.com/spf13/cobra"

	"tocsin/store"
)

func migrateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database to the schema of this Tocsin, before it runs",
		Long: `Bring the database of TOCSIN_DB to the schema of this Tocsin. tocsin serve does so too: this is for those who want it
done before, or by somebody else. An SQLite file is copied first, to a file beside it that is named after its old schema;
of a PostgreSQL database, make a backup yourself.`,
		Example: "  TOCSIN_DB=/var/lib/tocsin/tocsin.db tocsin migrate",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := loadHere(env.ToMap(os.Environ()))
			if err != nil {
				return err
			}
			isNew := nowhere(s.DB)
			from, to, err := store.Migrate(cmd.Context(), s.DB, store.Options{})
			if err != nil {
				r, unseen := store.Look(cmd.Context(), s.DB)
				if unseen != nil || !r.InUse || r.Schema != r.Newest {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s has schema %d already, the newest that this Tocsin knows, and a Tocsin runs on it.\n", r.Where, r.Schema)
				return err
			}
			words := fmt.Sprintf("%s: schema %d → %d.\n", store.Place(s.DB), from, to)
			copied := fmt.Sprintf("%s.schema%d", s.DB, from)
			if !store.IsPostgres(s.DB) && from < to && !nowhere(copied) {
				words += "As it was before it stands in " + copied + ", until you remove it.\n"
			}
			switch {
			case isNew:
				words = fmt.Sprintf("%s: made, with schema %d.\n", store.Place(s.DB), to)
			case from == to:
				words = fmt.Sprintf("%s has schema %d already, the newest that this Tocsin knows.\n", store.Place(s.DB), to)
			}
			_, err = io.WriteString(cmd.OutOrStdout(), words)
			return err
		},
	}
}
