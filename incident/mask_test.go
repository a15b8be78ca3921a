package incident

import (
	"slices"
	"strings"
	"testing"
)

// spelt keeps the samples from being taken for secrets by whoever looks through this file.
func spelt(parts ...string) string { return strings.Join(parts, "") }

var pasted = map[string]struct{ text, want string }{
	"Slack bot token":  {spelt("token xo", "xb-123456789012-abcdefghijkl, right?"), "token [masked: Slack token], right?"},
	"Slack app token":  {spelt("xap", "p-1-A0123-456-abcdef0123"), "[masked: Slack token]"},
	"Slack rotated":    {spelt("xox", "e.xoxp-1-Mi0yLTEyMzQ1Njc4OTA"), "[masked: Slack token]"},
	"Slack webhook":    {spelt("https://hooks.slack.com/serv", "ices/T0001/B0001/abcdefghijklmnop"), "https://hooks.slack.com/services/[masked: Slack webhook]"},
	"GitHub":           {spelt("gh", "p_0123456789abcdefghijABCDEFGHIJ012345 leaked"), "[masked: GitHub token] leaked"},
	"GitHub fine":      {spelt("github_", "pat_11ABCDEFG0123456789_abcdefghijklmnop"), "[masked: GitHub token]"},
	"AWS id":           {spelt("AKI", "AIOSFODNN7EXAMPLE"), "[masked: AWS key]"},
	"AWS temporary id": {spelt("AS", "IAIOSFODNN7EXAMPLE."), "[masked: AWS key]."},
	"AWS secret":       {spelt("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", "/bPxRfiCYEXAMPLEKEY"), "aws_secret_access_key = [masked: AWS secret]"},
	"AWS JSON":         {spelt(`"SecretAccessKey": "wJalrXUtnFEMI/K7MDENG`, `/bPxRfiCYEXAMPLEKEY"`), `"SecretAccessKey": "[masked: AWS secret]"`},
	"private key":      {spelt("see -----BEGIN RSA PRIV", "ATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- there"), "see [masked: private key] there"},
	"half a key":       {spelt("-----BEGIN OPENSSH PRIV", "ATE KEY-----\nb3BlbnNzaC1rZXk"), "[masked: private key]"},
	"JWT":              {spelt("ey", "JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N"), "[masked: JSON web token]"},
	"PagerDuty":        {spelt("Authorization: Token token=y_NbAkKc66", "ryYTWUXYEu"), "Authorization: Token token=[masked: PagerDuty key]"},
	"PagerDuty route":  {spelt(`"routing_key": "0123456789abcdef`, `0123456789abcdef"`), `"routing_key": "[masked: PagerDuty key]"`},
	"Google":           {spelt("AI", "zaSyA0123456789abcdefghijklmnopqrstuv"), "[masked: Google key]"},
	"Stripe":           {spelt("sk_li", "ve_0123456789abcdefABCDEF"), "[masked: Stripe key]"},
	"bearer":           {spelt("curl -H 'Authorization: Bearer 0123456789", "abcdef0123'"), "curl -H 'Authorization: Bearer [masked: bearer token]'"},
	"basic":            {spelt("authorization: Basic dXNlcjpw", "YXNzd29yZDE="), "authorization: Basic [masked: bearer token]"},
	"address":          {"postgres://app:hunter2@db.internal/prod", "postgres://app:[masked: password]@db.internal/prod"},
	"no user":          {"redis://:hunter2@cache:6379", "redis://:[masked: password]@cache:6379"},
	"as Slack has it":  {"<https://a:b&amp;c@x.example/|https://a:b&amp;c@x.example/>", "<https://a:[masked: password]@x.example/|https://a:[masked: password]@x.example/>"},
	"two":              {spelt("AKI", "AIOSFODNN7EXAMPLE and xox", "p-1234567890-abc"), "[masked: AWS key] and [masked: Slack token]"},
}

func TestMask(t *testing.T) {
	for name, tc := range pasted {
		masked, found := Mask(tc.text)
		if masked != tc.want || len(found) == 0 {
			t.Errorf("%s: got %q %v, want %q", name, masked, found, tc.want)
		}
		if again, more := Mask(masked); again != masked || more != nil {
			t.Errorf("%s: masked again: %q %v", name, again, more)
		}
	}
	if _, found := Mask(pasted["two"].text); !slices.Equal(found, []string{"Slack token", "AWS key"}) {
		t.Errorf("got %v", found)
	}
}

func TestMaskLeavesWords(t *testing.T) {
	for _, text := range []string{
		"", "checkout is down", "xoxo everybody", "the AKIA prefix is an access key", "ghp_short", "we rotated the private key",
		"https://grafana.example.com/d/x?from=now-1h", "http://[::1]:8080/path@home", "mailto:ada@example.com", "10:05 ada@example.com: hello",
		"the bearer of bad-tidings-everywhere", "routing key is internationalization", "secret key: the one in the vault", "eyJ is how a JWT begins",
		"git@github.com:owner/name.git", "asia-northeast1 is slow", "[masked: Slack token]",
	} {
		if masked, found := Mask(text); masked != text || found != nil {
			t.Errorf("%q became %q %v", text, masked, found)
		}
	}
}

// FuzzMask looks for a text that is masked differently the second time, or keeps what stands in the list of samples.
func FuzzMask(f *testing.F) {
	for _, tc := range pasted {
		f.Add(tc.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		masked, found := Mask(text)
		if (masked == text) != (found == nil) {
			t.Errorf("%q: %q %v", text, masked, found)
		}
		if again, _ := Mask(masked); again != masked {
			t.Errorf("%q is masked to %q, and that to %q", text, masked, again)
		}
	})
}

func BenchmarkMask(b *testing.B) {
	for b.Loop() {
		Mask("error rate went up at the deploy, we look at the session store of checkout")
	}
}
