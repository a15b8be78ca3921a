package bot

import (
	"cmp"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// command is one verb of /incident: a row of the table that reads, runs and explains it.
type command struct {
	name   string
	args   string // as help shows them
	help   string
	button string  // its label, where it is offered as one; "" for the name
	form   string  // label of the words that it needs: without them it opens a form; "" for none, but where it has more
	hint   string  // below the form's field
	entry  bool    // it is about one entry: #12 comes first
	more   []field // what else the form asks for
	in     menus   // where it is offered without being asked for

	wordless bool                        // its form may be sent without words
	fill     func(*call) (string, error) // the words that its form holds at first; nil: none
	room     bool                        // it is about one incident: the one whose room it is typed in, or INC-7 as its first word
	run      func(*call, string) (answer, error)
}

// commands is the one table of verbs but for those of the roles, which are the policy's. Help, the menu and the buttons are
// printed from it. It is filled by init, because help reads the table that it stands in.
var commands []command

func init() {
	commands = []command{
		{name: "declare", args: "[sev2 | unknown] what is broken [--service checkout] [--private] [--drill]", help: "ring the bell; alone it opens a form", button: "Declare an incident", in: outside, run: (*call).declare},
		{name: "drill", args: "[sev2] what we practise [--service checkout] [--private]", help: "an exercise: every message says so, and nobody hears of it but who takes part", button: "Start an exercise", in: outsideMore | atHome, run: (*call).drill},
		{name: "backfill", args: "what was broken --started -3h --resolved -1h [--detected …] [--mitigated …] [--room]", help: "record one that is over; without its times it opens a form", button: "Record a past one", in: outsideMore | atHome, run: (*call).backfill},
		{name: "merge", args: "[INC-7] into INC-3", help: "it is the same trouble: close one as a duplicate of the other", button: "Merge", in: insideMore, run: (*call).merge},
		{name: "list", args: "[all] [mine] [sev1] [monitoring] [service checkout] [since 7d]", help: "open incidents, or all of them", button: "Open incidents", in: outside | inside, run: (*call).list},
		{name: "stats", args: "[30d]", help: "how many there were, and how long they took", button: "Figures", in: outsideMore, run: (*call).stats},
		{name: "search", args: "words", help: "titles and timelines that hold them all, newest first", button: "Search", form: "Which words?", in: outsideMore, run: (*call).search},
		{name: "subscribe", args: "INC-7, or service checkout", help: "hear each update as a direct message", button: "Subscribe", in: outsideMore | atHome | insideMore, run: (*call).subscribe},
		{name: "unsubscribe", args: "INC-7, or service checkout", help: "hear no more of it", button: "Unsubscribe", in: insideMore, run: (*call).unsubscribe},
		{name: "access", args: "INC-7 why", help: "ask the people of a private incident to let you in", button: "Ask for access", form: "Which one, and why?", hint: "Its number first: INC-7 I know the database.", in: outsideMore, run: (*call).access},
		{name: "help", args: "[note | INC-7]", help: "this list; of one verb, or what can be done about an incident", button: "Help", in: outside | inside | atHome, run: (*call).help},
		{name: "handover", args: "[commander] @user how things stand", help: "give a role to somebody with a note for them", button: "Give out a role", form: "How do things stand?", hint: "For whoever takes over. It can be left out.", wordless: true, more: handoverFields, room: true, in: insideMore, run: (*call).handover},
		{name: "stepdown", args: "[commander]", help: "give up a role, so that nobody has it", button: "Step down", room: true, in: insideMore, run: (*call).stepDown},
		{name: "severity", args: "sev1 | unknown", help: "raise or lower the severity", button: "Change the severity", room: true, in: insideMore, run: (*call).severity},
		{name: "status", args: "identified", help: "investigating, identified or monitoring", button: "Change the status", room: true, in: insideMore, run: (*call).status},
		{name: "title", args: "what is broken", help: "call it otherwise; its room keeps the name", button: "Change the title", form: "What is broken?", hint: "The card, the announcement and the topic follow. The room keeps its name.", fill: (*call).called, room: true, in: insideMore, run: (*call).retitle},
		{name: "service", args: "checkout | none", help: "say which service is broken: who answers for it is invited", button: "Change the service", room: true, in: insideMore, run: (*call).service},
		{name: "note", args: "[at 14:05 | -20m] what happened", help: "write on the timeline", button: "Add a note", form: "What happened?", hint: "Begin with -20m, at 14:05 or yesterday 23:10 if it was earlier.", room: true, in: inside, run: (*call).note},
		{name: "update", args: "[--next 30m] how things stand", help: "tell stakeholders, in the room and in the announcement", button: "Post an update", form: "What is known?", more: updateFields, room: true, in: inside, run: (*call).update},
		{name: "customers", args: "what customers may read", help: "tell customers; the commander approves", button: "Tell customers", form: "What may customers read?", hint: "It goes outside: no names, no inner words.", fill: (*call).template, room: true, in: insideMore, run: (*call).customers},
		{name: "task", args: "what [@user] [in 15m] | done 2 | take 2 | drop 2 why", help: "have something done, and see to it", button: "Add a task", form: "What is to be done?", hint: "It may end with a time: at 16:30, or tomorrow 09:00. Names in it are only words.", more: taskFields, room: true, in: insideMore, run: (*call).task},
		{name: "tasks", help: "what is still to be done, and by whom", button: "Tasks", room: true, in: insideMore, run: (*call).tasks},
		{name: "show", help: "how it stands, from anywhere", button: "Show", room: true, in: insideMore, run: (*call).show},
		{name: "private", help: "close it off, after asking once: from now on only those in its room know of it", button: "Make it private", room: true, run: (*call).closeOff},
		{name: "public", help: "open a private one to everybody, after asking twice", button: "Make it public", room: true, run: (*call).openUp},
		{name: "invite", args: "@user", help: "let somebody into the room", button: "Invite somebody", wordless: true, more: inviteFields, room: true, in: insideMore, run: (*call).invite},
		{name: "snooze", args: "[update] 15m", help: "be reminded of what is due a little later", button: "Later", room: true, run: (*call).snooze},
		{name: "timeline", args: "[#12 | starred | notes, updates, … | @user | add what happened]", help: "what happened, newest last; #12 shows one entry whole", button: "Timeline", room: true, in: inside, run: (*call).timeline},
		{name: "correct", args: "#12 how it should read", help: "set an entry right; the old words stay", button: "Correct", form: "How should it read?", entry: true, room: true, run: (*call).correct},
		{name: "redact", args: "#12 why", help: "take the words of an entry out of the record; that it was done stays", button: "Redact", form: "Why must it go?", entry: true, room: true, run: (*call).redact},
		{name: "star", args: "#12", help: "mark an entry that matters", button: "Star", entry: true, room: true, run: (*call).star},
		{name: "unstar", args: "#12", help: "take the star off again", button: "Unstar", entry: true, room: true, run: (*call).unstar},
		{name: "mitigated", help: "customers no longer suffer", button: "Mitigated", room: true, in: inside, run: (*call).mitigated},
		{name: "resolve", help: "the fault is over", button: "Resolve", room: true, in: inside, run: (*call).resolve},
		{name: "close", help: "the work on it is over", button: "Close", room: true, in: insideMore, run: (*call).close},
		{name: "reopen", args: "why", help: "take a resolved or closed one up again", button: "Reopen", form: "Why is it open again?", fill: (*call).reopenable, room: true, in: insideMore, run: (*call).reopen},
		{name: "mend", help: "make again what is missing in Slack: room, card, pin, bookmarks, announcement", button: "Mend", room: true, in: insideMore, run: (*call).mend},
		{name: "accept", help: "take it out of triage: it is an incident", button: "Accept", room: true, run: (*call).accept},
		{name: "decline", args: "why", help: "it is no incident; it stays in the record", button: "Decline", form: "Why is it no incident?", room: true, run: (*call).decline},
	}
}

// lookup finds a verb of the table.
func lookup(name string) (command, bool) {
	at := slices.IndexFunc(commands, func(c command) bool { return c.name == name })
	if at < 0 {
		return command{}, false
	}
	return commands[at], true
}

// opens tells whether the verb has a form.
func (v command) opens() bool { return v.form != "" || len(v.more) > 0 }

// label is what the verb's button says.
func (v command) label() string { return firstOf(v.button, v.name) }

// button offers a verb: pressing it is typing "/incident <verb> INC-7 <args>". What is not in the table is a role.
func button(verb string, id incident.ID, args string) *slack.ButtonBlockElement {
	v, known := lookup(verb)
	if !known {
		v = roleVerb(incident.Duty{Role: incident.Role(verb)})
	}
	line := verb
	if v.room {
		line += " " + id.String()
	}
	return slack.NewButtonBlockElement("do:"+verb, strings.TrimSpace(line+" "+args), plain(markup(v.label())))
}

// try does what a line says, and gives the same answer when it comes again: who may not do it any more, perhaps because it is
// done, still hears what was answered. Nothing is told again of an incident that they do not see any more.
func (c *call) try(line string) (answer, error) {
	a, err := c.read(line)
	switch incident.CodeOf(err) {
	case incident.Forbidden, incident.Conflict, incident.Invalid:
		if c.recalled {
			return a, err
		}
		if before, refused := c.change(func(incident.Tx) (answer, error) { return answer{}, err }); refused == nil {
			return before, nil
		}
	}
	return a, err
}

// read reads a line as it was typed after /incident, or as a button carries it, and does what it says.
func (c *call) read(line string) (answer, error) {
	word, args := cutWord(c.mask(line))
	if _, first := incident.ParseID(word); first { // "INC-7 note …" is as good as "note INC-7 …"
		verb, rest := cutWord(args)
		word, args = cmp.Or(verb, "timeline"), strings.TrimSpace(word+" "+rest)
	}
	if word == "" {
		return c.menu()
	}
	word, args = synonym(word, args)
	v, known := c.verb(strings.ToLower(word))
	if !known {
		return c.unknownVerb(word, args)
	}
	if v.room {
		var err error
		if args, err = c.locate(args, v.form != ""); err != nil {
			return answer{}, err
		}
	}
	if err := c.permitted(v.name); err != nil {
		return answer{}, err
	}
	c.verbTyped, c.typed = v, args
	if v.form != "" && v.entry && entryAlone.MatchString(args) {
		c.before = args + " "
		return c.openForm(v)
	}
	if v.opens() && args == "" && !v.entry {
		return c.openForm(v)
	}
	return v.run(c, args)
}

// synonym reads "timeline add …" as the note that it is.
func synonym(word, args string) (verb, rest string) {
	named, after := cutWord(args)
	if _, is := incident.ParseID(named); !is {
		named, after = "", args
	}
	if added, words := cutWord(after); strings.EqualFold(word, "timeline") && strings.EqualFold(added, "add") {
		return "note", strings.TrimSpace(named + " " + words)
	}
	return word, args
}

// unknownVerb says what was perhaps meant, with what else was typed, and offers to do it.
func (c *call) unknownVerb(word, args string) (answer, error) {
	asTyped := func(s string) string { return readable(s, func(h string) string { return h }) }
	said := cutRunes(asTyped(args), 200)
	if near := Nearest(strings.ToLower(asTyped(word)), c.names()); near != "" {
		v, _ := c.verb(near)
		refusal := incident.Refuse(incident.Invalid, "There is no /incident %s. Did you mean: /incident %s", asTyped(word), strings.TrimSpace(v.name+" "+cmp.Or(said, v.args)))
		return answer{}, c.offerLine(refusal, v, args)
	}
	refusal := incident.Refuse(incident.Invalid, "There is no /incident %s. To declare an incident: /incident declare %s. All verbs: /incident help.", echo(asTyped(word)), strings.TrimSpace(echo(asTyped(word))+" "+said))
	declare, _ := lookup("declare")
	return answer{}, c.offerLine(refusal, declare, strings.TrimSpace(word+" "+args)).Offer("help")
}

// offerLine offers to do what was perhaps meant, as far as that is known: which incident it is about, and no more words than a button
// carries. Words that were typed in a private room are carried to nowhere else.
func (c *call) offerLine(refusal *incident.Error, v command, args string) *incident.Error {
	if private, err := c.inPrivate(); !v.room && (private || err != nil) {
		return refusal.Offer("help " + v.name)
	}
	if v.room {
		rest, err := c.locate(args, v.form != "")
		if err != nil {
			return refusal.Offer("help " + v.name)
		}
		args = rest
	}
	if size(args) > mostCarried {
		return refusal.Offer("help " + v.name)
	}
	return refusal.Offer(strings.TrimSpace(v.name + " " + args))
}

// inPrivate tells whether it was typed in the room of a private incident.
func (c *call) inPrivate() (bool, error) {
	here, err := c.Store.InRoom(c.ctx, c.channel)
	if err != nil || here == 0 {
		return false, err
	}
	return c.Store.Private(c.ctx, here)
}

// mostCarried is how much of what was typed a button carries: Slack takes 2,000 characters.
const mostCarried = 1800

// locate finds the incident that a command is about, and returns the rest of its arguments: INC-7 as the first word, or
// the incident in whose room it was typed. One that the person may not see is answered like one that does not exist.
//
// Words that are typed in a private room stay in it, whatever number they begin with.
func (c *call) locate(args string, words bool) (rest string, err error) {
	here, err := c.Store.InRoom(c.ctx, c.channel)
	if err != nil {
		return "", err
	}
	word, after := cutWord(args)
	id, named := incident.ParseID(word)
	if named {
		rest = after
	} else {
		id, rest = here, strings.TrimSpace(args)
	}
	if id == 0 {
		return "", incident.Refuse(incident.Invalid, "This is no incident's room. Type it there, or say which incident first: INC-7. Open ones: /incident list.").Offer("list")
	}
	seen, err := c.sees(id, id == here)
	if err != nil {
		return "", err
	}
	if !seen {
		return "", incident.Refuse(incident.Missing, "There is no %s.", id)
	}
	c.incident, c.inside = id, id == here
	if words && here != 0 && !c.inside {
		return rest, c.keepInside(here)
	}
	return rest, nil
}

// keepInside refuses to carry words out of a private room.
func (c *call) keepInside(here incident.ID) error {
	private, err := c.Store.Private(c.ctx, here)
	if err != nil || !private {
		return err
	}
	return incident.Refuse(incident.Conflict, "This is the private room of %s, and your words are about %s. If you mean %s, type them somewhere else; if not, begin with another word.", here, c.incident, c.incident)
}

func roomSuffix(i *incident.Incident) markup {
	if room := i.Refs[incident.RefRoom]; room != "" {
		return " · " + channelLink(room)
	}
	if i.Room != "" && i.Status != incident.Triage && i.Refs[incident.RefRoomless] == "" {
		return " · " + esc("#"+i.Room) // it is being opened
	}
	return ""
}
