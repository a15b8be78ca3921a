// Package tocsin carries the files at the top of the project that the program needs inside itself.
package tocsin

import _ "embed"

// Manifest is the manifest of the Slack app, as YAML: what Slack is asked for, and what the simulator grants.
//
//go:embed manifest.yml
var Manifest []byte
