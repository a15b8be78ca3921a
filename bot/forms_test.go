package bot

import (
	"slices"
	"strings"
	"testing"

	"tocsin/incident"
)

// TestAFieldSpeaksAsThePolicyDoes: what is refused below a field of a form names statuses as everywhere else.
func TestAFieldSpeaksAsThePolicyDoes(t *testing.T) {
	policy := incident.Defaults()
	policy.Statuses = slices.Clone(policy.Statuses)
	for n := range policy.Statuses {
		if policy.Statuses[n].Status == incident.Closed {
			policy.Statuses[n].Called = "filed & done"
		}
	}
	c := &call{Bot: &Bot{Options: Options{Policy: func() *incident.Policy { return policy }}}}
	body, err := c.formRefused(inputWords, incident.Refuse(incident.Conflict, "%s is %s.", incident.ID(7), incident.Closed))
	if err != nil || !strings.Contains(string(body), `"words":"INC-7 is filed \u0026 done."`) {
		t.Errorf("%s %v", body, err)
	}
}
