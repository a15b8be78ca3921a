package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"time"

	"github.com/spf13/cobra"

	"tocsin/incident"
	"tocsin/store"
)

// past is a made-up past: so many incidents with so many entries, in the time before an instant.
type past struct {
	incidents, entries int
	seed               uint64
	until              time.Time
	dice               *rand.Rand
	policy             *incident.Policy
	told               int // requests so far
}

func seedCommand() *cobra.Command {
	p := &past{}
	var path, until string
	cmd := &cobra.Command{
		Use:   "seed",
		Short: "Fill a new database with made-up incidents, to measure and to try",
		Long: "Fill a new database with made-up incidents, to measure and to try.\n\n" +
			"A database that exists is refused. The same numbers, seed and day make the same rows, salts included, so\n" +
			"nothing in them is secret. Their rooms are made up too: Slack knows none of them.",
		Example: "  tocsin seed --db try.db\n  tocsin seed --db large.db --incidents 100000 --entries 5000000",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if p.until, err = time.Parse(time.DateOnly, until); err != nil {
				return fmt.Errorf("--until: %q is no day, for example 2026-01-31", until)
			}
			if path == "" {
				return errors.New("name the file to make with --db, for example --db try.db")
			}
			if err := p.fill(cmd, path); err != nil {
				return err
			}
			words := fmt.Sprintf("%s holds %d incidents with %d entries, all made up (--seed %d --until %s).\n", path, p.incidents, p.entries, p.seed, until)
			if set := os.Getenv("TOCSIN_DB"); store.IsPostgres(set) {
				words += fmt.Sprintf("TOCSIN_DB is %s: tocsin serve uses that, and not %s.\n", store.Place(set), path)
			}
			_, err = io.WriteString(cmd.OutOrStdout(), words)
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&path, "db", "", "the file to make")
	flags.IntVar(&p.incidents, "incidents", 1000, "how many incidents")
	flags.IntVar(&p.entries, "entries", 50_000, "how many entries on all their timelines")
	flags.Uint64Var(&p.seed, "seed", 1, "another number makes up another past")
	flags.StringVar(&until, "until", time.Now().UTC().Format(time.DateOnly), "the day on which the past ends, at midnight UTC")
	return cmd
}

func (p *past) fill(cmd *cobra.Command, path string) error {
	if bad := noDatabase(path); bad != (flaw{}) {
		return fmt.Errorf("--db: %s", bad.text)
	}
	if store.IsPostgres(path) {
		return errors.New("seed makes a file: name one with --db, and bring it into PostgreSQL with tocsin move")
	}
	if p.incidents < 1 || p.entries < shortest*p.incidents {
		return fmt.Errorf("there must be at least one incident, and %d entries for each", shortest)
	}
	p.dice = rand.New(rand.NewPCG(p.seed, 1))
	p.policy = incident.Defaults()
	p.policy.ArchiveAfter = 0 // what was closed long ago is left in peace
	salt := [32]byte{}
	for n := range salt {
		salt[n] = byte(p.dice.Uint32())
	}
	return store.Seed{Incidents: p.tell(), People: p.people(), Answer: answered, Random: rand.NewChaCha8(salt)}.Fill(cmd.Context(), path)
}

// answered is the answer to the request behind an event, in the form in which the bot keeps it.
func answered(e incident.Event) []byte {
	answer, _ := json.Marshal(map[string]string{"text": e.String() + "."}) // a string always marshals
	return answer
}

const (
	shortest  = 3                // declared, resolved, closed
	stillOpen = 200              // of the last incidents at most, and a fifth of all
	apart     = 15 * time.Minute // from one declaration to the next
	staff     = 300              // people
)

// tell makes up one incident after the other. One in a hundred is ten times as long as the others.
func (p *past) tell() iter.Seq2[*incident.Incident, error] {
	weight := func(n int) int { return n + 9*((n+99)/100) } // of the first n incidents
	spare := p.entries - shortest*p.incidents
	share := func(n int) int { return int(int64(spare) * int64(weight(n)) / int64(weight(p.incidents))) }
	return func(yield func(*incident.Incident, error) bool) {
		for n := range p.incidents {
			s := &story{past: p, at: p.until.Add(-apart * time.Duration(p.incidents-n)), left: shortest + share(n+1) - share(n)}
			s.pause = apart / time.Duration(s.left+1)
			s.open = n >= p.incidents-min(stillOpen, p.incidents/5)
			if i, err := s.tell(incident.ID(n + 1)); !yield(i, err) || err != nil {
				return
			}
		}
	}
}

// story is one incident while it is made up.
type story struct {
	*past
	i     *incident.Incident
	at    time.Time
	pause time.Duration // from one entry to the next
	left  int           // entries to come
	open  bool          // to the end
}

func (s *story) tell(id incident.ID) (*incident.Incident, error) {
	level := s.policy.Severities[[]int{0, 1, 1, 2, 2, 2, 2, 3, 3}[s.dice.IntN(9)]]
	i, err := incident.Declare(incident.Declaration{
		Title: pick(s, parts) + " " + pick(s, troubles), Severity: level, Service: pick(s, services),
		Private: s.dice.IntN(20) == 0, Trusted: true, Policy: s.policy,
	}, s.stamp())
	if err != nil {
		return i, err
	}
	s.i, i.ID = i, id
	s.openRoom()
	for n := 0; s.left > 0; n++ {
		if err := s.step(n); err != nil {
			return i, fmt.Errorf("%s, with %d entries to come: %w", id, s.left, err)
		}
	}
	return i, nil
}

