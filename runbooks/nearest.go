package runbooks

import "strings"

// nearest is the word that was likely meant: at most a third of the letters are wrong, left out, added or swapped. "" where
// none is so near.
func nearest(typed string, words []string) string {
	const longest = 40
	best, fewest := "", len(typed)/3+1
	for _, word := range words {
		if len(typed) > longest || len(word) > longest {
			continue
		}
		if d := edits(strings.ToLower(typed), strings.ToLower(word)); d < fewest {
			best, fewest = word, d
		}
	}
	return best
}

// edits counts what has to be done to make one word of another, with a swap of neighbours as one thing to do.
func edits(a, b string) int {
	before, last, row := []int(nil), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, make([]int, len(b)+1)
	}
	return last[len(b)]
}
