// The top of a channel: name, topic, members, pins, bookmarks; and the two tabs of the app's direct message.

import { act } from "./api.js";
import { avatar, badges } from "./avatar.js";
import { withEmoji } from "./emoji.js";
import { fill, h, iconButton } from "./dom.js";
import { icon } from "./icons.js";
import { inline, link, typed } from "./mrkdwn.js";
import { menu, popup } from "./popup.js";
import { S, channelTitle, current, messagesOf, on, person, setTab } from "./store.js";

// header draws into el and follows the store.
export function header(el, { openMenu, reveal, toggleTour }) {
  const draw = () => current() && fill(el, bar(current(), { openMenu, reveal, toggleTour }), tabs(current()), bookmarks(current()));
  for (const topic of ["state", "place"]) on(topic, draw);
}

function bar(c, { openMenu, reveal, toggleTour }) {
  const dm = c.kind === "dm";
  const sign = dm ? avatar({ id: S.data.app.bot }, "tiny") : icon(c.archived ? "archive" : c.kind === "private" ? "lock" : "hash");
  const title = h("button.channel-title", { type: "button", "aria-haspopup": dm ? null : "menu", onclick: () => details(title, c) }, !dm && icon("down"));
  title.prepend(sign, h("h1", {}, channelTitle(c)));
  return h("div.channel-bar", {},
    iconButton("Channels and people", icon("menu"), openMenu, { class: "icon-button only-phone" }),
    title,
    h("div.topic", { title: typed(c.topic || c.purpose || "") }, dm ? "App" : inline(c.topic || c.purpose || "")),
    !dm && counts(c, reveal),
    S.data.tour?.length > 0 && h("button.bar-button", { type: "button", "aria-label": "Tour", onclick: toggleTour, data: { testid: "tour-toggle" } }, icon("map"), h("span", {}, "Tour")));
}

function counts(c, reveal) {
  const pins = h("button.bar-button", { type: "button", "aria-label": `${c.pins.length} pinned`, title: "Pinned messages", data: { testid: "pins" }, onclick: () => pinned(pins, c, reveal) }, icon("pin"), String(c.pins.length));
  const crowd = h("button.bar-button", { type: "button", "aria-label": `${c.members.length} members`, title: "Members", data: { testid: "members" }, onclick: () => members(crowd, c) }, icon("people"), String(c.members.length));
  return [c.pins.length > 0 && pins, crowd];
}

function details(anchor, c) {
  if (c.kind === "dm") return;
  const entries = [{ heading: c.purpose ? typed(c.purpose) : "No description" }];
  if (c.member) entries.push({ label: "Leave channel", danger: true, run: () => act({ do: "leave", channel: c.id }) });
  else if (!c.archived) entries.push({ label: "Join channel", run: () => act({ do: "join", channel: c.id }) });
  menu(anchor, entries, { label: `About ${c.name}` });
}

function members(anchor, c) {
  const row = (p) => h("li.member", {}, avatar(p, "small"), h("span", {}, h("strong", {}, p.name), badges(p), h("small", {}, p.title || p.real_name)));
  popup(anchor, [h("div.menu-heading", {}, `${c.members.length} members`), h("ul", {}, c.members.map((id) => row(person(id))))], { role: "dialog", label: "Members" })?.focus();
}

function pinned(anchor, c, reveal) {
  const row = (ts) => {
    const m = messagesOf(c.id).find((x) => x.ts === ts);
    const text = m ? typed(m.text) || "A message made of blocks" : "A message further up";
    return { label: m ? person(m.user).name : "Pinned", note: text.slice(0, 140), run: () => reveal(ts) };
  };
  menu(anchor, [{ heading: "Pinned" }, ...c.pins.map(row)], { label: "Pinned messages" });
}

function tabs(c) {
  if (c.kind !== "dm") return null;
  if (!S.data.app.home) return null; // the app has no Home tab; one that it has not published yet is published when it is opened
  const tab = (id, label) => h("button", { type: "button", role: "tab", "aria-selected": String(S.tab === id), data: { tab: id }, onclick: () => openTab(id) }, label);
  return h("div.tabs", { role: "tablist", "aria-label": S.data.app.name }, tab("home", "Home"), tab("messages", "Messages"));
}

// openTab shows one of the two tabs. That Home was opened is told to the app, which publishes it then.
export function openTab(id) {
  setTab(id);
  if (id === "home") act({ do: "home" });
}

function bookmarks(c) {
  if (!c.bookmarks?.length) return null;
  const face = (b) => (b.emoji ? withEmoji(b.emoji.startsWith(":") ? b.emoji : `:${b.emoji}:`) : icon("bookmark"));
  return h("ul.bookmarks", { "aria-label": "Bookmarks" }, c.bookmarks.map((b) => h("li", {}, link(b.link, null, h("span.bookmark", {}, face(b), h("span", {}, b.title))))));
}
