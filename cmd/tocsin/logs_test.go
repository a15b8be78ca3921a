package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// hostile is what people may type, or what Slack may answer, that must not reach a terminal or make a line of its own.
var hostile = []string{
	"checkout\n{\"level\":\"ERROR\",\"msg\":\"all is lost\"}", "a\r\nlevel=ERROR msg=forged", "\x1b[31mred\x1b[0m", "\u009b2J", "\x7f\x00\a\b",
	"gnp.\u202egpj", "zero\u200bwidth", "line\u2028and\u2029paragraph", "\U000e0041tag", "broken \xff\xfe", `quote " backslash \ "}`, "tab\there", "",
}

// logged logs words as a message, as a value and as an error's, and returns the line.
func logged(t interface{ Fatalf(string, ...any) }, format, words string) string {
	var out bytes.Buffer
	log, err := newLog(&out, settings{LogFormat: format, LogLevel: "info"})
	if err != nil {
		t.Fatalf("%v", err)
	}
	log.Info(words, "title", words, slog.Group("in", "deep", words))
	line, rest, _ := strings.Cut(out.String(), "\n")
	if rest != "" {
		t.Fatalf("%s: %q makes more than one line: %q", format, words, out.String())
	}
	if at := strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }); at >= 0 {
		t.Fatalf("%s: %q reaches the terminal: %q", format, words, line)
	}
	return line
}

// TestF70OneLineARecord: words cannot forge a record, in either format, and can be read back from JSON as they were.
func TestF70OneLineARecord(t *testing.T) {
	for _, words := range hostile {
		for _, format := range []string{"json", "text"} {
			line := logged(t, format, words)
			if format == "json" {
				sameWords(t, line, words)
			} else if bare := quoted.ReplaceAllString(line, ""); !strings.Contains(bare, " level=INFO ") || strings.Contains(bare, "ERROR") {
				t.Errorf("%q forges: %s", words, line)
			}
		}
	}
}

var quoted = regexp.MustCompile(`"(\\.|[^"\\])*"`)

// TestF70AnyWords is the same for words that nobody has thought of.
func TestF70AnyWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.String().Draw(t, "words")
		logged(t, "text", words)
		sameWords(t, logged(t, "json", words), words)
	})
}

func sameWords(t interface{ Fatalf(string, ...any) }, line, words string) {
	var record struct {
		Level, Msg, Title string
		In                struct{ Deep string }
	}
	if err := json.Unmarshal([]byte(line), &record); err != nil {
		t.Fatalf("%q is no JSON: %v", line, err)
	}
	want := string([]rune(words)) // with U+FFFD in the place of each byte that is no text
	if record.Level != "INFO" || record.Msg != want || record.Title != want || record.In.Deep != want {
		t.Fatalf("%q became %+v", words, record)
	}
}

func TestLogLevelAndFormat(t *testing.T) {
	var out bytes.Buffer
	log, err := newLog(&out, settings{LogFormat: "text", LogLevel: "warn"})
	if err != nil {
		t.Fatal(err)
	}
	log.Info("no")
	log.Warn("yes", "token", secret("xoxb-canary"))
	if got := out.String(); strings.Contains(got, "msg=no") || !strings.Contains(got, "level=WARN msg=yes token=***") {
		t.Error(got)
	}
	if _, err := newLog(&out, settings{LogLevel: "loud"}); err == nil || !strings.Contains(err.Error(), "TOCSIN_LOG_LEVEL") {
		t.Error(err)
	}
}
