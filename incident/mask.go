package incident

import (
	"regexp"
	"strings"
)

// secret is a kind of secret that people paste by mistake, and how it is recognised. The last group of the pattern is what
// is masked, or all of it where there is none.
type secret struct {
	name    string
	hint    []string // one of these stands in every text that holds one, in small letters: most texts hold none
	pattern *regexp.Regexp
	digits  bool // what is masked could be a word: only with a digit it is none
}

// secrets is the one list of them. Sources: the token formats that Slack, GitHub, AWS, Google, Stripe and PagerDuty document,
// RFC 7468 for keys, RFC 7519 for JWTs, RFC 6750 for bearer tokens, RFC 3986 for passwords in addresses.
var secrets = []secret{
	{name: "private key", hint: []string{"private key"}, pattern: regexp.MustCompile(
		`(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|$)`)},
	{name: "Slack token", hint: []string{"xox", "xapp-"}, pattern: regexp.MustCompile(
		`\b(?:xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{8,}|xapp-[0-9]-[A-Za-z0-9-]{8,})`)},
	{name: "Slack webhook", hint: []string{"hooks.slack.com"}, pattern: regexp.MustCompile(
		`hooks\.slack\.com/[a-z]+/([A-Za-z0-9/_-]{8,})`)},
	{name: "GitHub token", hint: []string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"}, pattern: regexp.MustCompile(
		`\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})`)},
	{name: "AWS key", hint: []string{"akia", "asia"}, pattern: regexp.MustCompile(`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`)},
	{name: "AWS secret", hint: []string{"secret", "session"}, pattern: regexp.MustCompile(
		`(?i)(?:secret_?(?:access_?)?key|session_?token)["']?\s*[:=]\s*["']?([A-Za-z0-9/+=]{40,})`)},
	{name: "Google key", hint: []string{"aiza"}, pattern: regexp.MustCompile(`\bAIza[A-Za-z0-9_-]{35}`)},
	{name: "Stripe key", hint: []string{"k_live_", "whsec_"}, pattern: regexp.MustCompile(`\b(?:[sr]k_live_|whsec_)[A-Za-z0-9]{10,}`)},
	{name: "PagerDuty key", hint: []string{"pagerduty", "token token", "routing", "integration"}, digits: true, pattern: regexp.MustCompile(
		`(?i)(?:pagerduty[\w .-]{0,30}(?:key|token)|token token|(?:routing|integration)[_ ]?key)["']?\s*(?:[:=]|is\b)\s*["']?([a-z0-9_+-]{20,32})\b`)},
	{name: "JSON web token", hint: []string{"eyj"}, pattern: regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{5,}\.eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*`)},
	{name: "bearer token", hint: []string{"bearer", "authorization"}, digits: true, pattern: regexp.MustCompile(
		`(?i)(?:authorization["']?\s*[:=]\s*["']?(?:basic|token)|bearer)\s+([A-Za-z0-9._~+/-]{16,}=*)`)},
	{name: "password", hint: []string{"://"}, pattern: regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*://[^\s/:@<>|]*:([^\s/@<>|]+)@`)},
}

// Mask takes secrets out of a text, and says which kinds there were, each once. What it knows is what can be told from
// ordinary words without doubt: a password that is only a word stays.
func Mask(text string) (masked string, found []string) {
	lower := strings.ToLower(text)
	for _, s := range secrets {
		if !s.hinted(lower) {
			continue
		}
		if clean := s.mask(text); clean != text {
			text, found = clean, append(found, s.name)
			lower = strings.ToLower(text)
		}
	}
	return text, found
}

func (s secret) hinted(lower string) bool {
	for _, hint := range s.hint {
		if strings.Contains(lower, hint) {
			return true
		}
	}
	return false
}

// mask puts the name of the secret in its place.
func (s secret) mask(text string) string {
	var b strings.Builder
	last := 0
	for _, at := range s.pattern.FindAllStringSubmatchIndex(text, -1) {
		from, to := at[0], at[1]
		if len(at) > 2 {
			from, to = at[2], at[3]
		}
		switch {
		case strings.HasPrefix(text[from:to], "[masked:"): // by a kind before this one, or by an earlier pass
			continue
		case s.digits && !strings.ContainsAny(text[from:to], "0123456789"):
			continue
		}
		b.WriteString(text[last:from])
		b.WriteString("[masked: " + s.name + "]")
		last = to
	}
	b.WriteString(text[last:])
	return b.String()
}
