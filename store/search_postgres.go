package store

import (
	"context"
	"strings"

	"tocsin/store/db"
)

// nearby is how many of the newest entries are looked at one by one: some milliseconds' work.
const nearby = 10_000

// nearFirst lists entries, newest first: by a query of words, before one, so many. The text index knows no order: it gathers all that match,
// which then have to be sorted. The key has the order, and knows no words: where none match, all entries are looked at. So first
// the key is followed through the newest, where most pages end; only if one does not, the text index is asked for the rest. The
// sums keep the server from following the key there as well, as it would for words that are frequent, but never stand together.
const nearFirst = `WITH low (id) AS (
	SELECT least($2, (SELECT max(entry_id) FROM words) + 1) - $4
), near AS MATERIALIZED (
	SELECT entry_id FROM words WHERE words @@ $1::tsquery AND entry_id < $2 AND entry_id >= (SELECT id FROM low)
	ORDER BY entry_id DESC LIMIT $3
), far AS (
	SELECT entry_id FROM words WHERE words @@ $1::tsquery AND entry_id + 0 < (SELECT id FROM low) AND (SELECT count(*) FROM near) < $3
	ORDER BY entry_id + 0 DESC LIMIT $3
)
SELECT entry_id FROM (SELECT entry_id FROM near UNION ALL SELECT entry_id FROM far) found ORDER BY entry_id DESC LIMIT $3`

// searchServer searches with a text index of PostgreSQL, and in the newest entries without it.
func searchServer(newest int64) searcher {
	return func(ctx context.Context, conn db.DBTX, look sought) ([]int64, error) {
		var query []string
		for _, word := range look.words {
			query = append(query, "'"+word+"'") // of letters and digits
		}
		if look.begun != "" {
			query = append(query, "'"+look.begun+"':*")
		}
		return column[int64](ctx, conn, nearFirst, strings.Join(query, " & "), look.before, look.limit, newest)
	}
}
