package main

import (
	"cmp"
	"errors"
	"io/fs"
	"regexp"
	"strings"

	"tocsin/store"
)

// mendOf is what to do about a setting, and in which file it stands.
func (d *doctor) mendOf(one settingFault) string {
	mend := d.inItsPlace(one.mend)
	if file, in := strings.CutPrefix(d.from[one.name], "file "); in && !strings.Contains(mend, file) {
		mend += "; it stands in " + file
	}
	return mend
}

// inItsPlace names the files that hold what a mend speaks of, where there are some.
func (d *doctor) inItsPlace(mend string) string {
	for _, name := range []string{"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"} {
		itself := regexp.MustCompile(`\b` + name + `\b`) // and not the setting that names its file
		if file, in := strings.CutPrefix(d.from[name], "file "); in && itself.MatchString(mend) {
			mend = itself.ReplaceAllLiteralString(mend, "the token") + ": put it into " + file
		}
	}
	return strings.ReplaceAll(mend, defaultPolicy, d.settings.policyFile())
}

// mendOfDatabase is what to do about a database that cannot be opened.
func mendOfDatabase(err error) string {
	if errors.Is(err, fs.ErrPermission) {
		return "let Tocsin's user read and write it, and its folder; or ask as that user"
	}
	return cmp.Or(store.MendOf(err), "set TOCSIN_DB to a database that Tocsin can use, or restore a backup")
}
