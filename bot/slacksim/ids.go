package slacksim

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// mint makes the next id of a kind: C channel, D direct message, V view, B bookmark … They look like Slack's and come
// in the same order in every run. The caller holds the lock.
func (w *Workspace) mint(kind string) string {
	w.minted++
	const prime, space = 48271 * 65537, 36 * 36 * 36 * 36 * 36 * 36 * 36 // spreads, does not repeat within 36^7
	n := strings.ToUpper(strconv.FormatInt(w.minted*prime%space, 36))
	return kind + "0" + strings.Repeat("0", max(0, 9-len(n))) + n
}

// blockID is what Slack gives a block or an element that has no id of its own. The caller holds the lock.
func (w *Workspace) blockID() string {
	w.minted++
	return "b" + strconv.FormatInt(w.minted, 36)
}

// stamp is the next message ts on the scenario's clock, later than every one before. The caller holds the lock.
func (w *Workspace) stamp() string {
	us := w.now().UnixMicro()
	w.lastTS = max(us, w.lastTS+1)
	return formatTS(w.lastTS)
}

func formatTS(us int64) string { return fmt.Sprintf("%d.%06d", us/1e6, us%1e6) }

// parseTS reads a message ts; the zero time means that it is none.
func parseTS(ts string) time.Time {
	sec, frac, _ := strings.Cut(ts, ".")
	s, err := strconv.ParseInt(sec, 10, 64)
	if err != nil {
		return time.Time{}
	}
	us, _ := strconv.ParseInt((frac + "000000")[:6], 10, 64)
	return time.UnixMicro(s*1e6 + us)
}

// viewHash is a new version mark of a view, in Slack's form. The caller holds the lock.
func (w *Workspace) viewHash() string {
	w.minted++
	return fmt.Sprintf("%d.%08x", w.now().Unix(), uint32(w.minted*2654435761))
}
