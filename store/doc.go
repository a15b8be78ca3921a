// Package store keeps everything: one durable transaction a change, and hands out the effects that changes owe.
package store
