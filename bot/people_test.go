package bot

import (
	"testing"
	"time"

	"github.com/slack-go/slack"

	"tocsin/incident"
)

// TestStandingOfAUser reads what Slack says of users: with and without an organisation around the workspace.
func TestStandingOfAUser(t *testing.T) {
	alone, grid := &team{id: "T1"}, &team{id: "T1", enterprise: "E1"}
	of := func(org string) slack.EnterpriseUser { return slack.EnterpriseUser{EnterpriseID: org} }
	for name, tc := range map[string]struct {
		us   *team
		user slack.User
		want incident.Standing
	}{
		"member":                          {alone, slack.User{ID: "U1", TeamID: "T1"}, incident.Member},
		"admin":                           {alone, slack.User{ID: "U1", TeamID: "T1", IsAdmin: true}, incident.Admin},
		"guest":                           {alone, slack.User{ID: "U1", TeamID: "T1", IsUltraRestricted: true}, incident.Guest},
		"bot":                             {alone, slack.User{ID: "U1", TeamID: "T1", IsBot: true}, incident.Bot},
		"gone, though an admin":           {alone, slack.User{ID: "U1", TeamID: "T1", IsAdmin: true, Deleted: true}, incident.Gone},
		"stranger by Slack's word":        {alone, slack.User{ID: "U1", TeamID: "T1", IsStranger: true}, incident.Stranger},
		"of another workspace":            {alone, slack.User{ID: "U1", TeamID: "T2"}, incident.Stranger},
		"of another organisation":         {alone, slack.User{ID: "U1", TeamID: "T2", Enterprise: of("E2")}, incident.Stranger},
		"our organisation":                {grid, slack.User{ID: "U1", TeamID: "T2", Enterprise: of("E1")}, incident.Member},
		"another one, seen from ours":     {grid, slack.User{ID: "U1", TeamID: "T2", Enterprise: of("E2")}, incident.Stranger},
		"no organisation, seen from ours": {grid, slack.User{ID: "U1", TeamID: "T2"}, incident.Stranger},
	} {
		if got := tc.us.profile(tc.user, time.Time{}).Standing; got != tc.want {
			t.Errorf("%s: got %q, want %q", name, got, tc.want)
		}
	}
}
