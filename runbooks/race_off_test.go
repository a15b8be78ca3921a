//go:build !race

package runbooks

// slower is how many times as long things may take.
const slower = 1
