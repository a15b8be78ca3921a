package pagerduty

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
)

func sign(body, secret string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

// F44, F63: what is signed with one of our secrets is accepted, in every form that a header may have; nothing else is.
func TestVerify(t *testing.T) {
	const body = `{"event":{}}`
	good, other := sign(body, "s1"), sign(body, "other")
	for _, c := range []struct {
		name, header string
		secrets      []string
		want         bool
	}{
		{"one", good, []string{"s1"}, true},
		{"upper-case hex", "v1=" + strings.ToUpper(good[3:]), []string{"s1"}, true},
		{"second of two", other + "," + good, []string{"s1"}, true},
		{"second of two, after a space", other + ", " + good, []string{"s1"}, true},
		{"spaces around", "  " + good + "  ", []string{"s1"}, true},
		{"our second secret", good, []string{"s0", "s1"}, true},
		{"a later version beside it", "v2=abc," + good, []string{"s1"}, true},
		{"twice the same", good + "," + good, []string{"s1"}, true},
		{"the last of a hundred", strings.Repeat(other+", ", 99) + good, []string{"s1"}, true},
		{"none", "", []string{"s1"}, false},
		{"no secrets", good, nil, false},
		{"an empty secret", sign(body, ""), []string{""}, false},
		{"an empty secret beside ours", sign(body, ""), []string{"", "s1"}, false},
		{"another secret", other, []string{"s1"}, false},
		{"cut short", good[:40], []string{"s1"}, false},
		{"a prefix of it that is whole hex", good[:3+32], []string{"s1"}, false},
		{"too long", good + "00", []string{"s1"}, false},
		{"no hex", "v1=" + strings.Repeat("z", 64), []string{"s1"}, false},
		{"without version", good[3:], []string{"s1"}, false},
		{"wrong version", "v2=" + good[3:], []string{"s1"}, false},
		{"upper-case version", "V1=" + good[3:], []string{"s1"}, false},
		{"only commas", ",,,,", []string{"s1"}, false},
		{"a header without end", strings.Repeat(other+",", 100_000) + good, []string{"s1"}, false},
	} {
		if err := Verify(c.header, []byte(body), c.secrets); (err == nil) != c.want {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if Verify(good, []byte(body+" "), []string{"s1"}) == nil {
		t.Error("a body that was changed after signing is accepted")
	}
}

// PagerDuty's own example, as it stands and during a rotation.
func TestVerifyTheirVector(t *testing.T) {
	var v map[string]string
	if err := json.Unmarshal(sample(t, "signature_vector.json"), &v); err != nil {
		t.Fatal(err)
	}
	for _, header := range []string{"X-PagerDuty-Signature", "rotation_no_space", "rotation_with_space"} {
		if err := Verify(v[header], []byte(v["body"]), []string{v["secret"]}); err != nil {
			t.Errorf("%s: %v", header, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(sign("b", "s"), []byte("b"))
	f.Add("v1=, v1=zz,v1", []byte(""))
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		good := sign(string(body), "s")
		if Verify(header, body, []string{"s"}) == nil && !strings.Contains(strings.ToLower(header), good[3:]) {
			t.Errorf("%q is accepted", header)
		}
		if Verify(header, body, []string{""}) == nil {
			t.Error("an empty secret is accepted")
		}
		if len(header) < 4<<10 && Verify(header+","+good, body, []string{"s"}) != nil {
			t.Errorf("a good signature after %q is refused", header)
		}
	})
}
