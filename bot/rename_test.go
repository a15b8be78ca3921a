package bot

import (
	"testing"

	"tocsin/incident"
)

// TestNearServiceInAnyCase: what a service is nearly called does not hang on capitals, in the policy or as it was typed.
func TestNearServiceInAnyCase(t *testing.T) {
	policy := &incident.Policy{Services: []incident.Service{{Name: "API-Gateway"}, {Name: "checkout"}}}
	for typed, near := range map[string]string{
		"api-gatewey": "API-Gateway", "API-GATEWEY": "API-Gateway", "CHEKOUT": "checkout", "api-gateway": "", "warehouse": "", "": "",
	} {
		if got := nearService(policy, typed); got != near {
			t.Errorf("near %q: %q, want %q", typed, got, near)
		}
	}
}
