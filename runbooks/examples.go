package runbooks

import "embed"

// Examples are five runbooks that are useful as they are, and that the demo uses.
//
//go:embed *.md
var Examples embed.FS
