package main

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"text/tabwriter"

	"github.com/mattn/go-sqlite3"
	"github.com/spf13/cobra"
)

// version is set at build time: -ldflags "-X main.version=v1.2.3".
var version string

func versionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Say which Tocsin this is, and what it was built with",
		Example: "  tocsin version\n  tocsin version --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			info, _ := debug.ReadBuildInfo()
			b := readBuild(info)
			if asJSON {
				return printJSON(cmd.OutOrStdout(), b)
			}
			return b.print(cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "for programs: {version, commit, time, modified, go, sqlite, tags, platform}")
	return cmd
}

// build is what a binary knows about itself.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"`
	Time     string `json:"time"`     // of the commit
	Modified bool   `json:"modified"` // built from files that were not committed
	Go       string `json:"go"`
	SQLite   string `json:"sqlite"`
	Tags     string `json:"tags"`
	Platform string `json:"platform"`
}

// readBuild reads what the Go tool has written into the binary; info may be nil, in a binary that was built without modules.
func readBuild(info *debug.BuildInfo) build {
	sqlite, _, _ := sqlite3.Version()
	b := build{Version: version, Go: runtime.Version(), SQLite: sqlite, Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info == nil {
		info = &debug.BuildInfo{}
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.Time = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		case "-tags":
			b.Tags = s.Value
		}
	}
	b.Version = cmp.Or(b.Version, info.Main.Version, "(devel)")
	return b
}

func (b build) print(out io.Writer) error {
	commit := cmp.Or(b.Commit, "unknown")
	if b.Time != "" {
		commit += " of " + b.Time
	}
	if b.Modified {
		commit += ", with changes that were not committed"
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "tocsin\t%s\ncommit\t%s\nGo\t%s\nSQLite\t%s\ntags\t%s\nplatform\t%s\n",
		b.Version, commit, b.Go, b.SQLite, cmp.Or(b.Tags, "-"), b.Platform)
	return w.Flush()
}
