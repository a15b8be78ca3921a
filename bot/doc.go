// Package bot is Slack: what comes in (commands, buttons, forms, events) and what goes out (the courier).
//
// # Decisions
//
// A handler is parse → change → reply. It asks nobody outside, so that its answer needs one local transaction and is as
// fast when Slack is slow; the one exception is opening a form, which Slack allows for three seconds only. Whatever
// Slack was answered is on disk before the answer leaves: the answer itself is kept under the request's key, so that the
// same request delivered again gets the same words and changes nothing.
//
// Slack reaches us over signed HTTP or over Socket Mode, or over both while an app is moved from one to the other. Either
// way a request is read into the same noun (request.go), known by the same key, and acted on by the same code: what comes
// twice, over whatever it comes, counts once. A request of another app or workspace is refused. Which app we are stands in
// our own profile in Slack's list of users, and in Socket Mode's hello; until we know, the signature or the connection, which
// are ours alone, must do.
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
// Events that Slack drops are made up for from what can still be read (gap.go): that is recorded, counted, and waits until Slack
// has stopped dropping. It goes the way of an event, so that nothing is done twice.
//
// Private incidents are told only to those who are known, by a look younger than five minutes, to be in their room. To
// everybody else they do not exist, in the very words used for numbers that were never given out.
//
// # Socket Mode
//
// The connections stand on gorilla/websocket, and only apps.connections.open goes through slack-go. Its socketmode package
// (read at v0.34.0) closes a connection before it opens the next one, with whatever waits to be acknowledged on it; ends
// without a closing frame; notices a dead connection by Slack's pings alone, up to twice their interval late; rests up to
// five minutes; retries some errors that only a person can mend for ever without a word, and ends on others; and turns an
// event of a shape that it does not know into one that has no envelope id. Each of these would have to be undone from
// outside.
//
// There are two connections, and Slack uses either. One that Slack wants to end is kept, read and answered until its
// successor has been greeted. Each is asked every ten seconds whether it lives, and given up after 25 silent ones.
//
// Nothing ends the socket but the end of the program:
//
//	what happens                                      what it does
//	cut, silent, Slack's warning or refresh           makes that connection anew, the other one carries on
//	network, 5xx, no JSON, an unknown refusal         tries again after 1 s · 2ⁿ, at most 60 s, ± 20 %
//	429                                               the same, and not before Retry-After
//	too_many_websockets                               the same: ten connections of one app are allowed
//	invalid_auth, not_authed, token_revoked,          one line at ERROR that says the mend, no connection, so not ready;
//	token_expired, account_inactive, missing_scope,   tries again each minute, and at once when the settings are read
//	not_allowed_token_type, link_disabled,            anew: so it heals by itself once a person has put it right
//	socket_mode_not_enabled
//	tokens of two apps                                the same
//
// That Socket Mode is switched off is told by the reason of a disconnect, link_disabled. Some report that Slack opens a
// connection all the same, with "Socket Mode is not turned on." among the messages of its answer, others that they read so
// while everything works. The library does not hand that message on, and nothing is done about it.
//
// Each connection is read by a goroutine that waits for nothing, so that pings are answered whatever else is under way.
// Requests are worked on by a bounded crew. Those of one person are taken in order, and so are the events of one room;
// different people are not, because an order between them can only be told where one has seen what the other did, and
// nothing shows before it is stored. So a form that Slack is slow to open holds up nobody but the person who asked for it.
//
// An envelope is acknowledged once what it asks for is stored, with the answer in it. One that nobody can read is
// acknowledged too: it would be no better the next time. Of one that could not be stored a person hears at once (a command
// is answered so; a press or a form that is not acknowledged is reported by Slack), and an event that is not acknowledged
// comes again. An answer that Slack would drop for its size, or that does not leave because the connection has gone, goes
// to the command's own address for answers.
package bot
