package slacksim

import "maps"

// The kinds of elements that may stand in each place.
var (
	choosers = []string{
		"static_select", "users_select", "conversations_select", "channels_select", "external_select", "multi_static_select", "multi_users_select",
		"multi_conversations_select", "multi_channels_select", "multi_external_select", "checkboxes", "radio_buttons", "datepicker", "timepicker",
	}
	inActions = append([]string{"button", "overflow", "datetimepicker", "rich_text_input"}, choosers...)
	inSection = append([]string{"button", "overflow", "image"}, choosers...)
	inInput   = append([]string{"plain_text_input", "email_text_input", "url_text_input", "number_input", "datetimepicker", "rich_text_input"}, choosers...)
)

var confirm = part(shape{
	fields: map[string]rule{"title": plain(100), "text": either(300), "confirm": plain(30), "deny": plain(30), "style": oneOf("primary", "danger")},
	need:   []string{"title", "text", "confirm", "deny"},
})

var option = part(shape{
	fields: map[string]rule{"text": either(75), "value": length(150), "description": either(75), "url": length(3000)},
	need:   []string{"text", "value"},
})

var groupOf = part(shape{
	fields: map[string]rule{"label": plain(75), "options": many(1, 100, option)},
	need:   []string{"label", "options"},
})

var dispatchConfig = part(shape{fields: map[string]rule{
	"trigger_actions_on": many(1, 2, oneOf("on_enter_pressed", "on_character_entered")),
}})

func anything(*checker, string, any) {}

// blockShapes are the blocks this workspace can show.
var blockShapes = map[string]shape{
	"section": {anywhere, map[string]rule{
		"block_id": length(255), "text": either(3000), "fields": many(1, 10, either(2000)), "accessory": element(inSection...), "expand": boolean,
	}, nil, anyOf("text", "fields")},
	"header":  {anywhere, map[string]rule{"block_id": length(255), "text": plain(150)}, []string{"text"}, nil},
	"divider": {anywhere, map[string]rule{"block_id": length(255)}, nil, nil},
	"context": {anywhere, map[string]rule{"block_id": length(255), "elements": many(1, 10, element("plain_text", "mrkdwn", "image"))}, []string{"elements"}, nil},
	"actions": {anywhere, map[string]rule{"block_id": length(255), "elements": many(1, 25, element(inActions...))}, []string{"elements"}, nil},
	"image": {anywhere, map[string]rule{
		"block_id": length(255), "image_url": length(3000), "alt_text": length(2000), "title": plain(2000), "slack_file": anything,
	}, []string{"alt_text"}, nil},
	"input": {anywhere, map[string]rule{
		"block_id": length(255), "label": plain(2000), "hint": plain(2000), "element": element(inInput...), "optional": boolean, "dispatch_action": boolean,
	}, []string{"label", "element"}, nil},
	"markdown":  {onMessage, map[string]rule{"block_id": length(255), "text": markdown}, []string{"text"}, nil},
	"rich_text": {anywhere, map[string]rule{"block_id": length(255), "elements": richElements}, []string{"elements"}, nil},
	"table": {onMessage, map[string]rule{
		"block_id": length(255), "rows": many(1, 100, many(1, 20, anything)), "column_settings": many(0, 20, anything),
	}, []string{"rows"}, nil},
}

func markdown(c *checker, at string, v any) {
	length(12000)(c, at, v)
	c.markdown += units(str(v))
	c.total += units(str(v))
	if c.markdown > 12000 {
		c.bad(at, "markdown blocks must be less than 12001 characters together")
	}
}

// richElements looks at the kinds of a rich_text block and counts its text.
func richElements(c *checker, at string, v any) {
	many(1, 1000, func(c *checker, at string, v any) {
		o := obj(v)
		oneOf("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")(c, at+"/type", o["type"])
		countText(c, o["elements"])
	})(c, at, v)
}

func countText(c *checker, v any) {
	for _, e := range arr(v) {
		c.total += units(str(obj(e)["text"]))
		countText(c, obj(e)["elements"])
	}
}

// with adds the fields that several elements share.
func with(extra map[string]rule, more map[string]rule) map[string]rule {
	all := map[string]rule{"action_id": length(255)}
	maps.Copy(all, extra)
	maps.Copy(all, more)
	return all
}

var (
	picker = map[string]rule{"placeholder": plain(150), "focus_on_load": boolean, "confirm": confirm}
	ticker = map[string]rule{"focus_on_load": boolean, "confirm": confirm} // these show no placeholder
	typed  = map[string]rule{"placeholder": plain(150), "focus_on_load": boolean, "dispatch_action_config": dispatchConfig}
)

