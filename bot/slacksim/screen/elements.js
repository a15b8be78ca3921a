// Block elements that people press, choose and fill in. Each has the block's and its own id, and a surface `on`:
//   on.press(block, el, extra)     a button
//   on.choose(block, el, selected) a choice that acts at once
//   on.keep(block, el, value)      a value for the form (no-op in messages); on.kept reads it back, undefined if untouched

import { h } from "./dom.js";
import { confirm } from "./dialog.js";
import { fromLocalInput, localInput } from "./dates.js";
import { plainText } from "./emoji.js";
import { select, overflow } from "./menus.js";
import { mrkdwn } from "./mrkdwn.js";
import { tell } from "./store.js";

const kinds = {
  button,
  workflow_button: button,
  static_select: select,
  users_select: select,
  conversations_select: select,
  channels_select: select,
  multi_static_select: select,
  multi_users_select: select,
  multi_conversations_select: select,
  multi_channels_select: select,
  overflow,
  checkboxes: (el, b, on) => ticks(el, b, on, "checkbox"),
  radio_buttons: (el, b, on) => ticks(el, b, on, "radio"),
  plain_text_input: text,
  email_text_input: (el, b, on) => line(el, b, on, { type: "email", autocomplete: "off" }),
  url_text_input: (el, b, on) => line(el, b, on, { type: "url" }),
  number_input: (el, b, on) => line(el, b, on, { type: "number", step: el.is_decimal_allowed ? "any" : "1", min: el.min_value, max: el.max_value }),
  datepicker: (el, b, on) => moment(el, b, on, { type: "date", label: "Date", initial: el.initial_date }),
  timepicker: (el, b, on) => moment(el, b, on, { type: "time", label: "Time", initial: el.initial_time }),
  datetimepicker,
};

// control renders one element of a block.
export function control(el, block, on) {
  const made = (kinds[el?.type] ?? unknown)(el, block, on);
  if (el?.action_id) made.dataset.action = el.action_id;
  return made;
}

const unknown = (el) => h("span.b-unknown", {}, `This screen cannot show a “${el?.type}” element.`);

// sure asks first if the element wants that.
async function sure(el) {
  const c = el.confirm;
  if (!c) return true;
  const text = c.text?.type === "mrkdwn" ? mrkdwn(c.text.text) : plainText(c.text?.text ?? "");
  return confirm({ title: c.title?.text ?? "Are you sure?", text, yes: c.confirm?.text, no: c.deny?.text, danger: c.style === "danger" });
}

// acting asks, marks the control busy, and acts once at a time.
export async function acting(node, el, act) {
  if (node.getAttribute("aria-busy") === "true" || !(await sure(el))) return;
  node.setAttribute("aria-busy", "true");
  try {
    await act();
  } finally {
    node.removeAttribute("aria-busy");
  }
}

function button(el, block, on) {
  const style = el.style ? `.${el.style}` : "";
  const words = plainText(el.text?.text ?? "");
  const props = { "aria-label": el.accessibility_label, title: words.length > 30 ? words : null };
  const press = () => {
    tell("pressed", { label: words });
    return acting(made, el, () => on.press(block, el, el.value === undefined ? {} : { value: el.value }));
  };
  const made = el.url
    ? h(`a.button${style}`, { ...props, href: /^https?:|^slack:/.test(el.url) ? el.url : "#", target: "_blank", rel: "noopener noreferrer", onclick: press }, h("span", {}, words))
    : h(`button.button${style}`, { ...props, type: "button", onclick: press }, h("span", {}, words));
  return made;
}

const words = (t) => (t?.type === "mrkdwn" ? mrkdwn(t.text) : plainText(t?.text ?? ""));

function ticks(el, block, on, type) {
  const initial = (el.initial_options ?? [el.initial_option]).filter(Boolean).map((o) => o.value);
  const chosen = [on.kept(block, el) ?? initial].flat().filter(Boolean);
  const name = `${block.block_id}-${el.action_id}-${on.name}`;
  const box = h(`div.ticks`, { role: type === "radio" ? "radiogroup" : "group" });
  on.keep(block, el, type === "radio" ? chosen[0] ?? "" : chosen);
  const changed = async () => {
    const values = [...box.querySelectorAll("input:checked")].map((i) => i.value);
    const value = type === "radio" ? values[0] : values;
    on.keep(block, el, value);
    if (await sure(el)) on.choose(block, el, value);
  };
  box.append(...(el.options ?? []).map((o) => h("label.tick", {},
    h("input", { type, name, value: o.value, checked: chosen.includes(o.value), onchange: changed }),
    h("span", {}, words(o.text), o.description && h("small", {}, words(o.description))))));
  return box;
}

// text is a one-line or many-line field.
function text(el, block, on) {
  const length = { maxlength: el.max_length, minlength: el.min_length };
  if (!el.multiline) return line(el, block, on, { type: "text", autocomplete: "off", ...length });
  return field(h("textarea.field", { rows: "4", placeholder: plainText(el.placeholder?.text ?? ""), ...length }), el, block, on);
}

const line = (el, block, on, props) => field(h("input.field", { placeholder: plainText(el.placeholder?.text ?? ""), ...props }), el, block, on);

function field(input, el, block, on) {
  input.value = on.kept(block, el) ?? el.initial_value ?? "";
  if (el.focus_on_load) input.setAttribute("autofocus", "");
  on.keep(block, el, input.value);
  input.addEventListener("input", () => {
    on.keep(block, el, input.value);
    if (el.dispatch_action_config?.trigger_actions_on?.includes("on_character_entered")) on.choose(block, el, input.value);
  });
  input.addEventListener("keydown", (e) => {
    if (e.key === "Enter" && block.dispatch_action && !el.multiline) {
      e.preventDefault();
      on.choose(block, el, input.value);
    }
  });
  return input;
}

function moment(el, block, on, { type, label, initial }) {
  const input = h("input.field.moment", { type, "aria-label": el.placeholder?.text ?? label, value: on.kept(block, el) ?? initial ?? "" });
  on.keep(block, el, input.value);
  input.addEventListener("change", () => {
    on.keep(block, el, input.value);
    if (input.value) acting(input, el, () => on.choose(block, el, input.value));
  });
  return input;
}

// datetimepicker sends Unix seconds; the person picks in their own zone.
function datetimepicker(el, block, on) {
  const unix = on.kept(block, el) ?? el.initial_date_time;
  const input = h("input.field.moment", { type: "datetime-local", "aria-label": "Date and time", value: unix ? localInput(Number(unix)) : "" });
  const value = () => (input.value ? String(fromLocalInput(input.value)) : "");
  on.keep(block, el, value());
  input.addEventListener("change", () => {
    on.keep(block, el, value());
    if (input.value) acting(input, el, () => on.choose(block, el, value()));
  });
  return input;
}

