package slacksim

import (
	"fmt"
	"maps"
	"slices"
)

// surface is where blocks stand; some blocks and elements are at home on one only.
type surface int

const (
	onMessage surface = 1 << iota
	onModal
	onHome
	anywhere = onMessage | onModal | onHome
)

// shape is what one kind of block, element or object may hold.
type shape struct {
	on     surface
	fields map[string]rule
	need   []string
	also   func(c *checker, at string, o Object) // what one field says about another
}

// rule checks one value and tells the checker what is wrong with it.
type rule func(c *checker, at string, v any)

// checker walks through blocks and collects faults in Slack's words.
type checker struct {
	on       surface
	faults   []string
	blocks   map[string]bool // block_ids so far
	actions  map[string]bool // action_ids so far, within a block
	total    int             // UTF-16 units of all text
	markdown int             // of markdown blocks
	newID    func() string
}

func (c *checker) bad(at, format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...)+" [json-pointer:"+at+"]")
}

// checkBlocks refuses blocks that Slack would refuse, and gives those ids that have none. The caller holds the lock.
func (w *Workspace) checkBlocks(v any, on surface) ([]any, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, refuse("invalid_blocks_format")
	}
	c := &checker{on: on, blocks: map[string]bool{}, newID: w.blockID}
	most := 100
	if on == onMessage {
		most = 50
	}
	if len(list) > most {
		c.bad("/blocks", "no more than %d items allowed", most)
	}
	for i, b := range list {
		c.block(fmt.Sprintf("/blocks/%d", i), b)
	}
	if c.faults != nil {
		code := "invalid_blocks"
		if on != onMessage {
			code = "invalid_arguments"
		}
		return nil, invalid(code, c.faults...)
	}
	if c.total > maxBlocks && on == onMessage {
		return nil, refuse("msg_blocks_too_long")
	}
	return list, nil
}

// block checks one block and completes its id.
func (c *checker) block(at string, v any) {
	o := obj(v)
	if o == nil {
		c.bad(at, "must be an object")
		return
	}
	if str(o["block_id"]) == "" {
		o["block_id"] = c.newID()
	}
	if id := str(o["block_id"]); c.blocks[id] {
		c.bad(at+"/block_id", "block_id %q already exists", id)
	} else {
		c.blocks[id] = true
	}
	c.actions = map[string]bool{}
	c.object(at, o, blockShapes, "block")
}

// object checks an object by its type.
func (c *checker) object(at string, o Object, shapes map[string]shape, what string) {
	kind := str(o["type"])
	s, ok := shapes[kind]
	switch {
	case !ok:
		c.bad(at+"/type", "unsupported type: %s %q", what, kind)
		return
	case s.on != 0 && s.on&c.on == 0:
		c.bad(at+"/type", "unsupported type: %s %q cannot stand on this surface", what, kind)
		return
	}
	c.fill(at, o, s)
}

// fill checks the fields of an object against its shape.
func (c *checker) fill(at string, o Object, s shape) {
	for _, name := range s.need {
		if _, ok := o[name]; !ok {
			c.bad(at, "missing required field: %s", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		check, ok := s.fields[name]
		switch {
		case name == "type":
		case !ok:
			c.bad(at+"/"+name, "unknown field: %s", name)
		default:
			check(c, at+"/"+name, o[name])
		}
	}
	if s.also != nil {
		s.also(c, at, o)
	}
}

// The rules.

func length(most int) rule {
	return func(c *checker, at string, v any) {
		s, ok := v.(string)
		if !ok {
			c.bad(at, "must be a string")
		} else if units(s) > most {
			c.bad(at, "must be less than %d characters", most+1)
		}
	}
}

func boolean(c *checker, at string, v any) {
	if _, ok := v.(bool); !ok {
		c.bad(at, "must be a boolean")
	}
}

func between(lowest, highest float64) rule {
	return func(c *checker, at string, v any) {
		if n, ok := v.(float64); !ok || n < lowest || n > highest {
			c.bad(at, "must be a number from %v to %v", lowest, highest)
		}
	}
}

func oneOf(words ...string) rule {
	return func(c *checker, at string, v any) {
		if !slices.Contains(words, str(v)) {
			c.bad(at, "must be one of %v", words)
		}
	}
}

// textOf checks a text object of one of the kinds; it must not be empty.
func textOf(most int, kinds ...string) rule {
	return func(c *checker, at string, v any) {
		o := obj(v)
		if !slices.Contains(kinds, str(o["type"])) {
			c.bad(at, "must be a text object of type %v", kinds)
			return
		}
		fields := map[string]rule{"text": length(most), "emoji": boolean}
		if o["type"] == "mrkdwn" {
			fields = map[string]rule{"text": length(most), "verbatim": boolean}
		}
		c.fill(at, o, shape{fields: fields, need: []string{"text"}})
		if o["text"] == "" {
			c.bad(at+"/text", "must be more than 0 characters")
		}
		c.total += units(str(o["text"]))
	}
}

func plain(most int) rule { return textOf(most, "plain_text") }

func either(most int) rule { return textOf(most, "plain_text", "mrkdwn") }

func many(least, most int, each rule) rule {
	return func(c *checker, at string, v any) {
		list, ok := v.([]any)
		switch {
		case !ok:
			c.bad(at, "must be an array")
		case len(list) > most:
			c.bad(at, "no more than %d items allowed", most)
		case len(list) < least:
			c.bad(at, "no fewer than %d items allowed", least)
		}
		for i, e := range list {
			each(c, fmt.Sprintf("%s/%d", at, i), e)
		}
	}
}

// part checks an object that has one fixed shape.
func part(s shape) rule {
	return func(c *checker, at string, v any) {
		if o := obj(v); o != nil {
			c.fill(at, o, s)
		} else {
			c.bad(at, "must be an object")
		}
	}
}

// element checks an element of one of the kinds, and completes its action_id.
func element(kinds ...string) rule {
	return func(c *checker, at string, v any) {
		o := obj(v)
		kind := str(o["type"])
		if !slices.Contains(kinds, kind) {
			c.bad(at, "unsupported type: element %q cannot stand here", kind)
			return
		}
		if kind == "plain_text" || kind == "mrkdwn" {
			either(3000)(c, at, v)
			return
		}
		if kind != "image" {
			if str(o["action_id"]) == "" {
				o["action_id"] = c.newID()
			}
			if id := str(o["action_id"]); c.actions[id] {
				c.bad(at+"/action_id", "action_id %q already exists", id)
			} else {
				c.actions[id] = true
			}
		}
		c.object(at, o, elementShapes, "element")
	}
}