// elementShapes are the elements this workspace can show.
var elementShapes = map[string]shape{
	"image": {0, map[string]rule{"image_url": length(3000), "alt_text": length(2000), "slack_file": anything}, []string{"alt_text"}, nil},
	"button": {0, with(nil, map[string]rule{
		"text": plain(75), "value": length(2000), "url": length(3000), "style": oneOf("primary", "danger"), "confirm": confirm, "accessibility_label": length(75),
	}), []string{"text"}, nil},
	"overflow": {0, with(nil, map[string]rule{"options": many(1, 5, option), "confirm": confirm}), []string{"options"}, nil},

	"static_select": {0, with(picker, map[string]rule{
		"options": many(1, 100, option), "option_groups": many(1, 100, groupOf), "initial_option": option,
	}), nil, eitherOptions},
	"multi_static_select": {0, with(picker, map[string]rule{
		"options": many(1, 100, option), "option_groups": many(1, 100, groupOf), "initial_options": many(0, 100, option), "max_selected_items": between(1, 100),
	}), nil, eitherOptions},
	"external_select":       {0, with(picker, map[string]rule{"initial_option": option, "min_query_length": between(0, 100)}), nil, nil},
	"multi_external_select": {0, with(picker, map[string]rule{"initial_options": many(0, 100, option), "min_query_length": between(0, 100), "max_selected_items": between(1, 100)}), nil, nil},
	"users_select":          {0, with(picker, map[string]rule{"initial_user": length(255)}), nil, nil},
	"multi_users_select":    {0, with(picker, map[string]rule{"initial_users": many(0, 1000, length(255)), "max_selected_items": between(1, 1000)}), nil, nil},
	"conversations_select": {0, with(picker, map[string]rule{
		"initial_conversation": length(255), "default_to_current_conversation": boolean, "response_url_enabled": boolean, "filter": anything,
	}), nil, nil},
	"multi_conversations_select": {0, with(picker, map[string]rule{
		"initial_conversations": many(0, 1000, length(255)), "default_to_current_conversation": boolean, "filter": anything, "max_selected_items": between(1, 1000),
	}), nil, nil},
	"channels_select":       {0, with(picker, map[string]rule{"initial_channel": length(255), "response_url_enabled": boolean}), nil, nil},
	"multi_channels_select": {0, with(picker, map[string]rule{"initial_channels": many(0, 1000, length(255)), "max_selected_items": between(1, 1000)}), nil, nil},

	"checkboxes":     {0, with(ticker, map[string]rule{"options": many(1, 10, option), "initial_options": many(1, 10, option)}), []string{"options"}, nil},
	"radio_buttons":  {0, with(ticker, map[string]rule{"options": many(1, 10, option), "initial_option": option}), []string{"options"}, nil},
	"datepicker":     {0, with(picker, map[string]rule{"initial_date": length(10)}), nil, nil},
	"timepicker":     {0, with(picker, map[string]rule{"initial_time": length(5), "timezone": length(100)}), nil, nil},
	"datetimepicker": {0, with(ticker, map[string]rule{"initial_date_time": between(1e9, 1e10)}), nil, nil},

	"plain_text_input": {0, with(typed, map[string]rule{
		"initial_value": length(3000), "multiline": boolean, "min_length": between(0, 3000), "max_length": between(1, 3000),
	}), nil, nil},
	"email_text_input": {0, with(typed, map[string]rule{"initial_value": length(3000)}), nil, nil},
	"url_text_input":   {0, with(typed, map[string]rule{"initial_value": length(3000)}), nil, nil},
	"number_input": {0, with(typed, map[string]rule{
		"initial_value": length(100), "is_decimal_allowed": boolean, "min_value": length(100), "max_value": length(100),
	}), []string{"is_decimal_allowed"}, nil},
	"rich_text_input": {0, with(typed, map[string]rule{"initial_value": anything, "min_lines": between(1, 100), "max_lines": between(1, 100)}), nil, nil},
}

// anyOf asks for at least one of the fields.
func anyOf(names ...string) func(*checker, string, Object) {
	return func(c *checker, at string, o Object) {
		for _, n := range names {
			if _, ok := o[n]; ok {
				return
			}
		}
		c.bad(at, "missing one of the fields %v", names)
	}
}

// eitherOptions asks for options or option_groups, not both, and an initial option
// that is one of them.
func eitherOptions(c *checker, at string, o Object) {
	_, flat := o["options"]
	_, grouped := o["option_groups"]
	if flat == grouped {
		c.bad(at, "exactly one of options and option_groups is needed")
		return
	}
	for _, first := range append(arr(o["initial_options"]), o["initial_option"]) {
		if first != nil && findOption(o, str(obj(first)["value"])) == nil {
			c.bad(at+"/initial_option", "is not one of the options")
		}
	}
}
