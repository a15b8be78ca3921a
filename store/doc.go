// Package store keeps everything: one durable transaction a change, with the entries that the rules recorded and the
// effects that those owe, and hands the effects out for delivery.
//
// # Decisions
//
// An answer means durable. A change runs once a request: the request's key, the state, the entries, the effects and the
// answer are one transaction, synced before the answer is given. The same key again gets the same answer. So a caller who
// does not know whether a change went through asks again.
//
// What the rules changed is written by the transaction, not by those who changed it: Tx hands out incidents, remembers
// what the database holds of them, and writes the difference and what their ledgers hold. No other code can insert an
// entry or an effect.
//
// On SQLite the changes of all callers queue at one goroutine, which runs each in a savepoint and commits as many as are
// waiting at once: one sync serves them all. The transaction has a context of its own, because a caller who gives up must
// not roll back the others. No change is answered before the commit, not even one that was refused: a refusal may rest on
// what another change of the same transaction did. After an error from which SQLite may have rolled back on its own (disk
// full, I/O), or whose sync cannot be believed any more, the whole batch fails and the connection is thrown away.
//
// An entry is two rows. The entry itself is never changed or deleted, triggers see to that; it holds commitments to its
// content, each salted apart. The content may be deleted, which is a redaction, and never changed. Whoever has the content
// can check it against the commitment, whoever has not cannot guess it.
//
// An effect waits, is leased, is done or is buried. There is one waiting effect for a thing at a time; it is asked for
// again while it waits: it will bring the thing in step with what is true then. One that is leased may have read the
// state already, so what changes now is asked for anew; if the leased one then has to wait again, it takes the place of
// the younger one, because it was tried and must look first.
//
// It is the turn of those effects that nothing holds up: first in their lane, and nothing that they wait for was asked for
// before. The view turns says so. It is also written in each row, with the rank of its incident, because the outbox looks
// after each delivery and each change, and would read the whole queue each time, while thousands may wait in it. A change that asks for
// effects or ends some takes the turns of that incident anew, in one place, at its end; so what claims, alarms and due times
// cost depends on what can be delivered, not on what waits behind it.
//
// Who has left a room stays there as absent, with the time when that was known: a list of members that was read earlier
// and arrives later must not bring them back.
//
// There is one set of queries, in queries, typed by sqlc from the PostgreSQL schema into package db. SQLite runs the same
// text with $1 spelt ?1. A test generates them from the SQLite schema too and compares, and others look at the plan of
// each. What the engines have to be told differently stands in a dialect: the end of the claim, the lock of a row, how to
// list the structure, how to search. Times are Unix milliseconds.
//
// On PostgreSQL each change is a transaction of its own, at READ COMMITTED, and several programs may share the database.
// Whatever is written for an incident, its row is locked first (row 0 for the system), and several in the order of their
// numbers: so ids of entries and effects come in the order of the commits, and who reports on an effect does not race with
// who asks for it anew. The claim alone takes the rows of effects instead, skips those that are taken, and asks of each once
// more whether it is open, because it found them in an older picture. A change that lost (deadlock, unique key), or whose
// connection broke before its commit, runs again; whose commit was not answered, runs again where it has a key, which finds out; else it fails as uncertain.
// A program that is stopped in a change, or whose machine is gone, loses its locks after a second, and runs the change again
// when it goes on: the server counts how long a transaction stands still, and needs no word from the network for that, where the kernel of
// a stopped program still answers for it.
//
// Nothing lasts on a session, so a pooler may give each transaction another: nothing is prepared, settings are those of the
// transaction, locks too. The start of a transaction makes its commit durable, and reads the schema's version: the table
// where it stands is locked by each migration first, which so waits for the changes under way and keeps out the next, and an
// older program never writes to a newer schema.
//
// A database file is made under another name and renamed when it is whole, so an empty file is one that lost its data and is
// refused. The lock beside a file tells whether its write-ahead log holds changes: one that is gone after a crash is missed. That it is still the file that was opened
// is asked before and after each commit; where it is not any more after one, or its sync has failed, the change may be kept or lost, and is
// uncertain as above. Migrations run forward only, after a copy of a file was put beside it. The checksums of their files and what they made are kept, and compared at each
// start. In the background a file is examined, a large one by parts: while a read lasts, the write-ahead log cannot be
// emptied. PostgreSQL examines itself.
package store
