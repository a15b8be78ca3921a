package slacksim

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Profile is one user of the workspace.
type Profile struct {
	ID       string // made up when empty
	Name     string // display name; also the handle, in lower case
	RealName string
	Title    string
	Email    string
	TZ       string // IANA name; empty means UTC
	Guest    bool   // is_restricted
	Admin    bool
	Bot      bool
	Stranger bool // from another workspace over Slack Connect
	Deleted  bool
	updated  time.Time
}

// handle is the name as people type it after an @.
func (p *Profile) handle() string { return strings.ToLower(strings.ReplaceAll(p.Name, " ", ".")) }

// DefaultPeople are the five who work here when Options name nobody.
func DefaultPeople() []Profile {
	return []Profile{
		{Name: "Ada", RealName: "Ada Byron", Title: "Engineer, on call", TZ: "Europe/Berlin"},
		{Name: "Grace", RealName: "Grace Murray", Title: "SRE lead", TZ: "America/New_York", Admin: true},
		{Name: "Linus", RealName: "Linus Virtanen", Title: "Backend", TZ: "Europe/Helsinki"},
		{Name: "Margaret", RealName: "Margaret Heafield", Title: "Support lead", TZ: "America/Los_Angeles"},
		{Name: "Gus", RealName: "Gus Green", Title: "Guest, payments partner", TZ: "Europe/London", Guest: true},
	}
}

// settleIn makes team, bot, people and the first channels.
func (w *Workspace) settleIn(people []Profile) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.team = team{id: w.mint("T"), name: "Harbour", domain: "harbour", app: w.mint("A"), botID: w.mint("B"), other: w.mint("T")}
	w.team.bot = w.addProfile(Profile{Name: w.grant.botName(), RealName: w.grant.Display.Name, Bot: true}).ID
	if people == nil {
		people = DefaultPeople()
	}
	all := []string{}
	for _, p := range people {
		all = append(all, w.addProfile(p).ID)
	}
	w.furnish(all)
}

// furnish makes the channels that every workspace has, with a little talk in them.
func (w *Workspace) furnish(all []string) {
	talk := []struct {
		name, purpose string
		private       bool
		lines         []string
	}{
		{"general", "Everything for everybody", false, []string{"Morning! The release train leaves at 15:00.", "Thanks, the notes are in the wiki."}},
		{"incidents", "What is broken, and who is on it", false, []string{"Quiet night, nothing to hand over."}},
		{"checkout", "The checkout team", false, []string{"Cart service 4.2 is out on all regions.", "p95 looks good after the deploy."}},
		{"random", "Cats, lunch, bicycles", false, []string{"There is cake in the kitchen."}},
		{"exec", "Two people only", true, []string{"Numbers for the board are on Thursday."}},
	}
	for _, c := range talk {
		members := all
		if c.private {
			members = all[:min(2, len(all))]
		} else if c.name != "general" {
			members = slices.DeleteFunc(slices.Clone(all), func(id string) bool { return w.people[id].Guest && c.name == "random" })
		}
		if len(members) == 0 {
			continue
		}
		ch := w.newChannel(c.name, c.private, members[0])
		ch.purpose = note{c.purpose, members[0], w.now()}
		for _, m := range members {
			ch.join(m)
		}
		for i, line := range c.lines {
			m := w.append(ch, &message{user: members[i%len(members)], text: line})
			for _, reader := range all {
				w.read[reader+ch.id] = m.ts
			}
		}
	}
}

var idForm = regexp.MustCompile(`^[UW][A-Z0-9]{8,}$`)

// addProfile registers a user and completes what the profile leaves open. The caller holds the lock.
func (w *Workspace) addProfile(p Profile) *Profile {
	if p.ID == "" {
		p.ID = w.mint("U")
		if name := regexp.MustCompile(`[^A-Z0-9]`).ReplaceAllString(strings.ToUpper(p.Name), ""); name != "" {
			p.ID = fmt.Sprintf("U0%.12s%0*d", name, max(3, 9-len(name)), len(w.order)+1)
		}
	}
	if p.RealName == "" {
		p.RealName = p.Name
	}
	if p.TZ == "" {
		p.TZ = "UTC"
	}
	if p.Email == "" && !p.Bot {
		p.Email = p.handle() + "@harbour.example"
	}
	p.updated = w.now()
	if w.people[p.ID] == nil {
		w.order = append(w.order, p.ID)
	}
	w.people[p.ID] = &p
	return &p
}

