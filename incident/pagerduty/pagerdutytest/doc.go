// Package pagerdutytest is a PagerDuty account in memory: the REST and Events API, signed webhooks, a page for people and a
// test language for stories. It must never flatter the program that talks to it.
//
// Decisions
//
//   - It imports nothing of ours and no PagerDuty client: a shared library would share its bugs with what it checks.
//   - It is stricter than PagerDuty where PagerDuty forgives silently: an unknown path, parameter or field is refused, and a
//     refusal that nobody announced is a complaint, which fails a story.
//   - Now is the scenario's clock: when things happened, rate limits, pauses before a delivery is attempted again, the day for
//     which a subscription is disabled. Only the seconds that an app has to answer are real.
//   - One lock guards everything; whoever changes something that could be seen calls changed, which wakes those who wait.
//     Nothing polls, but for the clock of an account that runs by itself.
//   - Deliveries keep their order per subscription and incident, one at a time; those of different incidents do not wait for
//     each other. PagerDuty does not publish its pauses between attempts: here they grow from ten seconds to an hour, for 48
//     hours. Held deliveries are let go in whatever order a story says.
//   - An incident key is unique among the open incidents of one service, as PagerDuty says it, not of the account.
//   - The rate limit is a minute that begins with its first request, as its headers describe it.
//   - Ids count up, so that every run of a story has the same ones. An account that lives beside a database which outlives it
//     needs another Options.Seed.
package pagerdutytest
