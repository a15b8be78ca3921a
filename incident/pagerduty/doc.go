// Package pagerduty speaks PagerDuty's wire: it verifies and reads what a webhook brings, and asks its REST and Events API
// for what an incident owes.
//
// Decisions
//
//   - Signatures are checked here and not with go-pagerduty's webhookv3: that one does not trim spaces after a comma, takes
//     one secret, accepts an empty one, and reads the body by itself, cut at 2 MB without a word.
//   - A delivery is read into values of our own, by exact names and with kinds that are wrong taken as absent: a webhook has
//     other names than REST for the same things, its shape differs per type, and one odd field must not lose an alert.
//   - go-pagerduty signs requests, asks for lists and sends events. What it sends or reads wrongly goes through its Do with
//     structs of ours: create (a null priority, details), notes (it sends the user as well), incidents (an object as details
//     fails the whole decode), webhook subscriptions (it has none).
//   - What went wrong is told by the status that came over the wire, which the transport keeps for the call, and never by an
//     error's words: go-pagerduty wraps with %v, so that even a deadline cannot be told from a refusal.
//   - A call is repeated here only when it reads. What writes is repeated by the outbox, which looks first.
//   - PagerDuty allows 960 requests a minute and key. The client spends 900 and a burst of 60, so that no minute holds
//     more, and once it was told to wait nothing is sent before that time, whichever call was told.
package pagerduty
