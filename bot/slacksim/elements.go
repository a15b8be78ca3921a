package slacksim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// An element's state is what Slack puts into state.values for it: {"type": …, "value" or "selected_…": …}.

// plural and singular say which fields of its kind hold the selection of an element.
var selected = map[string]string{
	"static_select": "selected_option", "external_select": "selected_option", "radio_buttons": "selected_option", "overflow": "selected_option",
	"multi_static_select": "selected_options", "multi_external_select": "selected_options", "checkboxes": "selected_options",
	"users_select": "selected_user", "multi_users_select": "selected_users",
	"conversations_select": "selected_conversation", "multi_conversations_select": "selected_conversations",
	"channels_select": "selected_channel", "multi_channels_select": "selected_channels",
	"datepicker": "selected_date", "timepicker": "selected_time", "datetimepicker": "selected_date_time",
	"plain_text_input": "value", "email_text_input": "value", "url_text_input": "value", "number_input": "value", "rich_text_input": "rich_text_value",
}

// hasState tells whether an element keeps what people chose.
func hasState(el Object) bool {
	kind := str(el["type"])
	return kind != "overflow" && selected[kind] != ""
}

// initial is the state of an element that nobody has touched.
func initial(el Object) Object {
	kind := str(el["type"])
	field := selected[kind]
	state := Object{"type": kind, field: nil}
	if strings.HasSuffix(field, "s") {
		state[field] = []any{}
	}
	first := "initial_" + strings.TrimPrefix(field, "selected_")
	if field == "rich_text_value" {
		first = "initial_value"
	}
	if v, ok := el[first]; ok {
		state[field] = v
	}
	return state
}

// choose is the state of an element after a person chose: a text or an option's value, a list of them, or ids.
func choose(el Object, v any) (Object, error) {
	kind := str(el["type"])
	field := selected[kind]
	if field == "" {
		return nil, fmt.Errorf("a %s has nothing to choose", kind)
	}
	state := Object{"type": kind, field: nil}
	switch {
	case field == "selected_option":
		if v == nil || v == "" {
			return state, nil
		}
		o := findOption(el, str(v))
		if o == nil {
			return nil, fmt.Errorf("no option has the value %q", v)
		}
		state[field] = o
	case field == "selected_options":
		picked := []any{}
		for _, one := range listOf(v) {
			o := findOption(el, str(one))
			if o == nil {
				return nil, fmt.Errorf("no option has the value %q", one)
			}
			picked = append(picked, o)
		}
		state[field] = picked
	case strings.HasSuffix(field, "s"):
		state[field] = listOf(v)
	case field == "selected_date_time":
		if n, err := strconv.ParseInt(fmt.Sprint(v), 10, 64); err == nil {
			state[field] = n
		}
	case v != "" && v != nil:
		state[field] = v
	}
	if most, ok := el["max_selected_items"].(float64); ok && len(arr(state[field])) > int(most) {
		return nil, fmt.Errorf("at most %d may be chosen", int(most))
	}
	return state, nil
}

func listOf(v any) []any {
	switch x := v.(type) {
	case []any:
		return x
	case []string:
		return anys(x)
	case string:
		if x != "" {
			return []any{x}
		}
	}
	return []any{}
}

// options are all options of an element, those in groups too.
func options(el Object) []any {
	all := slices.Clone(arr(el["options"]))
	for _, g := range arr(el["option_groups"]) {
		all = append(all, arr(obj(g)["options"])...)
	}
	return all
}

func findOption(el Object, value string) Object {
	for _, o := range options(el) {
		if str(obj(o)["value"]) == value {
			return obj(o)
		}
	}
	return nil
}

// empty tells whether a state holds nothing.
func empty(state Object) bool {
	v := state[selected[str(state["type"])]]
	list, isList := v.([]any)
	return v == nil || v == "" || isList && len(list) == 0
}

// refusal is what Slack's client tells a person who submits this, before the app hears of it; "" is fine.
func refusal(block, el, state Object) string {
	if empty(state) {
		if block["optional"] == true {
			return ""
		}
		return "Please complete this required field."
	}
	text := str(state["value"])
	least, _ := el["min_length"].(float64)
	most, limited := el["max_length"].(float64)
	if !limited {
		most = 3000
	}
	switch {
	case el["type"] == "number_input":
		if err := checkNumber(el, text); err != nil {
			return err.Error()
		}
	case el["type"] == "email_text_input" && !strings.Contains(text, "@"):
		return "Please enter a valid email address."
	case el["type"] == "url_text_input" && !isWeb(text):
		return "Please enter a valid URL."
	case units(text) < int(least):
		return fmt.Sprintf("Please enter at least %d characters.", int(least))
	case units(text) > int(most):
		return fmt.Sprintf("Please use %d characters or fewer.", int(most))
	}
	return ""
}

func checkNumber(el Object, text string) error {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return sentence("Please enter a number.")
	}
	if el["is_decimal_allowed"] != true && strings.Contains(text, ".") {
		return sentence("Please enter a whole number.")
	}
	for field, outside := range map[string]func(float64) bool{
		"min_value": func(limit float64) bool { return n < limit },
		"max_value": func(limit float64) bool { return n > limit },
	} {
		limit, err := strconv.ParseFloat(str(el[field]), 64)
		if err == nil && outside(limit) {
			return sentence(fmt.Sprintf("Please enter a number within the limits (%s %v).", field, limit))
		}
	}
	return nil
}

// placed is an element with the block it stands in.
type placed struct{ block, el Object }

// elementsOf lists every element that people can act on, in order of the page.
func elementsOf(blocks []any) []placed {
	var all []placed
	for _, v := range blocks {
		b := obj(v)
		for _, e := range append(slices.Clone(arr(b["elements"])), b["accessory"], b["element"]) {
			if o := obj(e); o != nil && str(o["action_id"]) != "" {
				all = append(all, placed{b, o})
			}
		}
	}
	return all
}

// find looks an element up by its ids; an empty block id means any block.
func find(blocks []any, blockID, actionID string) (placed, bool) {
	for _, p := range elementsOf(blocks) {
		if p.el["action_id"] == actionID && (blockID == "" || p.block["block_id"] == blockID) {
			return p, true
		}
	}
	return placed{}, false
}
