// Package tocsin carries the files at the top of the project that the program needs inside itself.
package tocsin

import _ "embed"

// Manifest is the manifest of the Slack app, as YAML: what Slack is asked for, and what the simulator grants.
//
//go:embed manifest.yml
var Manifest []byte

// PolicyPage is the page of the documentation about the policy, whose example is what the program prints as one.
//
//go:embed docs/policy.md
var PolicyPage string
