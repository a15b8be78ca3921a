// Package slacksim is a Slack workspace in memory: the Web API, deliveries to an app, a screen for people and a
// test language for stories. It must never flatter the app that talks to it.
//
// Decisions
//
//   - It imports nothing of the bot and no Slack client: a shared library would share its bugs with what it checks.
//   - It is stricter than Slack where Slack forgives silently: an unknown argument, block, element or field is refused
//     with invalid_arguments or invalid_blocks, although Slack would drop it. Lengths are counted in UTF-16 units of the
//     text as sent, because Slack does not say how it counts and this count is never the smallest.
//   - Only what the manifest grants works: scopes, slash commands, shortcuts, event subscriptions, the Home tab.
//   - Two clocks. Now is the scenario's (timestamps, rate limits, pauses before an event is sent again, life of a
//     response_url). Clock is the real one (signatures, and the three seconds of a trigger_id), because both ends of a
//     signature must agree with the world and not with the story.
//   - One lock guards everything; whoever changes something people could see calls changed, which wakes those who wait.
//     Nothing polls and nothing sleeps.
//   - What is JSON on the wire stays JSON inside (Object): a typed copy of Block Kit would be a second list of its fields.
//   - First deliveries of events keep their order, one at a time. Slack promises no order, but a story must be repeatable;
//     SendEvent is there for tests that want another order.
//   - Deliveries go by signed HTTP or over websockets, as the switch of Socket Mode says; what happens to them then is the
//     same. Where Slack does not say what it does, this workspace takes what is harder for the app: connections take turns,
//     an ack counts only on the connection that the envelope went to, and with a connection all that was not acked on it is
//     lost. A connection ends when a story says so; Slack's end every few hours as well.
package slacksim
