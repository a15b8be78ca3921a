// Package outbox delivers what incidents owe the outside: in order, until it is done, and loudly when it is late.
//
// # Decisions
//
// The queue is in the store, and everything that must survive a crash is there: order, attempts, refusals, leases,
// alarms. The outbox keeps in memory only what may be forgotten: the circuits, and a copy of the refusals. What it
// promises is at least once, harmless twice: an effect whose Attempt is above 1 may have happened, and its courier looks
// before doing it again, unless it is known here (Clean) that all before was refused for sure. Without that, each effect
// that a rate limit puts off spends calls on looking, which are limited too.
//
// An error of a courier is an instruction (incident.Setback). Down: the destination does not answer; its circuit opens
// and nobody is blamed. Not down: it answers and asks for patience; this effect waits. A delivery that outlives its deadline is Down,
// whatever its error says. Anything else, a panic included, refuses the effect: tried again, and buried with the
// twelfth refusal, after which its lane goes on.
//
// A circuit belongs to a destination, as do its workers: a hung destination can fill its own pool only. While the
// circuit is open nothing is claimed in the lanes of that destination. When its time is over one effect is tried, and
// only what becomes of that one matters: any answer, be it a refusal, closes the circuit and everything due goes;
// silence opens it for longer. An effect for which nobody had to be asked proves nothing: the next one is tried. Deliveries begun before it opened neither close it nor lengthen it. An effect that
// failed as the one tried steps aside for a moment, so that the next trial falls to another: else one effect at which
// the destination always chokes would keep it shut for all. A circuit that nothing has tried for two minutes after its time
// closes by itself: other replicas have delivered what waited, or it is not needed any more, and nobody knows how long the
// destination has been back.
//
// After an outage, what has been owed for less than incident.Backlog goes before what was left behind: a fresh declaration
// does not wait for thousands of others. Whoever sums the outage up is told (Recovered) before anything else is sent, and
// until they have heard, the circuit stays open. Since when it has been is kept in memory only: a restart in the midst of
// an outage begins a new one, so that a sum may tell of its last part, or of nothing where that was short.
//
// One goroutine decides (Run), the others deliver and record. It looks at the queue when the store wakes it, when a
// delivery ends, when it is nudged, and when the next thing falls due; it does not poll. The exceptions: once a minute it looks
// in any case, for the clock may have been set; while something is due that cannot be claimed (its circuit is open), the next
// due time behind it is hidden, and it looks once a second; so it does where others deliver from the same store (not Single),
// because nobody tells it of what they store.
//
// A lease is counted from before the store is asked, and a delivery may begin calls in the first third of it only (Until,
// which the courier takes to the last place before the wire). So whoever is stopped past its lease sends nothing
// afterwards, and what it sent last has landed when another looks for it, with room for clocks that differ.
//
// Clocks leap. That one has is noticed at the next look, and told to whoever keeps the record (Leapt): what was stored under
// the new time just before that stands in front of it there. What seems to be put off for longer than anything is was put off by
// a clock that was wrong, and is due.
// Right after a leap no lease is ended for as long as a lease lasts, because its holder may not know; so a leap costs
// a minute at most, and no second delivery. Where the clock of one replica was ahead and it dies, what it held waits until
// its leases are over by the others' clocks.
//
// What is due follows Now; how long to sleep until then is real time. With a clock that a test sets by hand, a wake or a
// Nudge makes it look again.
//
// Of a failing store one line is logged when it begins, one when it lasts, one when it is over. A result that cannot be
// recorded is tried again for as long as its lease lasts, and keeps its worker: so a store that is down holds back the
// deliveries too.
//
// The end is bounded: when Run's context ends nothing more is claimed, deliveries under way have six seconds to finish
// and be recorded, and what then is left is handed back. What a run leaves begun, at its end or by dying, is due only
// when its calls have landed (incident.Flight): looking sooner would miss them, and do them twice. Seen: with calls that take
// up to 300 ms, 3 to 8 duplicates in 100 kills.
package outbox
