package main

import (
	"errors"
	"io/fs"
	"regexp"
	"strings"
)

// advice takes apart what our errors say: what is wrong, what to do about it, and in brackets more of it.
var advice = regexp.MustCompile(`: ([a-z][^:(]*?)( \([^()]*\))?$`)

// mendOf is what to do about a setting, and in which file it stands.
func (d *doctor) mendOf(one settingFault) string {
	file, in := strings.CutPrefix(d.from[one.name], "file ")
	switch _, example, told := strings.Cut(one.text, ", for example "); {
	case strings.Contains(one.text, "cannot be read"):
		return "set " + one.name + "_FILE to a file that Tocsin's user can read"
	case strings.Contains(one.text, "did you mean "):
		_, name, _ := strings.Cut(one.text, "did you mean ")
		return "rename it to " + strings.TrimSuffix(name, "?")
	case strings.HasPrefix(one.text, "is missing. ") && one.name == "SLACK_BOT_TOKEN":
		return "put the Bot User OAuth Token of OAuth & Permissions into a file, and set SLACK_BOT_TOKEN_FILE to its name"
	case strings.Contains(one.text, "belongs into "):
		_, home, _ := strings.Cut(one.text, "belongs into ")
		return "put it into " + home + ", and into " + one.name + " what begins with " + prefixOf(one.name)
	case strings.Contains(one.text, "begin with "):
		return d.inItsPlace(settingMends[one.name])
	case told:
		return "set " + one.name + " to what is like " + example
	}
	if _, right, told := strings.Cut(one.text, "must be "); told {
		right, _, _ = strings.Cut(right, "; ")
		return "set " + one.name + " to " + right
	}
	mend := "set " + one.name + " anew"
	if found := advice.FindStringSubmatch(one.text); found != nil {
		mend = found[1] + found[2]
	}
	if in && !strings.Contains(mend, file) {
		mend += "; it stands in " + file
	}
	return mend
}

// mendOfDatabase is what to do about a database that cannot be opened.
func mendOfDatabase(err error) string {
	if errors.Is(err, fs.ErrPermission) {
		return "let Tocsin's user read and write it, and its folder; or ask as that user"
	}
	if found := advice.FindStringSubmatch(oneLine(err.Error())); found != nil {
		return found[1]
	}
	return "set TOCSIN_DB to a database that Tocsin can use, or restore a backup"
}
