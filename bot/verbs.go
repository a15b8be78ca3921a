package bot

import (
	"slices"
	"strings"
	"time"

	"tocsin/incident"
)

// rule changes the incident that the call is about, and answers.
func (c *call) rule(do func(*incident.Incident) (answer, error)) (answer, error) {
	return c.change(func(tx incident.Tx) (answer, error) {
		i, err := tx.Incident(c.incident)
		if err != nil {
			return answer{}, err
		}
		return do(i)
	})
}

// news is rule for what subscribers hear of too.
func (c *call) news(do func(*incident.Incident) (answer, error)) (answer, error) {
	return c.change(func(tx incident.Tx) (answer, error) {
		i, err := tx.Incident(c.incident)
		if err != nil {
			return answer{}, err
		}
		a, err := do(i)
		if err != nil {
			return answer{}, err
		}
		return a, c.inform(tx, i)
	})
}

// heard is an answer to somebody whose act the room sees by itself.
func heard(m markup) answer { return answer{Text: m, Heard: true} }

func (c *call) severity(args string) (answer, error) {
	if args == "" {
		return c.askSeverity()
	}
	level, err := c.Policy().MustSeverity(echo(readable(args, c.name)))
	if err != nil {
		return answer{}, err
	}
	return c.rule(func(i *incident.Incident) (answer, error) {
		if err := i.SetSeverity(level, c.stamp()); err != nil {
			return answer{}, err
		}
		return heard(markup(i.ID.String()) + " is now " + bold(spokenSeverity(level.Name)) + ": " + esc(level.Meaning)), nil
	})
}

// askSeverity says what the severity is, and offers the others.
func (c *call) askSeverity() (answer, error) {
	i, err := c.Store.Incident(c.ctx, c.incident)
	if err != nil {
		return answer{}, err
	}
	others := severityButtons(c.Policy(), i.ID)
	if at := slices.IndexFunc(c.Policy().Severities, func(l incident.Level) bool { return l.Name == i.Severity }); at >= 0 {
		others = slices.Delete(others, at, at+1)
	}
	if i.Severity != incident.Unknown {
		others = append(others, severityButton(i.ID, incident.Unknown))
	}
	return offer(markup(i.ID.String())+" is "+bold(spokenSeverity(i.Severity))+". Change it to:", others...)
}

func (c *call) status(args string) (answer, error) {
	rung, err := c.Policy().MustStatus(echo(readable(args, c.name)))
	if err != nil {
		return answer{}, err
	}
	return c.rule(func(i *incident.Incident) (answer, error) {
		if err := i.SetStatus(rung.Status, c.stamp()); err != nil {
			return answer{}, err
		}
		return heard(markup(i.ID.String()) + " is now " + bold(esc(rung.Name())) + "."), nil
	})
}

func (c *call) note(args string) (answer, error) {
	at, rest, timed, err := pastTime(args, c.at, c.zone())
	if err != nil {
		return answer{}, err
	}
	if !timed {
		at = time.Time{}
	}
	text := readable(rest, c.name)
	if !timed {
		text = readable(args, c.name)
	}
	return c.rule(func(i *incident.Incident) (answer, error) {
		if err := i.Note(text, at, c.stamp()); err != nil {
			return answer{}, err
		}
		i.Stir(c.Policy(), c.stamp())
		reply := markup("Noted on the timeline of " + i.ID.String())
		if timed {
			reply += markup(" at " + at.In(c.zone()).Format("2 Jan 15:04 MST")) // as it was read, zone and all
		}
		if hint, buttons := c.timeHint(args, timed); hint != "" {
			return offer(reply+": "+short(text, 200)+"\n"+hint, buttons...)
		}
		return answer{Text: reply + ": " + short(text, 200), Heard: c.sent && !timed}, nil
	})
}

// updateFields are what the form of an update asks for beside what is known.
var updateFields = []field{
	{id: "impact", label: "Customer impact"},
	{id: "doing", label: "What is being done"},
	{id: "next", label: "Next update in", choices: []string{"15m", "30m", "1h", "2h", "4h", "8h"}, asSeverity: true},
}

// The shortest and the longest time that an update may promise the next one in.
const (
	soonestUpdate = 5 * time.Minute
	latestUpdate  = 7 * 24 * time.Hour
)

// nextUpdateIn reads "--next 30m" at the start of an update; 0 where it is left out: as often as the severity says.
func nextUpdateIn(args string) (next time.Duration, rest string, err error) {
	word, rest := cutWord(args)
	value, found := strings.CutPrefix(dashes.Replace(word), "--next")
	if !found || value != "" && value[0] != '=' {
		return 0, args, nil
	}
	if value == "" {
		value, rest = cutWord(rest)
	}
	value = strings.TrimPrefix(value, "=")
	next, err = time.ParseDuration(strings.ReplaceAll(value, "min", "m"))
	if err != nil || next < soonestUpdate || next > latestUpdate {
		return 0, "", incident.Refuse(incident.Invalid, "The next update cannot be due in %q: say between 5m and 168h, for example: update --next 30m we are rolling back.", echo(value))
	}
	return next, rest, nil
}

func (c *call) update(args string) (answer, error) {
	next, args, err := nextUpdateIn(args)
	if err != nil {
		return answer{}, err
	}
	text := readable(args, c.name)
	return c.news(func(i *incident.Incident) (answer, error) {
		level := c.Policy().Level(i.Severity)
		if next > 0 {
			level.Cadence = next // of this once: the one after it is due as always
		}
		if err := i.Update(text, level, c.stamp()); err != nil {
			return answer{}, err
		}
		i.Stir(c.Policy(), c.stamp())
		reply := markup("Update posted.")
		if !i.UpdateDue.IsZero() {
			reply += " The next one is due " + clock(i.UpdateDue) + "."
		}
		return heard(reply), nil
	})
}

// simple is a rule that needs nothing but a stamp, and what it answers.
func (c *call) simple(do func(*incident.Incident) error, done markup) (answer, error) {
	return c.rule(func(i *incident.Incident) (answer, error) {
		if err := do(i); err != nil {
			return answer{}, err
		}
		return heard(markup(i.ID.String()) + " " + done), nil
	})
}

func (c *call) mitigated(string) (answer, error) {
	return c.simple(func(i *incident.Incident) error { return i.Mitigate(c.stamp()) }, "is mitigated. When the fault is over: `/incident resolve`")
}

func (c *call) resolve(string) (answer, error) {
	return c.news(func(i *incident.Incident) (answer, error) {
		if err := i.Resolve(c.stamp()); err != nil {
			return answer{}, err
		}
		return heard(markup(i.ID.String()) + " is " + statusName(c.Policy(), i) + ". Well done. When the work on it is over: `/incident close`"), nil
	})
}

func (c *call) close(string) (answer, error) {
	return c.rule(func(i *incident.Incident) (answer, error) {
		if err := i.Close(c.Policy(), c.stamp()); err != nil {
			return answer{}, err
		}
		return heard(markup(i.ID.String()) + " is " + statusName(c.Policy(), i) + "." + leftOpen(i)), nil
	})
}

func (c *call) accept(string) (answer, error) {
	return c.simple(func(i *incident.Incident) error { return i.Accept(c.Policy().Level(i.Severity), c.stamp()) }, "is accepted. Its room opens now.")
}

func (c *call) decline(args string) (answer, error) {
	why := readable(args, c.name)
	return c.simple(func(i *incident.Incident) error { return i.Decline(why, c.stamp()) }, "is "+esc(c.Policy().Rung(incident.Declined).Name())+". It stays in the record.")
}
