package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tocsin/incident"
	"tocsin/runbooks"
)

func runbooksCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "runbooks",
		Short: "Look after the runbooks",
		Long: `Look after the runbooks: Markdown in the folder TOCSIN_RUNBOOKS (default: runbooks, if it is there). How to write one
stands in docs/runbooks.md.`,
		Args: cobra.NoArgs,
	}
	cmd.AddCommand(checkRunbooksCommand(), coverageCommand())
	return cmd
}

func checkRunbooksCommand() *cobra.Command {
	var asJSON, strict bool
	cmd := &cobra.Command{
		Use:   "check [folder]",
		Short: "Read all runbooks, and say everything that is wrong with them",
		Long: `Read all runbooks of a folder, and say everything that is wrong with them, one finding a line: path:line: message. Services
and severities are held against the policy, where there is one. It exits with 1 when there is an error; with --strict, when
there is a warning, too.`,
		Example: "  tocsin runbooks check\n  tocsin runbooks check --strict docs/runbooks",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			folder, book, p, err := runbooksNamed(args)
			if err != nil {
				return err
			}
			c := checked{Runbooks: len(book.Runbooks()), Findings: []runbooks.Finding{}}
			for _, f := range runbooks.Check(book, known(p)) {
				f.Path = filepath.ToSlash(filepath.Join(folder, f.Path))
				c.add(f)
			}
			if asJSON {
				err = printJSON(cmd.OutOrStdout(), c)
			} else {
				err = c.print(cmd.OutOrStdout(), folder)
			}
			return cmp.Or(err, c.verdict(strict))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "for programs: {runbooks, errors, warnings, findings: [{path, line, level, message}]}")
	cmd.Flags().BoolVar(&strict, "strict", false, "exit with 1 for warnings, too")
	return cmd
}

// checked is what was found. Its JSON form is for programs and stays as it is.
type checked struct {
	Runbooks int                `json:"runbooks"` // that are good enough to be used
	Errors   int                `json:"errors"`
	Warnings int                `json:"warnings"`
	Findings []runbooks.Finding `json:"findings"`
}

func (c *checked) add(f runbooks.Finding) {
	c.Findings = append(c.Findings, f)
	if f.Level == runbooks.Error {
		c.Errors++
	} else {
		c.Warnings++
	}
}

func (c *checked) print(out io.Writer, folder string) error {
	for _, f := range c.Findings {
		if _, err := fmt.Fprintln(out, f); err != nil {
			return err
		}
	}
	if len(c.Findings) > 0 {
		return nil
	}
	_, err := fmt.Fprintf(out, "The runbooks in %s are good: %d.\n", folder, c.Runbooks)
	return err
}

// verdict says whether a change with this in it may pass.
func (c *checked) verdict(strict bool) error {
	if c.Errors > 0 || strict && c.Warnings > 0 {
		return fmt.Errorf("runbooks: errors: %d, warnings: %d", c.Errors, c.Warnings)
	}
	return nil
}

func coverageCommand() *cobra.Command {
	var asJSON bool
	var days int
	cmd := &cobra.Command{
		Use:   "coverage [folder]",
		Short: "Say which services and alerts have a runbook, an owner, a dashboard and a test",
		Long: `Say which services and alerts have a runbook, an owner, a dashboard and a test within so many days. The services are those
of the policy, and those that runbooks name; the alerts are the patterns that runbooks name.`,
		Example: "  tocsin runbooks coverage --days 30",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if days < 1 || days > 10_000 {
				return fmt.Errorf("--days must be between 1 and 10000, and is %d", days)
			}
			_, book, p, err := runbooksNamed(args)
			if err != nil {
				return err
			}
			services := known(p).Services
			for _, named := range book.Services() {
				if !containsFold(services, named) {
					services = append(services, named)
				}
			}
			c := coverage{Days: days, Rows: runbooks.Cover(book, runbooks.Scope{
				Services: services, Alerts: book.Patterns(), Within: time.Duration(days) * 24 * time.Hour, Now: time.Now(),
			})}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), c)
			}
			return c.print(cmd.OutOrStdout())
		},
	}
	cmd.Flags().IntVar(&days, "days", 90, "how long ago a runbook may have been tested")
	cmd.Flags().BoolVar(&asJSON, "json", false, "for programs: {days, rows: [{kind, name, runbooks, owners, dashboard, tested, fresh}]}")
	return cmd
}

