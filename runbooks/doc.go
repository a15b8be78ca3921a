// Package runbooks reads a folder of runbooks (Markdown with front matter), picks those that fit an incident or an alert,
// and says what is missing in them. It ships five examples.
//
// # Decisions
//
// A runbook is read as a tree of our own (Document), made once from the parser's, so that Slack and pages render the same
// thing and neither knows the parser. There is no HTML in it: tags are the text that they are. Links lead to http, https, mailto, or a
// place in the repository. A runbook keeps its text and makes the tree when it is asked for: a tree is many times as large,
// and is rarely wanted.
//
// Text may be hostile. The parser is quadratic in places and cannot be stopped, so it is bounded from outside (guard.go): lines and
// nesting before it starts, and each piece of text and each table is charged for what it may cost at worst. What a file
// cannot pay for is plain text. No megabyte that we know of takes a tenth of a second; hostile_test.go prints what each took.
//
// A step's key is made of its words, so it survives what is moved around it; a step that says something else is another one,
// and a tick does not pass from "check the table" to "drop the table".
//
// Files are looked at when somebody calls Refresh: there is no goroutine and no clock here. What has another size or time of
// writing is read again; what is broken keeps its last good version and is among the Faults; what is gone is gone, but for a
// folder that cannot be read, which may only not be mounted. A folder is opened so that no link leads out of it (os.Root).
//
// Git is read from its files, without its program and without a library: HEAD, the ref that it names, packed refs, work trees.
// So Commit is what is checked out, not the commit that changed this file last, which would need the history; for the age
// of a file there is last_tested, and Changed, the time when it was written here, which a fresh clone makes the time of the clone.
//
// What a runbook names it is for: one that names services does not fit another service, however well its alert pattern does,
// because HighErrorRate is the same alert everywhere. A severity is that or worse; nobody is kept from a runbook while the
// severity is unknown, and never from finding one by its words.
package runbooks
