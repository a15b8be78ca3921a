// Suggestions while typing: / commands, @ people, # channels, : emoji. Kept in a listbox above the field.

import { avatar, badges } from "./avatar.js";
import { fill, h } from "./dom.js";
import { emoji } from "./emoji.js";
import { icon } from "./icons.js";
import { S, channels } from "./store.js";

const MOST = 8;

const begins = (query) => (text) => String(text ?? "").toLowerCase().startsWith(query.toLowerCase());

// Each source: what before the caret asks for it, and the rows {value, view} that it offers.
const sources = [
  { asks: /^(\/\S*)$/, title: "Commands", rows: (q) => S.data.commands.filter((c) => begins(q)(c.command)).map(commandRow) },
  { asks: /(?:^|\s)(@[\p{L}\p{N}._-]*)$/u, title: "People", rows: (q) => peopleRows(q.slice(1)) },
  { asks: /(?:^|\s)(#[\p{L}\p{N}_-]*)$/u, title: "Channels", rows: (q) => channels().filter((c) => c.kind !== "dm" && !c.archived && c.name.includes(q.slice(1).toLowerCase())).map(channelRow) },
  { asks: /(?:^|\s)(:[a-z0-9_+-]{2,})$/, title: "Emoji", rows: (q) => [...emoji].filter(([n]) => n.includes(q.slice(1))).sort(([a], [b]) => begins(q.slice(1))(b) - begins(q.slice(1))(a)).map(emojiRow) },
];

const commandRow = (c) => ({ value: c.command, view: [avatar({ id: S.data.app.bot }, "small"), h("span.hint-text", {}, h("strong", {}, c.command), " ", h("span.usage", {}, c.usage_hint), h("small", {}, c.description))] });
const channelRow = (c) => ({ value: `#${c.name}`, view: [icon(c.kind === "private" ? "lock" : "hash"), h("span.hint-text", {}, c.name)] });
const emojiRow = ([name, char]) => ({ value: `:${name}:`, view: [h("span.emoji", {}, char), h("span.hint-text", {}, `:${name}:`)] });

function peopleRows(q) {
  const fits = begins(q);
  const found = S.data.people.filter((p) => fits(p.name) || (p.real_name ?? "").split(" ").some(fits));
  const crowd = ["here", "channel"].filter(fits).map((n) => ({ value: `@${n}`, view: [icon("people"), h("span.hint-text", {}, h("strong", {}, `@${n}`), h("small", {}, n === "here" ? "Everybody here who is active" : "Everybody in this channel"))] }));
  return [...found.map((p) => ({ value: `@${p.name}`, view: [avatar(p, "small"), h("span.hint-text", {}, h("strong", {}, p.name), badges(p), h("small", {}, p.real_name))] })), ...(q ? crowd : [])];
}

// completion watches area and shows in box. look() after each change; key(e) tells whether it used the key.
export function completion(area, box) {
  const list = { rows: [], at: 0, token: "", shut: "" };
  const close = () => {
    list.rows = [];
    area.removeAttribute("aria-activedescendant");
  };
  const look = () => {
    const before = area.value.slice(0, area.selectionEnd);
    const found = sources.map((s) => [s, s.asks.exec(before)?.[1]]).find(([, token]) => token);
    close();
    if (found && before !== list.shut) Object.assign(list, { rows: found[0].rows(found[1]).slice(0, MOST), token: found[1], at: 0, title: found[0].title });
    draw();
  };
  const draw = () => fill(box, list.rows.length ? listbox(area, box, list, accept) : usage(area.value));
  const accept = (row) => {
    const end = area.selectionEnd;
    area.setRangeText(`${row.value} `, end - list.token.length, end, "end");
    area.focus();
    area.dispatchEvent(new Event("input"));
  };
  const key = (e) => {
    if (!list.rows.length) return false;
    const row = list.rows[list.at];
    // Enter on what is complete already sends it.
    if (e.key === "Enter" && (row.value === list.token || e.shiftKey)) return false;
    const does = { ArrowDown: () => step(1), ArrowUp: () => step(-1), Enter: () => accept(row), Tab: () => accept(row), Escape: () => shut() }[e.key];
    if (!does) return false;
    e.preventDefault();
    does();
    return true;
  };
  const step = (n) => {
    list.at = (list.at + n + list.rows.length) % list.rows.length;
    draw();
  };
  const shut = () => {
    list.shut = area.value.slice(0, area.selectionEnd);
    close();
    draw();
  };
  area.addEventListener("blur", () => setTimeout(() => document.activeElement !== area && (close(), draw()), 150));
  return { look, key };
}

function listbox(area, box, list, accept) {
  const option = (row, i) => h(`div.hint${i === list.at ? ".chosen" : ""}`, {
    role: "option", id: `${box.id}-${i}`, "aria-selected": String(i === list.at), data: { value: row.value }, onmousedown: (e) => (e.preventDefault(), accept(row)),
  }, row.view);
  area.setAttribute("aria-activedescendant", `${box.id}-${list.at}`);
  return h("div.hint-list", { role: "listbox", "aria-label": list.title }, h("div.menu-heading", {}, list.title), list.rows.map(option));
}

// usage reminds of a command's arguments once its name stands.
function usage(text) {
  const name = /^(\/\S+)\s/.exec(text)?.[1];
  const c = name && S.data.commands.find((x) => x.command === name);
  return c ? h("div.usage-line", {}, h("strong", {}, c.command), " ", h("span.usage", {}, c.usage_hint), h("small", {}, ` ${c.description}`)) : null;
}