// coverage is what there is for what. Its JSON form is for programs and stays as it is.
type coverage struct {
	Days int            `json:"days"`
	Rows []runbooks.Row `json:"rows"`
}

func (c coverage) print(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "FOR\tNAME\tRUNBOOKS\tOWNER\tDASHBOARD\tTESTED")
	count := map[string][2]int{} // by kind: how many are good, of how many
	for _, r := range c.Rows {
		dashboard, tested := "no", cmp.Or(r.Tested, "never")
		if r.Dashboard {
			dashboard = "yes"
		}
		if r.Tested != "" && !r.Fresh {
			tested += " (too long ago)"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Kind, r.Name, cmp.Or(names(r.Runbooks), "none"), cmp.Or(strings.Join(r.Owners, ", "), "nobody"), dashboard, tested)
		n := count[r.Kind]
		n[1]++
		if r.Good() {
			n[0]++
		}
		count[r.Kind] = n
	}
	services, alerts := count[runbooks.KindService], count[runbooks.KindAlert]
	fmt.Fprintf(table, "\nWith all of it, tested within %d days: %d of %d services, %d of %d alerts.\n", c.Days, services[0], services[1], alerts[0], alerts[1])
	return table.Flush()
}

// names are the paths of runbooks as far as they fit into a table.
func names(paths []string) string {
	const most = 3
	more := ""
	if len(paths) > most {
		more = fmt.Sprintf(" and %d more", len(paths)-most)
		paths = paths[:most]
	}
	short := make([]string, len(paths))
	for n, p := range paths {
		short[n] = strings.TrimSuffix(path.Clean(p), ".md")
	}
	return strings.Join(short, ", ") + more
}

func containsFold(list []string, name string) bool {
	for _, one := range list {
		if strings.EqualFold(one, name) {
			return true
		}
	}
	return false
}

// known is what the policy says that there is, as far as it says anything.
func known(p *incident.Policy) runbooks.Known {
	k := runbooks.Known{Now: time.Now()}
	for _, service := range p.Services {
		k.Services = append(k.Services, service.Name)
	}
	for _, level := range p.Severities {
		k.Severities = append(k.Severities, string(level.Name))
	}
	return k
}

// runbooksNamed reads the runbooks of a folder that is named, or else those that are used here, and the policy.
func runbooksNamed(args []string) (string, *runbooks.Book, *incident.Policy, error) {
	s := settings{Policy: os.Getenv("TOCSIN_POLICY"), Runbooks: cmp.Or(append(args, os.Getenv("TOCSIN_RUNBOOKS"))...)}
	folder := s.runbooksFolder()
	if folder == "" {
		return "", nil, nil, errors.New("there is no folder of runbooks here: name one, or set TOCSIN_RUNBOOKS")
	}
	p, err := s.readPolicy()
	if err != nil {
		return "", nil, nil, err
	}
	book, err := runbooks.Open(folder)
	return folder, book, p, err
}

// defaultRunbooks is read where it exists and nothing else is named.
const defaultRunbooks = "runbooks"

// runbooksFolder is where the runbooks are; "" where no folder is named and none is there.
func (s *settings) runbooksFolder() string {
	if s.Runbooks != "" {
		return s.Runbooks
	}
	if info, err := os.Stat(defaultRunbooks); err != nil || !info.IsDir() {
		return ""
	}
	return defaultRunbooks
}
