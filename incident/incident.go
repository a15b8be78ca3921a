package incident

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// ID numbers an incident. It is spoken as INC-42; the database hands it out. 0 is the system itself.
type ID int64

func (id ID) String() string { return "INC-" + strconv.FormatInt(int64(id), 10) }

// ParseID reads "INC-42", in any case. ok is false for anything else.
func ParseID(s string) (id ID, ok bool) {
	digits, found := strings.CutPrefix(strings.ToUpper(s), "INC-")
	n, err := strconv.ParseInt(digits, 10, 64)
	return ID(n), found && err == nil && n > 0
}

// Kind is what an incident is for. It is fixed at birth, so that exercises never pollute figures.
type Kind string

// The kinds of incidents.
const (
	Real     Kind = "real"
	Drill    Kind = "drill"
	Backfill Kind = "backfill" // recorded after it was over
)

// Refs is what outsiders call this incident: RefRoom → "C123". Names start with the outsider's.
type Refs map[string]string

// Stamp is who, when, and under which request: the same for all that one request changes.
type Stamp struct {
	By      Person
	At      time.Time
	Request string
}

// Incident is the present state of one incident, and the ledger of what has been changed since it was loaded.
type Incident struct {
	ID       ID
	Kind     Kind
	Status   Status
	Severity Severity
	Rank     int // of the severity when it was set, 0 first: after an outage, the most severe is brought in step first
	Title    string
	Summary  string
	Service  string
	Private  bool
	Declarer Person
	Room     string // the channel name chosen at declare; outside it may have had to take a suffix
	Policy   string // hash of the policy it was declared under

	Started, Detected, Declared, Acknowledged, Mitigated, Resolved, Closed time.Time // zero: has not happened
	Updated                                                                time.Time // last update to stakeholders
	UpdateDue                                                              time.Time // next one; zero: none is owed

	DuplicateOf ID  // 0: of none
	Duplicates  int // how many others are duplicates of this one

	Roles     map[Role]Person
	Refs      Refs
	Reminders map[Topic]Reminder // what somebody will hear of; nil in lists
	Tasks     []Task             // all that there ever were, in the order of their numbers; nil in lists

	Ledger
}

// Declaration is what somebody says when they ring the bell. Only the title is needed.
type Declaration struct {
	Title    string
	Severity Level // zero: the policy's default
	Service  string
	Summary  string
	Private  bool
	Kind     Kind // "" is Real
	Trusted  bool // false: nobody has yet checked what standing the declarer has
	Policy   *Policy
	Leader   Person // commander from the start, if known
}

// Lengths that titles, summaries and services may have, in characters: a title must fit a Slack header block (150) beside its
// number and severity, a summary a modal's text field (3,000).
const (
	MaxTitle   = 120
	MaxSummary = 3000
	MaxService = 80
)

// Declare makes a new incident, under investigation from its first moment. It has no number before it is stored.
func Declare(d Declaration, s Stamp) (*Incident, error) {
	i, level, err := begin(d, s)
	if err != nil {
		return nil, err
	}
	i.owe(level, s.At)
	i.record(Event{Kind: EventDeclared, Stamp: s, To: string(level.Name), Text: i.Title})
	i.inform(level, "", s)
	i.seekLeader(level, s)
	i.seekSeverity(s)
	if !d.Leader.IsZero() {
		if err := i.Assign(Commander, d.Leader, s); err != nil {
			return nil, err
		}
	}
	return i, nil
}

// begin is an incident as a declaration has it, of which nothing is recorded yet.
func begin(d Declaration, s Stamp) (*Incident, Level, error) {
	title, err := cleanTitle(d.Title)
	if err != nil {
		return nil, Level{}, err
	}
	if utf8.RuneCountInString(d.Summary) > MaxSummary {
		return nil, Level{}, Refuse(Invalid, "The summary is longer than %d characters: shorten it, and put the rest in a note.", MaxSummary)
	}
	level, kind := d.Severity, d.Kind
	if level.Name == "" {
		level = d.Policy.Default()
	}
	if kind == "" {
		kind = Real
	}
	refs := Refs{}
	if d.Private {
		refs[RefPeople] = s.By.Handle // in it by birth, until they have been invited
	}
	return &Incident{
		Kind: kind, Status: Investigating, Severity: level.Name, Rank: level.Rank, Title: title, Summary: strings.TrimSpace(d.Summary),
		Service: cut(strings.TrimSpace(d.Service), MaxService), Private: d.Private, Declarer: s.By, Policy: d.Policy.Hash,
		Started: s.At, Detected: s.At, Declared: s.At,
		Roles: map[Role]Person{}, Refs: refs, Reminders: map[Topic]Reminder{},
	}, level, nil
}

// cleanTitle makes one line of a title, and refuses an empty or endless one.
func cleanTitle(title string) (string, error) {
	title = strings.Join(strings.Fields(title), " ")
	switch n := utf8.RuneCountInString(title); {
	case n == 0:
		return "", Refuse(Invalid, "Say what is broken in a few words, for example: checkout is down.")
	case n > MaxTitle:
		return "", Refuse(Invalid, "The title has %d characters, %d fit: say it shorter, and put the rest in a note.", n, MaxTitle)
	}
	return title, nil
}

// cut shortens to a number of characters.
func cut(s string, length int) string {
	if runes := []rune(s); len(runes) > length {
		return string(runes[:length])
	}
	return s
}

// Name is how people speak of the incident: "INC-7 checkout is down".
func (i *Incident) Name() string { return fmt.Sprintf("%s %s", i.ID, i.Title) }

// VisibleTo tells whether a person may learn of this incident at all; member says whether they are known, by a
// sufficiently fresh look, to be in its room. Until they have been invited, those may see a private incident who declared it or
// were in its room before it was closed off, unless they have left the room; and until there is a room, who has a role in it.
func (i *Incident) VisibleTo(handle string, member bool) bool {
	if !i.Private || member {
		return true
	}
	waits := slices.Contains(strings.Fields(i.Refs[RefPeople]), handle)
	if i.Refs[RefRoom] != "" {
		return waits && !i.IsGone(handle)
	}
	return waits || handle == i.Declarer.Handle || len(i.RolesOf(handle)) > 0
}
