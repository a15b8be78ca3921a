// Package pagerdutytest is a PagerDuty account in memory: the REST and Events API, signed webhooks, a page for people and a
// test language for stories. It must never flatter the program that talks to it.
package pagerdutytest
