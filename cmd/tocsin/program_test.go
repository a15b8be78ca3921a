package main

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
)

// TestAnAddressThatCannotBeTaken is refused with what to do; the rest is in the scripts, but for what root may.
func TestAnAddressThatCannotBeTaken(t *testing.T) {
	refused := fmt.Errorf("listen tcp 127.0.0.1:80: bind: %w", syscall.EACCES)
	if got := untaken("127.0.0.1:80", refused); !strings.Contains(got, "set a port above 1023") {
		t.Errorf("it says: %s", got)
	}
}
