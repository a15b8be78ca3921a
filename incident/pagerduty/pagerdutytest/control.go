package pagerdutytest

import (
	"context"
	"slices"
)

// Hold keeps every delivery from now on until Release lets it go.
func (a *Account) Hold() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.holding = true
}

// Held are the deliveries that are kept.
func (a *Account) Held() []Delivery {
	var list []Delivery
	for _, d := range a.Deliveries() {
		if d.State == Held {
			list = append(list, d)
		}
	}
	return list
}

// Release sends held deliveries by their numbers in the order given, each when the one before was answered; the others stay
// held. Without numbers it sends all in their own order, and holds no more.
func (a *Account) Release(numbers ...int) {
	if len(numbers) == 0 {
		a.mu.Lock()
		a.holding = false
		a.mu.Unlock()
		for _, d := range a.Held() {
			numbers = append(numbers, d.N)
		}
	}
	for _, n := range numbers {
		a.Again(n)
	}
}

// Again sends a delivery now, whatever became of it before, and returns when it was answered or not: a duplicate has the
// same id and the same body.
func (a *Account) Again(n int) {
	a.mu.Lock()
	d := a.deliveries[n-1]
	d.state, d.sending = Waiting, true
	if !slices.Contains(a.waiting, d) {
		a.waiting = append(a.waiting, d)
	}
	a.busy++
	a.mu.Unlock()
	a.attempt(d)
}

// Lose lets the next n deliveries get lost: nobody will ever send them.
func (a *Account) Lose(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lose = n
}

// LoseAnswers lets the next n answers of the app get lost: it has the delivery, and it will come again.
func (a *Account) LoseAnswers(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.deafness = n
}

// Idle waits until nothing is being sent; deliveries that wait for a later attempt do not count.
func (a *Account) Idle(ctx context.Context) error {
	return a.await(ctx, func() bool { return a.busy == 0 })
}
