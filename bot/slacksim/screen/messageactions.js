// What a person does with a message: react, reply, the ⋯ menu, edit, delete, dismiss.

import { act } from "./api.js";
import { confirm } from "./dialog.js";
import { h, iconButton } from "./dom.js";
import { emoji, favourites, glyph } from "./emoji.js";
import { icon } from "./icons.js";
import { typed } from "./mrkdwn.js";
import { closePopup, menu, popup } from "./popup.js";
import { S, channel as channelOf, edit, openThread, tell } from "./store.js";
import { toast } from "./toast.js";

// toolbar floats over the message that the pointer or the focus is on.
export function toolbar(channel, m, thread) {
  const react = iconButton("Add reaction…", icon("smile"), () => picker(react, channel, m));
  const more = iconButton("More actions", icon("more"), () => menu(more, entries(channel, m), { label: "Message actions" }), { "aria-haspopup": "menu" });
  return h("div.toolbar", { role: "group", "aria-label": "Message actions" }, react,
    !thread && iconButton("Reply in thread", icon("thread"), () => openThread(m.thread_ts || m.ts)), more);
}

function picker(anchor, channel, m) {
  const choose = (name) => {
    closePopup({ refocus: true });
    act({ do: "react", channel, ts: m.ts, name });
  };
  const one = (name) => h("button.emoji-choice", { type: "button", role: "menuitem", title: `:${name}:`, "aria-label": name, onclick: () => choose(name) }, glyph(name));
  const grid = h("div.emoji-grid", {}, favourites.map(one));
  const find = h("input.field.search", { type: "text", placeholder: "Find an emoji", "aria-label": "Find an emoji", oninput: () => {
    const hits = [...emoji.keys()].filter((n) => n.includes(find.value.trim().replaceAll(":", "").toLowerCase()));
    grid.replaceChildren(...(find.value ? hits.slice(0, 24) : favourites).map(one));
  } });
  popup(anchor, [find, grid], { label: "Pick a reaction" })?.querySelector(".emoji-choice").focus();
}

function entries(channel, m) {
  const own = m.user === S.me;
  const pinned = m.pinned || channelOf(channel)?.pins.includes(m.ts);
  const shortcuts = (S.data.shortcuts ?? []).filter((s) => s.type === "message");
  return [
    ...(shortcuts.length ? [{ heading: S.data.app.name }] : []),
    ...shortcuts.map((s) => ({ icon: icon("bolt"), label: s.name, run: () => act({ do: "shortcut", callback_id: s.callback_id, channel, ts: m.ts }) })),
    { heading: "Message" },
    { icon: icon("pin"), label: pinned ? "Unpin from channel" : "Pin to channel", run: () => act({ do: "pin", channel, ts: m.ts }) },
    { icon: icon("bookmark"), label: "Copy link", run: () => copy(m.permalink) },
    own && { icon: icon("code"), label: "Edit message", run: () => edit(m.ts) },
    own && { icon: icon("close"), label: "Delete message…", danger: true, run: () => remove(channel, m) },
  ].filter(Boolean);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text ?? location.href);
    toast("Link copied", "done");
  } catch {
    toast("The browser does not allow copying here.");
  }
}

async function remove(channel, m) {
  const text = "This cannot be undone.";
  if (await confirm({ title: "Delete message", text, yes: "Delete", danger: true })) act({ do: "delete", channel, ts: m.ts });
}

// editor stands in the place of the text while it is edited.
export function editor(channel, m) {
  const area = h("textarea.field", { rows: "2", "aria-label": "Edit message", value: typed(m.text) });
  const save = async () => {
    if (!area.value.trim()) return remove(channel, m);
    if (area.value === typed(m.text) || (await act({ do: "edit", channel, ts: m.ts, text: area.value }))) edit("");
  };
  area.addEventListener("keydown", (e) => {
    if (e.key === "Escape") edit("");
    if (e.key !== "Enter" || e.shiftKey || e.isComposing) return;
    e.preventDefault();
    save();
  });
  setTimeout(() => (area.focus(), area.setSelectionRange(area.value.length, area.value.length)));
  return h("div.editor", {}, area, h("div.editor-foot", {},
    h("button.button", { type: "button", onclick: () => edit("") }, "Cancel"),
    h("button.button.primary.solid", { type: "button", onclick: save }, "Save")));
}

// dismissed remembers, for this tab, the ephemeral messages that were waved away.
const DISMISSED = "dismissed";
export const dismissed = {
  all: new Set(JSON.parse(sessionStorage.getItem(DISMISSED) ?? "[]")),
  has: (channel, ts) => dismissed.all.has(`${channel}|${ts}`),
  add(channel, ts) {
    dismissed.all.add(`${channel}|${ts}`);
    sessionStorage.setItem(DISMISSED, JSON.stringify([...dismissed.all].slice(-200)));
    tell("messages", { channel, thread: "" });
    if (S.thread) tell("messages", { channel, thread: S.thread });
  },
};
