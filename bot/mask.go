package bot

import (
	"slices"

	"tocsin/incident"
)

// What people write comes in as a line, as the fields of a form, or as a message that is caught. Each goes through one of
// these before anything else looks at it: so no secret is in an entry, in an answer that is kept, or in a log.

// mask takes secrets out of a line, and remembers that there were any: whoever wrote it is told when it is recorded.
func (c *call) mask(line string) string {
	masked, found := incident.Mask(line)
	for _, kind := range found {
		if !slices.Contains(c.masked, kind) {
			c.masked = append(c.masked, kind)
		}
	}
	return masked
}

// maskForm does so with all fields of a form.
func (c *call) maskForm(v view) {
	for _, fields := range v.State.Values {
		for name, in := range fields {
			in.Value = c.mask(in.Value)
			fields[name] = in
		}
	}
}
