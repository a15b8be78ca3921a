package slacksim

import (
	"fmt"
	"strings"
)

// Modal is the view on top of a person's stack.
type Modal struct {
	p *Person
	v *view
}

// SubmitResult is what came of a submission.
type SubmitResult struct {
	Errors map[string]string // by label of the input
	Closed bool              // the view is no longer open
	Err    error             // what the person read instead: the app did not answer
}

// Modal waits until a modal is open for this person.
func (p *Person) Modal() *Modal {
	p.w.t.Helper()
	var v *view
	p.w.waitFor("a modal for "+p.Name, func() bool {
		if stack := p.w.stacks[p.id]; len(stack) > 0 {
			v = stack[len(stack)-1]
		}
		return v != nil
	}, func() string { return "none; " + p.seen("") })
	return &Modal{p, v}
}

func (m *Modal) where() (action, []any) { return action{view: m.v.id}, arr(m.v.body["blocks"]) }

// ID is the view id.
func (m *Modal) ID() string { return m.v.id }

// Text is the modal as people read it, with its title and what is filled in.
func (m *Modal) Text() string {
	m.p.w.mu.Lock()
	defer m.p.w.mu.Unlock()
	return m.text()
}

// text is Text for who holds the lock.
func (m *Modal) text() string {
	title := str(obj(m.v.body["title"])["text"])
	text := title + "\n" + m.p.w.visible("", arr(m.v.body["blocks"]), asFallback)
	for _, label := range []string{"submit", "close"} {
		if o := obj(m.v.body[label]); o != nil {
			text += "\n[" + str(o["text"]) + "]"
		}
	}
	return text
}

// Has fails the story unless the modal shows all the words.
func (m *Modal) Has(words ...string) *Modal {
	m.p.w.t.Helper()
	if missing, ok := holds(m.Text(), words); !ok {
		m.p.w.t.Errorf("the modal does not show %q:\n%s", missing, indent(m.Text()))
	}
	return m
}

// Expect waits until the modal shows all the words, after an update.
func (m *Modal) Expect(words ...string) *Modal {
	m.p.w.t.Helper()
	m.p.w.waitFor(fmt.Sprintf("the modal to show %q", words), func() bool { _, ok := holds(m.text(), words); return ok }, m.text)
	return m
}

// input finds an input by its label. The lock is held.
func (m *Modal) input(label string) (placed, bool) {
	for _, at := range elementsOf(arr(m.v.body["blocks"])) {
		if str(obj(at.block["label"])["text"]) == label || str(obj(at.el["placeholder"])["text"]) == label {
			return at, true
		}
		if text := m.p.w.visibleText(obj(at.block["text"]), asFallback); text == label && label != "" {
			return at, true // a menu beside the text of a section
		}
	}
	return placed{}, false
}

// set changes one input; value makes the new value out of the element and what it holds. The lock is taken.
func (m *Modal) set(label string, value func(el, state Object) (any, error)) *Modal {
	m.p.w.t.Helper()
	m.p.w.mu.Lock()
	at, ok := m.input(label)
	block, id := str(at.block["block_id"]), str(at.el["action_id"])
	var v any
	var err error
	if ok {
		if v, err = value(at.el, m.v.state[block][id]); err == nil {
			_, err = choose(at.el, v)
		}
	}
	there := m.text()
	m.p.w.mu.Unlock()
	if !ok || err != nil {
		m.p.w.t.Fatalf("%s cannot fill %q (%v); the modal shows:\n%s", m.p.Name, label, err, indent(there))
	}
	ctx, cancel := m.p.deadline()
	defer cancel()
	if failure, _ := m.p.w.act(ctx, action{user: m.p.id, view: m.v.id, block: block, id: id, chosen: v}); failure != "" {
		m.p.w.t.Fatalf("%s cannot fill %q: %s", m.p.Name, label, failure)
	}
	return m
}

// Fill types into the input with this label: text, a number, a date (2026-03-10), a time (14:05).
func (m *Modal) Fill(label, value string) *Modal {
	m.p.w.t.Helper()
	return m.set(label, func(Object, Object) (any, error) { return value, nil })
}

// Choose selects an option by its label, in a menu or among radio buttons.
func (m *Modal) Choose(label, option string) *Modal {
	m.p.w.t.Helper()
	return m.set(label, func(el, state Object) (any, error) { return m.chosen(el, state, option) })
}

// ChoosePerson selects a person by name; a menu for several adds them.
func (m *Modal) ChoosePerson(label, name string) *Modal { return m.Choose(label, name) }

// Tick ticks a checkbox.
func (m *Modal) Tick(label, option string) *Modal { return m.Choose(label, option) }

// chosen adds a choice to what an element for several holds, or is the choice itself.
func (m *Modal) chosen(el, state Object, option string) (any, error) {
	v, err := m.p.w.valueOf(el, option)
	field := selected[str(el["type"])]
	if err != nil || !strings.HasSuffix(field, "s") {
		return v, err
	}
	var all []any
	for _, had := range arr(state[field]) {
		if o := obj(had); o != nil {
			had = o["value"]
		}
		all = append(all, had)
	}
	return append(all, v), nil
}

// Press clicks a button within the modal.
func (m *Modal) Press(label string) *Answer {
	m.p.w.t.Helper()
	return m.p.Press(m, label)
}

// Submit submits the modal.
func (m *Modal) Submit() *SubmitResult {
	m.p.w.t.Helper()
	ctx, cancel := m.p.deadline()
	defer cancel()
	s := m.p.w.submit(ctx, m.p.id, m.v.id)
	m.p.w.mu.Lock()
	defer m.p.w.mu.Unlock()
	r := &SubmitResult{Errors: map[string]string{}, Closed: s.closed, Err: sentence(s.fault)}
	for _, at := range elementsOf(arr(m.v.body["blocks"])) {
		if text, ok := s.errors[str(at.block["block_id"])]; ok {
			r.Errors[str(obj(at.block["label"])["text"])] = text
		}
	}
	return r
}

// Close cancels the modal.
func (m *Modal) Close() {
	ctx, cancel := m.p.deadline()
	defer cancel()
	m.p.w.closeView(ctx, m.p.id, m.v.id)
}

// Open tells whether the modal is still open.
func (m *Modal) Open() bool {
	m.p.w.mu.Lock()
	defer m.p.w.mu.Unlock()
	return m.p.w.views[m.v.id] != nil
}