// AddProfile adds a user while the workspace runs and tells the app (team_join); the new user joins #general unless
// they are a bot or a stranger. It returns the id.
func (w *Workspace) AddProfile(p Profile) (string, error) {
	if p.ID != "" && !idForm.MatchString(p.ID) {
		return "", fmt.Errorf("slacksim: %q is no user id", p.ID)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.Name == "" || w.lookup(p.Name) != nil {
		return "", fmt.Errorf("slacksim: name %q is empty or taken", p.Name)
	}
	u := w.addProfile(p)
	w.emit("team_join", Object{"user": w.userJSON(u)})
	if g := w.byName("general"); g != nil && !p.Bot && !p.Stranger {
		g.join(u.ID)
	}
	w.touch(screenEvent{Type: "state"})
	return u.ID, nil
}

// UpdateProfile changes a user and tells the app (user_change).
func (w *Workspace) UpdateProfile(name string, change func(*Profile)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.lookup(name)
	if p == nil {
		return fmt.Errorf("slacksim: nobody is called %q", name)
	}
	change(p)
	p.updated = w.now()
	w.emit("user_change", Object{"user": w.userJSON(p)})
	w.touch(screenEvent{Type: "state"})
	return nil
}

// lookup finds a user by display name, handle or id. The caller holds the lock.
func (w *Workspace) lookup(name string) *Profile {
	name = strings.TrimPrefix(name, "@")
	if p := w.people[name]; p != nil {
		return p
	}
	for _, id := range w.order {
		if p := w.people[id]; strings.EqualFold(p.Name, name) || strings.EqualFold(p.handle(), name) {
			return p
		}
	}
	return nil
}

// nameOf is what people see for a user id.
func (w *Workspace) nameOf(id string) string {
	if p := w.people[id]; p != nil {
		return p.Name
	}
	return id
}

// userJSON is a user as users.info and events show it. The caller holds the lock.
func (w *Workspace) userJSON(p *Profile) Object {
	home := w.team.id
	if p.Stranger {
		home = w.team.other
	}
	zone, err := time.LoadLocation(p.TZ)
	if err != nil {
		zone = time.UTC
	}
	label, offset := w.now().In(zone).Zone()
	profile := Object{
		"real_name": p.RealName, "real_name_normalized": p.RealName, "display_name": p.Name, "display_name_normalized": p.Name,
		"title": p.Title, "team": home, "status_text": "", "status_emoji": "", "avatar_hash": "",
	}
	if p.Email != "" && w.grant.has("users:read.email") {
		profile["email"] = p.Email
	}
	if p.ID == w.team.bot {
		profile["bot_id"], profile["api_app_id"] = w.team.botID, w.team.app
	}
	u := Object{
		"id": p.ID, "team_id": home, "name": p.handle(), "real_name": p.RealName, "deleted": p.Deleted, "color": w.colour(p.ID)[1:],
		"tz": p.TZ, "tz_label": label, "tz_offset": offset, "profile": profile, "is_bot": p.Bot, "is_app_user": false,
		"is_admin": p.Admin, "is_owner": false, "is_primary_owner": false, "is_restricted": p.Guest, "is_ultra_restricted": false,
		"updated": p.updated.Unix(),
	}
	if p.Stranger {
		u["is_stranger"] = true
	}
	return u
}

// colour is a person's own: each of the first eight who arrived has another one. The caller holds the lock.
func (w *Workspace) colour(id string) string {
	palette := []string{"#8a5a44", "#4a6fa5", "#3d7a5c", "#8c4b78", "#7a6a2f", "#9a4d4d", "#5b5ea6", "#45738a"}
	return palette[max(0, slices.Index(w.order, id))%len(palette)]
}