// stamp is the next request: somebody asks for something, a little later than the last.
func (s *story) stamp() incident.Stamp {
	s.left--
	s.told++
	s.at = s.at.Add(s.pause).Truncate(time.Millisecond)
	return incident.Stamp{By: person(s.dice.IntN(staff)), At: s.at, Request: fmt.Sprintf("command:made-up.%09d", s.told)}
}

// openRoom keeps what delivering would have taught.
func (s *story) openRoom() {
	s.i.Room = incident.RoomName(s.policy.Channel, s.i.ID, s.i.Title)
	ts := func(n int) string { return fmt.Sprintf("%d.%06d", s.at.Unix()+1, n) }
	s.i.Refs[incident.RefRoom] = fmt.Sprintf("C0MADEUP%d", s.i.ID)
	s.i.Refs[incident.RefRoomName] = s.i.Room
	s.i.Refs["slack.card"] = ts(100)
	s.i.Refs["slack.invited"] = s.i.Declarer.Handle
	if !s.i.Private {
		s.i.Refs["slack.announcement"], s.i.Refs["slack.announcement.channel"] = ts(200), "C0MADEUP"
		s.i.Refs[incident.RefOrigin] = "C0MADEUP"
	}
}

// step is the nth thing that happens after the declaration: somebody takes command, the severity is thought over, most
// is notes, and it comes to an end if it does.
func (s *story) step(n int) error {
	left, i := s.left, s.i
	if !s.open {
		left -= 2 // resolve and close
	}
	switch {
	case left == 0:
		return i.Resolve(s.stamp())
	case left < 0:
		return i.Close(s.policy, s.stamp())
	case left == 1 && n > 3 && !s.open:
		return i.Mitigate(s.stamp())
	case n == 0:
		return i.Assign(incident.Commander, person(s.dice.IntN(staff)), s.stamp())
	case n == 3:
		return i.SetStatus(incident.Identified, s.stamp())
	case n == 5:
		return i.SetSeverity(s.policy.Severities[(i.Rank+1)%len(s.policy.Severities)], s.stamp())
	case n == 7:
		return i.Assign(incident.Scribe, person(s.dice.IntN(staff)), s.stamp())
	case n == 6:
		return s.giveTask()
	case n == 8 && s.dice.IntN(3) > 0: // the others are forgotten
		return i.FinishTask(1, s.stamp())
	case n == 9:
		return i.SetStatus(incident.Monitoring, s.stamp())
	case n%20 == 12:
		return i.Update(pick(s, updates), s.policy.Level(i.Severity), s.stamp())
	}
	return i.Note(pick(s, findings)+" "+pick(s, parts)+": "+pick(s, remarks), time.Time{}, s.stamp())
}

// giveTask has something done by somebody, which has a message in the room from then on. It has no time: nobody is to be asked
// for it today.
func (s *story) giveTask() error {
	owner := incident.Person{}
	if s.dice.IntN(4) > 0 {
		owner = person(s.dice.IntN(staff))
	}
	task, err := s.i.GiveTask(pick(s, chores)+" "+pick(s, parts), owner, time.Time{}, s.stamp())
	s.i.Refs[fmt.Sprintf("slack.task.%d", task.Number)] = fmt.Sprintf("%d.%06d", s.at.Unix(), 300)
	return err
}

func pick(s *story, from []string) string { return from[s.dice.IntN(len(from))] }

func person(n int) incident.Person {
	return incident.Person{Handle: fmt.Sprintf("U0MADEUP%03d", n), Name: firstNames[n%len(firstNames)] + " " + lastNames[n/len(firstNames)%len(lastNames)]}
}

// people are all who take part.
func (p *past) people() []incident.Profile {
	all := make([]incident.Profile, staff)
	for n := range all {
		all[n] = incident.Profile{Person: person(n), Standing: incident.Member, Zone: zones[n%len(zones)], Seen: p.until}
	}
	return all
}

// The words of which a past is made up.
var (
	services   = []string{"checkout", "payments", "search", "login", "invoices", "mail", "warehouse", "reports"}
	parts      = []string{"the cache", "the queue", "the database", "the load balancer", "the gateway", "the new release", "the disk", "the certificate", "the worker pool", "the index"}
	troubles   = []string{"does not answer", "is slow", "loses requests", "is full", "answers with errors", "restarts in a loop", "shows old data", "has run out of connections"}
	findings   = []string{"looked at", "restarted", "compared the graphs of", "rolled back", "asked the owners of", "found errors in the log of", "took traffic away from"}
	chores     = []string{"restart", "roll back", "look into the log of", "ask the owners of", "take traffic away from", "write down how to mend", "make a copy of"}
	remarks    = []string{"no change so far", "error rate is going down", "it began with the deploy", "only one zone is affected", "latency is back to normal", "the same as last week", "memory grows by the minute"}
	updates    = []string{"We have found the cause and are rolling back.", "Most customers can work again; we are watching it.", "We are still looking for the cause.", "A fix is being rolled out zone by zone."}
	firstNames = []string{"Ada", "Grace", "Linus", "Margaret", "Edsger", "Barbara", "Ken", "Radia", "Donald", "Frances", "Tony", "Hedy", "John", "Karen", "Niklaus"}
	lastNames  = []string{"Abel", "Berg", "Castro", "Dahl", "Eriksen", "Farkas", "Garcia", "Haas", "Ito", "Jansen", "Kumar", "Lund", "Moreau", "Novak", "Okafor", "Park", "Quist", "Rossi", "Silva", "Tanaka"}
	zones      = []string{"Europe/Oslo", "America/New_York", "Asia/Tokyo", "Europe/Berlin", "Australia/Sydney"}
)
