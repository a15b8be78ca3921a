package store

import (
	"context"
	"strings"

	"tocsin/store/db"
)

// vocabulary is a table of the words that entries are found by, in the order of the alphabet and with each entry that holds
// one. It is a view of the index and takes no room: each connection that reads has its own, in memory. Where temporary tables
// stand is said before, because to change that deletes them.
const vocabulary = `PRAGMA temp_store=2; CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, words, instance)`

// endings is how many words that begin alike are looked up each by itself.
const endings = 64

// beginning lists words that begin so, at most so many: the first, and after each the next, with one look into the index for each,
// however many entries hold it. No word holds the character that the next one is looked for with.
const beginning = `WITH RECURSIVE found (word) AS (
	SELECT (SELECT term FROM temp.vocabulary WHERE term >= $1 LIMIT 1)
	UNION ALL
	SELECT (SELECT term FROM temp.vocabulary WHERE term >= found.word || char(1) LIMIT 1)
	FROM found WHERE substr(found.word, 1, length($1)) = $1
	LIMIT $2
)
SELECT word FROM found WHERE substr(word, 1, length($1)) = $1`

const matching = `SELECT rowid FROM words WHERE words MATCH $1 AND rowid < $2 ORDER BY rowid DESC LIMIT $3`

// searchFile searches with FTS5, which goes through the entries of a word from the newest back and stops when it has enough. Not so
// with a word that is only begun: it gathers all entries of all words that begin so before it returns the first. Each of those
// words is therefore looked up by itself, as long as there are no more than so many.
func searchFile(many int) searcher {
	return func(ctx context.Context, conn db.DBTX, look sought) ([]int64, error) {
		var query []string
		for _, word := range look.words {
			query = append(query, quoted(asIndexed(word))...)
		}
		if parts := asIndexed(look.begun); len(parts) > 0 {
			last := len(parts) - 1
			query = append(query, quoted(parts[:last])...)
			words, err := column[string](ctx, conn, beginning, parts[last], many+1)
			switch {
			case err != nil || len(words) == 0:
				return nil, err
			case len(words) > many:
				query = append(query, `"`+parts[last]+`"*`)
			default:
				query = append(query, "("+strings.Join(quoted(words), " OR ")+")")
			}
		}
		if len(query) == 0 {
			return nil, nil
		}
		return column[int64](ctx, conn, matching, strings.Join(query, " AND "), look.before, look.limit)
	}
}

// quoted spells words for a query of FTS5. They hold letters and digits alone.
func quoted(words []string) []string {
	list := make([]string, len(words))
	for n, word := range words {
		list[n] = `"` + word + `"`
	}
	return list
}

// asIndexed is a word as it stands in the index of FTS5, which knows the letters of an older Unicode: it spells some small ones
// as others, and takes some for none, so that what stands before and after them are two words.
func asIndexed(word string) []string { return strings.Fields(indexed.Replace(word)) }

var indexed = strings.NewReplacer(
	"µ", "μ", "ſ", "s", "ς", "σ", "ϐ", "β", "ϑ", "θ", "ϕ", "φ", "ϖ", "π", "ϰ", "κ", "ϱ", "ρ", "ϵ", "ε", "ẛ", "ṡ", "\u1fbe", "ι",
	"ᦰ", " ", "ᦱ", " ", "ᦲ", " ", "ᦳ", " ", "ᦴ", " ", "ᦵ", " ", "ᦶ", " ", "ᦷ", " ", "ᦸ", " ", "ᦹ", " ", "ᦺ", " ", "ᦻ", " ",
	"ᦼ", " ", "ᦽ", " ", "ᦾ", " ", "ᦿ", " ", "ᧀ", " ", "ᧈ", " ", "ᧉ", " ", "ᳲ", " ", "ᳳ", " ",
)
