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
// the younger one, because it was tried and must look first. The view heads says which effects nothing holds up; claims,
// alarms and due times all read it.
//
// Who has left a room stays there as absent, with the time when that was known: a list of members that was read earlier
// and arrives later must not bring them back.
//
// There is one set of queries, in queries, typed by sqlc from the PostgreSQL schema into package db. SQLite runs the same
// text with $1 spelt ?1. A test generates them from the SQLite schema too and compares, and another looks at the plan of
// each. Only the claim and the roles and refs of many incidents are written by hand. Times are Unix milliseconds.
//
// A database is made under another name and renamed when it is whole, so an empty file is one that lost its data and is
// refused. Migrations run forward only, after a copy of the database was put beside it. The checksums of their files and
// what they made are kept, and compared at each start.
package store
