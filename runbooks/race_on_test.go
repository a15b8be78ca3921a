//go:build race

package runbooks

// slower is how many times as long things may take under the race detector.
const slower = 5
