//go:build race

package main

// underRace tells whether the race detector watches, under which programs start ten times as slowly.
const underRace = true
