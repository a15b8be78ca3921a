package pagerdutytest

import (
	"net/http"
	"time"
)

// What PagerDuty allows a minute and key.
const (
	restLimit  = 960
	eventLimit = 120
)

// window is the minute that began with the first request of it.
type window struct {
	from time.Time
	used int
}

var tooMany = Object{"error": Object{"message": "Rate Limit Exceeded", "code": 2020}}

// Limits multiplies every rate limit: 1 is PagerDuty's, 0 switches them off.
func (a *Account) Limits(factor float64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.factor = factor
}

// allow counts one request of a key and says how things stand with its limit. The caller holds the lock.
func (a *Account) allow(key string, limit int) (http.Header, bool) {
	h := http.Header{}
	if a.factor == 0 {
		return h, true
	}
	limit = max(1, int(float64(limit)*a.factor))
	w := a.windows[key]
	if w == nil || a.now().Sub(w.from) >= time.Minute {
		w = &window{from: a.now()}
		a.windows[key] = w
	}
	w.used++
	limitHeaders(h, limit, max(0, limit-w.used), time.Minute-a.now().Sub(w.from))
	return h, w.used <= limit
}
