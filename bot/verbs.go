package bot

import (
	"fmt"
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

// heard is an answer to somebody whose act the room sees by itself.
func heard(m markup) answer { return answer{Text: m, Heard: true} }

// assign is the verb of a role.
func assign(role incident.Role) func(*call, string) (answer, error) {
	return func(c *call, args string) (answer, error) {
		word, _ := cutWord(args)
		if word == "" {
			return c.roleHolder(role)
		}
		person, err := c.person(word)
		if err != nil {
			return answer{}, err
		}
		if err := c.mayHold(person); err != nil {
			return answer{}, err
		}
		return c.rule(func(i *incident.Incident) (answer, error) {
			if err := i.Assign(role, person, c.stamp()); err != nil {
				return answer{}, err
			}
			return heard(title(string(role)) + markup(fmt.Sprintf(" of %s is now ", i.ID)) + mention(person.Handle) + "."), nil
		})
	}
}

// mayHold refuses those who cannot hold a role.
func (c *call) mayHold(p incident.Person) error {
	profile, err := c.Store.Profile(c.ctx, p.Handle)
	if err == nil && (profile.Standing == incident.Bot || profile.Standing == incident.Gone) {
		return incident.Refuse(incident.Invalid, "%s is a bot or has left: choose a person.", p.Name)
	}
	return err
}

// roleHolder answers who has a role.
func (c *call) roleHolder(role incident.Role) (answer, error) {
	i, err := c.Store.Incident(c.ctx, c.incident)
	if err != nil {
		return answer{}, err
	}
	if p := i.Roles[role]; !p.IsZero() {
		return say(title(string(role)) + markup(fmt.Sprintf(" of %s is ", i.ID)) + mention(p.Handle) + markup(fmt.Sprintf(". To hand over: `/incident %s @user`", role))), nil
	}
	return say(markup(fmt.Sprintf("%s has no %s yet. `/incident %s me` or `/incident %s @user`", i.ID, role, role, role))), nil
}

func (c *call) severity(args string) (answer, error) {
	level, err := c.Policy().MustSeverity(echo(readable(args, c.name)))
	if err != nil {
		return answer{}, err
	}
	return c.rule(func(i *incident.Incident) (answer, error) {
		if err := i.SetSeverity(level, c.stamp()); err != nil {
			return answer{}, err
		}
		return heard(markup(i.ID.String()) + " is now " + bold(esc(strings.ToUpper(string(level.Name)))) + ": " + esc(level.Meaning)), nil
	})
}

func (c *call) status(args string) (answer, error) {
	return c.rule(func(i *incident.Incident) (answer, error) {
		if err := i.SetStatus(incident.Status(strings.ToLower(args)), c.stamp()); err != nil {
			return answer{}, err
		}
		return heard(markup(i.ID.String()) + " is now " + bold(esc(string(i.Status))) + "."), nil
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
		reply := markup("Noted on the timeline of " + i.ID.String())
		if timed {
			reply += markup(" at " + at.In(c.zone()).Format("2 Jan 15:04 MST")) // as it was read, zone and all
		}
		return answer{Text: reply + ": " + short(text, 200), Heard: c.sent && !timed}, nil
	})
}

func (c *call) update(args string) (answer, error) {
	text := readable(args, c.name)
	return c.rule(func(i *incident.Incident) (answer, error) {
		if err := i.Update(text, c.Policy().Level(i.Severity), c.stamp()); err != nil {
			return answer{}, err
		}
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
	return c.simple(func(i *incident.Incident) error { return i.Resolve(c.stamp()) }, "is resolved. Well done. When the work on it is over: `/incident close`")
}

func (c *call) close(string) (answer, error) {
	return c.simple(func(i *incident.Incident) error { return i.Close(c.stamp()) }, "is closed.")
}

func (c *call) reopen(args string) (answer, error) {
	why := readable(args, c.name)
	return c.simple(func(i *incident.Incident) error {
		return i.Reopen(why, c.Policy().Level(i.Severity), c.stamp())
	}, "is open again.")
}

func (c *call) accept(string) (answer, error) {
	if err := c.standing.MayJudge(); err != nil {
		return answer{}, err
	}
	return c.simple(func(i *incident.Incident) error { return i.Accept(c.stamp()) }, "is accepted. Its room opens now.")
}

func (c *call) decline(args string) (answer, error) {
	if err := c.standing.MayJudge(); err != nil {
		return answer{}, err
	}
	why := readable(args, c.name)
	return c.simple(func(i *incident.Incident) error { return i.Decline(why, c.stamp()) }, "is declined. It stays in the record.")
}
