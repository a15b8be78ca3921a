package bot

import "tocsin/incident"

// Nearest is incident.Nearest.
func Nearest(typed string, words []string) string { return incident.Nearest(typed, words) }
