package incident

// Nearest returns the word that is closest to what was typed, or "" where none is close: at most a third of the letters
// are wrong, left out, added, or swapped with their neighbour.
func Nearest(typed string, words []string) string {
	best, fewest := "", len(typed)/3+1
	if len(typed) > 30 {
		return ""
	}
	for _, word := range words {
		if d := distance(typed, word); d < fewest || d == fewest && best == "" {
			best, fewest = word, d
		}
	}
	return best
}

// distance counts the edits between two words (optimal string alignment).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
