package main

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf16"
)

// newLog makes the log: JSON or text, from a level on, each record on one line of printable characters.
func newLog(out io.Writer, s settings) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.LogLevel)); err != nil {
		return nil, fmt.Errorf("TOCSIN_LOG_LEVEL: %w", err)
	}
	o := &slog.HandlerOptions{Level: level}
	if s.LogFormat == "text" {
		return slog.New(slog.NewTextHandler(printable{out}, o)), nil
	}
	return slog.New(slog.NewJSONHandler(printable{out}, o)), nil
}

// printable escapes what people's words could do to a terminal or to whoever reads the log line by line: colours, cursor
// jumps, writing from right to left. slog's handlers write each record at once and quote its values, so
// that all of these stand within quotes, where \u escapes them in both formats. The JSON handler itself escapes only
// what JSON must not hold.
type printable struct{ out io.Writer }

func (p printable) Write(record []byte) (int, error) {
	line := strings.TrimSuffix(string(record), "\n")
	if strings.IndexFunc(line, unprintable) >= 0 {
		line = escaped(line)
	}
	if _, err := io.WriteString(p.out, line+"\n"); err != nil {
		return 0, err
	}
	return len(record), nil
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

func escaped(line string) string {
	var b strings.Builder
	for _, r := range line {
		switch {
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff: // JSON has no escape for it but two
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
