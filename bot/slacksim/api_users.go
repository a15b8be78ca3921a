package slacksim

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

func authTest(r *request) (Object, error) {
	return Object{
		"url": "https://" + r.team.domain + ".slack.com/", "team": r.team.name, "user": r.people[r.team.bot].handle(),
		"team_id": r.team.id, "user_id": r.team.bot, "bot_id": r.team.botID, "is_enterprise_install": false,
	}, nil
}

func teamInfo(r *request) (Object, error) {
	return Object{"team": Object{"id": r.team.id, "name": r.team.name, "domain": r.team.domain, "email_domain": "", "icon": Object{}}}, nil
}

func botsInfo(r *request) (Object, error) {
	if bot := r.str("bot"); bot != "" && bot != r.team.botID {
		return nil, refuse("bot_not_found")
	}
	return Object{"bot": Object{
		"id": r.team.botID, "app_id": r.team.app, "user_id": r.team.bot, "name": r.nameOf(r.team.bot), "deleted": false, "updated": 0, "icons": Object{},
	}}, nil
}

// slackbot is in every workspace's list, and is famously not a bot.
func (w *Workspace) slackbot() Object {
	o := w.userJSON(&Profile{ID: "USLACKBOT", Name: "Slackbot", RealName: "Slackbot", TZ: "UTC", updated: w.people[w.team.bot].updated})
	o["is_bot"] = false
	return o
}

func usersList(r *request) (Object, error) {
	all := []any{r.slackbot()}
	for _, id := range r.order {
		all = append(all, r.userJSON(r.people[id]))
	}
	members, next, err := r.page(all, 1000)
	if err != nil {
		return nil, err
	}
	return Object{"members": members, "cache_ts": r.now().Unix(), "response_metadata": next}, nil
}

// page cuts the page that cursor and limit ask for out of a list; most is the largest limit allowed.
func (r *request) page(all []any, most int) ([]any, Object, error) {
	limit := r.number("limit")
	if limit < 0 || limit > most {
		return nil, nil, refuse("invalid_limit")
	}
	if limit == 0 {
		limit = min(most, 100)
	}
	from := 0
	if c := r.str("cursor"); c != "" {
		raw, err := base64.StdEncoding.DecodeString(c)
		n, err2 := strconv.Atoi(strings.TrimPrefix(string(raw), "from:"))
		if err != nil || err2 != nil || n < 0 || n > len(all) {
			return nil, nil, refuse("invalid_cursor")
		}
		from = n
	}
	to := min(len(all), from+limit)
	next := ""
	if to < len(all) {
		next = base64.StdEncoding.EncodeToString([]byte("from:" + strconv.Itoa(to)))
	}
	return slices.Concat([]any{}, all[from:to]), Object{"next_cursor": next}, nil
}

func usersInfo(r *request) (Object, error) {
	if r.str("user") == "USLACKBOT" {
		return Object{"user": r.slackbot()}, nil
	}
	p := r.people[r.str("user")]
	if p == nil {
		return nil, refuse("user_not_found")
	}
	return Object{"user": r.userJSON(p)}, nil
}

func usersByEmail(r *request) (Object, error) {
	for _, id := range r.order {
		if p := r.people[id]; p.Email == r.str("email") && !p.Deleted {
			return Object{"user": r.userJSON(p)}, nil
		}
	}
	return nil, refuse("users_not_found")
}

// group is a user group.
type group struct {
	id, name, handle string
	users            []string
}

// AddGroup makes a user group of people, by name, and returns its id.
func (w *Workspace) AddGroup(handle, name string, people ...string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	g := &group{id: w.mint("S"), name: name, handle: handle}
	for _, n := range people {
		if p := w.lookup(n); p != nil {
			g.users = append(g.users, p.ID)
		}
	}
	w.groups = append(w.groups, g)
	w.emit("subteam_created", Object{"subteam": w.groupJSON(g, true)})
	return g.id
}

func (w *Workspace) groupJSON(g *group, users bool) Object {
	o := Object{
		"id": g.id, "team_id": w.team.id, "is_usergroup": true, "is_subteam": true, "name": g.name, "description": "", "handle": g.handle,
		"is_external": false, "date_create": 0, "date_update": 0, "date_delete": 0, "user_count": len(g.users), "prefs": Object{"channels": []any{}, "groups": []any{}},
	}
	if users {
		o["users"] = anys(g.users)
	}
	return o
}

func groupsList(r *request) (Object, error) {
	all := []any{}
	for _, g := range r.groups {
		all = append(all, r.groupJSON(g, r.yes("include_users")))
	}
	return Object{"usergroups": all}, nil
}

func groupUsers(r *request) (Object, error) {
	for _, g := range r.groups {
		if g.id == r.str("usergroup") {
			return Object{"users": anys(g.users)}, nil
		}
	}
	return nil, refuse("no_such_subteam")
}

func anys(list []string) []any {
	out := []any{}
	for _, s := range list {
		out = append(out, s)
	}
	return out
}
