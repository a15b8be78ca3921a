package bot

import (
	"strings"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// examples show each verb as it is typed. Each begins with its verb.
var examples = map[string][]string{
	"declare":     {"declare sev2 checkout is down --service checkout", "declare unknown a key has leaked --private"},
	"drill":       {"drill sev1 the region is gone"},
	"backfill":    {`backfill it was slow --started "yesterday 23:10" --resolved -2h`, "backfill it was slow --started -3h --resolved -1h --room"},
	"merge":       {"merge INC-7 into INC-3", "merge INC-3"},
	"list":        {"list", "list mine", "list all sev1 service checkout since yesterday"},
	"stats":       {"stats", "stats 90d"},
	"search":      {"search queue stuck"},
	"subscribe":   {"subscribe INC-7", "subscribe service checkout"},
	"unsubscribe": {"unsubscribe INC-7"},
	"access":      {"access INC-7 I know the database"},
	"help":        {"help", "help note", "help INC-7"},
	"handover":    {"handover commander @ada we wait for the restore", "handover @ada I go to bed"},
	"stepdown":    {"stepdown", "stepdown scribe"},
	"severity":    {"severity sev1", "severity unknown"},
	"status":      {"status identified"},
	"title":       {"title payments hang"},
	"service":     {"service checkout", "service none"},
	"note":        {"note we rolled back", "note -20m the deploy began", "note at 14:05 the graphs fell", "note yesterday 23:10 CET the first alert"},
	"update":      {"update we are rolling back", "update --next 30m we found the cause"},
	"customers":   {"customers Payments are slow. We are mending it."},
	"task":        {"task restart the queue @ada in 15m", "task call the bank tomorrow 09:00", "task done 2", "task drop 2 it heals by itself"},
	"tasks":       {"tasks"},
	"show":        {"show INC-7"},
	"private":     {"private"},
	"public":      {"public"},
	"invite":      {"invite @ada"},
	"snooze":      {"snooze 15m", "snooze commander 30m"},
	"timeline":    {"timeline", "timeline starred", "timeline updates @ada", "timeline #12"},
	"correct":     {"correct #12 it was noon"},
	"redact":      {"redact #12 it names a customer"},
	"star":        {"star #12"},
	"unstar":      {"unstar #12"},
	"mitigated":   {"mitigated"},
	"resolve":     {"resolve"},
	"close":       {"close"},
	"reopen":      {"reopen it is back"},
	"mend":        {"mend"},
	"accept":      {"accept"},
	"decline":     {"decline the monitoring was broken"},
}

// help prints the table, or what it says of one verb; of an incident, "help INC-7", what can be done about it.
func (c *call) help(args string) (answer, error) {
	word, _ := cutWord(args)
	if word == "" {
		return c.helpAll()
	}
	if _, of := incident.ParseID(word); of {
		if _, err := c.locate(word, false); err != nil {
			return answer{}, err
		}
		return c.menuOf(c.incident)
	}
	v, known := c.verb(strings.ToLower(strings.TrimPrefix(word, "/")))
	if !known {
		return c.unknownHelp(word)
	}
	return c.helpOn(v)
}

// helpAll prints the table.
func (c *call) helpAll() (answer, error) {
	var general, room []markup
	for _, v := range c.verbs() {
		line := v.usage() + " " + esc(v.help)
		if v.room {
			room = append(room, line)
		} else {
			general = append(general, line)
		}
	}
	blocks := sections(append([]markup{bold("Anywhere")}, general...))
	blocks = append(blocks, sections(append([]markup{bold("In an incident's room") + ", or with its number first, as in `/incident note INC-7 …`"}, room...))...)
	blocks = append(blocks, sections(append([]markup{bold("How far an incident has come")}, statusLines(c.Policy())...))...)
	return show("All that /incident can do", append(blocks, contextLine("Of one verb, with examples: `/incident help note`"))...)
}

// statusLines are the statuses in the order of the ladder, and what each means.
func statusLines(policy *incident.Policy) (lines []markup) {
	for _, rung := range policy.Statuses {
		line := "`" + esc(rung.Typed()) + "`"
		if rung.Typed() != string(rung.Status) {
			line += " or `" + markup(rung.Status) + "`"
		}
		lines = append(lines, line+" "+esc(rung.Meaning))
	}
	return lines
}

// helpOn prints what there is to know of one verb, with the button that does it where that needs no more.
func (c *call) helpOn(v command) (answer, error) {
	lines := []markup{v.usage(), title(v.help) + ".", bold("For example")}
	of := examples[v.name]
	if of == nil { // of a role
		of = []string{v.name + " @ada", v.name + " me", v.name + " nobody"}
	}
	for _, example := range of {
		lines = append(lines, "`/incident "+esc(example)+"`")
	}
	if permit := c.Policy().Permit(v.name); permit.Grant != incident.Anyone {
		lines = append(lines, "The policy leaves it to: "+bold(markup(permit.Grant)))
	}
	blocks := sections(lines)
	if here, err := c.Store.InRoom(c.ctx, c.channel); err == nil && (!v.room || here != 0) && !v.entry && v.name != "help" {
		c.incident = here
		blocks = append(blocks, slack.NewActionBlock("", button(v.name, here, "")))
	}
	return show("/incident "+markup(v.name), blocks...)
}

// unknownHelp says what was perhaps meant.
func (c *call) unknownHelp(word string) (answer, error) {
	refusal := incident.Refuse(incident.Invalid, "There is no verb %s.", echo(readable(word, c.name)))
	if near := Nearest(strings.ToLower(word), c.names()); near != "" {
		refusal.Message += " Did you mean: /incident help " + near
		return answer{}, refusal.Offer("help " + near)
	}
	return answer{}, refusal.Offer("help")
}

// usage is a verb as it is typed.
func (v command) usage() markup { return markup("`/incident "+v.name) + esc(spaced(v.args)) + "`" }

// names are the verbs that there are.
func (b *Bot) names() (all []string) {
	for _, v := range b.verbs() {
		all = append(all, v.name)
	}
	return all
}

func spaced(args string) string {
	if args == "" {
		return ""
	}
	return " " + args
}
