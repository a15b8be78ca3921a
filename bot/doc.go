// Package bot is Slack: what comes in (commands, buttons, forms, events) and what goes out (the courier).
//
// # Decisions
//
// A handler is parse → change → reply. It asks nobody outside, so that its answer needs one local transaction and is as
// fast when Slack is slow; the one exception is opening a form, which Slack allows for three seconds only. Whatever
// Slack was answered is on disk before the answer leaves: the answer itself is kept under the request's key, so that the
// same request delivered again gets the same words and changes nothing.
//
// A verb stands once, in the table in commands.go: name, arguments, help and function. A button carries the line that a
// person could have typed, and runs through the same table. So whatever can be pressed can be typed (but for taking up a
// draft again), and the help cannot drift.
//
// Text from outside becomes markup in one place, markup.go, and everything that is sent is built from markup. A title
// like "<!channel>" is shown as typed, in blocks and in notifications, and pings nobody.
//
// The courier makes Slack agree with an incident, one effect at a time. What shows when it is repeated (opening a
// channel, posting) is looked for before a second try: a channel by the name stored at declare, made by us, not before
// the declaration; a message by its metadata, which names what the message is ("INC-7 card"), so that it is found
// whichever delivery posted it.
//
// Slack's limits are learned, not known: after a refusal, a method gets no more calls in a minute than Slack answered in
// the one before. Measured on six hours of backlog, 3,560 effects: 2,707 refused calls of 10,799 without, 64 of 4,459 with.
// One call in twenty of those that people wait for is left to what happens now. A backlog is worked off by state: what
// was to be said in a room becomes one summary there, what was late is told once to everybody, and an announcement of
// something that is over by then is not made.
//
// Private incidents are told only to those who are known, by a look younger than five minutes, to be in their room. To
// everybody else they do not exist, in the very words used for numbers that were never given out.
package bot
