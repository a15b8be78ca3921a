// Modals and the Home tab.

import { act, loadState } from "./api.js";
import { blocks, textOf } from "./blocks.js";
import { closeDialog, showDialog } from "./dialog.js";
import { fill, h } from "./dom.js";
import { S, on } from "./store.js";

// What was typed, by view id: block|action → value. A view that is updated, or uncovered again, keeps it.
const typed = new Map();
const keyOf = (block, el) => `${block.block_id}|${el.action_id}`;
const blank = (v) => v === undefined || v === null || v === "" || (Array.isArray(v) && !v.length);

// values is what the form holds, as {block_id: {action_id: value}}; an emptied field is sent empty.
function values(view) {
  const out = {};
  for (const [key, value] of typed.get(view.id) ?? []) {
    const [block, action] = key.split("|");
    if (present(view, key)) (out[block] ??= {})[action] = value ?? "";
  }
  return out;
}

const elements = (b) => [b.element, b.accessory, ...(b.type === "actions" ? b.elements : [])].filter(Boolean);
const present = (view, key) => view.blocks.some((b) => elements(b).some((el) => keyOf(b, el) === key));

// surface acts for the blocks of a view.
function surface(view, errors = {}) {
  if (!typed.has(view.id)) typed.set(view.id, new Map());
  const held = typed.get(view.id);
  const at = (block, el) => ({ view: view.id, block_id: block.block_id ?? "", action_id: el.action_id ?? "" });
  const quiet = (block) => block.type === "input" && !block.dispatch_action;
  return {
    name: view.id,
    press: (block, el, extra) => act({ do: "press", ...at(block, el), ...extra, values: values(view) }),
    choose: (block, el, selected) => (quiet(block) ? true : act({ do: "select", ...at(block, el), selected, values: values(view) })),
    keep: (block, el, value) => {
      if (errors[block.block_id] && String(held.get(keyOf(block, el))) !== String(value)) forgive(block);
      held.set(keyOf(block, el), value);
    },
    kept: (block, el) => held.get(keyOf(block, el)),
    error: (block) => errors[block],
  };
}

// forgive takes the error away as soon as the person mends the field.
function forgive(block) {
  const box = modal.el?.querySelector(`[data-block="${CSS.escape(block.block_id)}"]`);
  box?.classList.remove("wrong");
  box?.querySelector(".b-error")?.remove();
  box?.querySelector("[aria-invalid]")?.removeAttribute("aria-invalid");
}

// missing finds what Slack's own client refuses to send.
function missing(view) {
  const held = typed.get(view.id) ?? new Map();
  const out = {};
  for (const b of view.blocks.filter((x) => x.type === "input")) {
    const fault = faultOf(b, b.element, held.get(keyOf(b, b.element)));
    if (fault) out[b.block_id] = fault;
  }
  return out;
}

function faultOf(block, el, value) {
  if (blank(value)) return block.optional ? "" : "Please complete this required field.";
  if (el.min_length && value.length < el.min_length) return `Please enter at least ${el.min_length} characters.`;
  if (el.type === "email_text_input" && !/^\S+@\S+\.\S+$/.test(value)) return "Please enter a valid email address.";
  if (el.type === "url_text_input" && !URL.canParse(value)) return "Please enter a valid URL.";
  if (el.type !== "number_input") return "";
  if (Number.isNaN(Number(value))) return "Please enter a number.";
  if (!blank(el.min_value) && Number(value) < Number(el.min_value)) return `Please enter ${el.min_value} or more.`;
  return !blank(el.max_value) && Number(value) > Number(el.max_value) ? `Please enter ${el.max_value} or less.` : "";
}

const modal = { el: null, id: "", signature: null };

// modals shows the view on top of the stack whenever there is one.
export function modals() {
  on("state", () => {
    const view = S.data.view;
    const signature = view ? JSON.stringify(view) + S.me : "";
    if (signature === modal.signature) return;
    modal.signature = signature;
    if (!view) return close();
    if (modal.el && modal.id === view.id) return redraw(view, view.errors);
    close();
    open(view);
  });
}

function close() {
  closeDialog(modal.el);
  Object.assign(modal, { el: null, id: "" });
}

async function dismiss(view) {
  if (await act({ do: "close", view: view.id })) loadState();
}

function open(view) {
  const form = h("form", { id: "view-form", novalidate: true, onsubmit: (e) => (e.preventDefault(), submit(modal.view)) });
  modal.el = showDialog({ title: "", body: form, foot: [], oncancel: () => dismiss(modal.view), className: "view" });
  modal.id = view.id;
  redraw(view, view.errors);
  const first = form.querySelector("[autofocus]") ?? form.querySelector("input,textarea,button.select");
  (first ?? modal.el.querySelector(".dialog-foot button"))?.focus();
}

// redraw fills the dialog from the view and puts the focus back to where it was.
function redraw(view, errors = {}) {
  modal.view = view;
  const at = document.activeElement?.closest("[data-action]")?.dataset.action;
  modal.el.querySelector("h2").textContent = view.title?.text ?? "";
  fill(modal.el.querySelector("form"), blocks(view.blocks, surface(view, errors ?? {})));
  fill(modal.el.querySelector(".dialog-foot"),
    h("button.button", { type: "button", onclick: () => dismiss(view) }, textOf(view.close) ?? (view.submit ? "Cancel" : "Close")),
    view.submit && h("button.button.primary.solid", { type: "submit", form: "view-form" }, textOf(view.submit)));
  const wrong = modal.el.querySelector("[aria-invalid]");
  if (wrong) wrong.focus();
  else if (at) modal.el.querySelector(`[data-action="${CSS.escape(at)}"]`)?.focus();
}

async function submit(view) {
  const faults = missing(view);
  if (Object.keys(faults).length) return redraw(view, faults);
  const button = modal.el.querySelector("[type=submit]");
  if (button?.getAttribute("aria-busy")) return;
  button?.setAttribute("aria-busy", "true");
  await act({ do: "submit", view: view.id, values: values(view) });
  button?.removeAttribute("aria-busy");
  modal.signature = null; // even an unchanged view is drawn anew, so that its errors show again
  loadState();
}

// homeTab keeps box in step with the Home view of the person who looks.
export function homeTab(box) {
  let shown = "";
  on("state", () => {
    const signature = JSON.stringify([S.data.home, S.me]);
    if (signature === shown) return;
    shown = signature;
    const empty = h("p.quiet", {}, `${S.data.app.name} has not published a Home tab yet.`);
    fill(box, h("h2.for-readers", {}, `${S.data.app.name} Home`), S.data.home ? blocks(S.data.home.blocks, surface(S.data.home)) : empty);
  });
}
