//go:build !linux

package runbooks

import (
	"testing"
	"time"
)

// spent is how long something took.
func spent(_ *testing.T, do func()) time.Duration {
	begun := time.Now()
	do()
	return time.Since(begun)
}
