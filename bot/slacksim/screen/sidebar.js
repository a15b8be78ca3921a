// The left side: the workspace, who looks, and where one can go.

import { avatar } from "./avatar.js";
import { clock } from "./dates.js";
import { fill, h, iconButton } from "./dom.js";
import { icon } from "./icons.js";
import { S, channelTitle, channels, go, me, on } from "./store.js";
import { openSwitcher } from "./switcher.js";
import { isDark, toggleTheme } from "./theme.js";

// sidebar draws into nav and follows the store; become(id) changes who looks.
export function sidebar(nav, become) {
  const folds = { more: false, archived: false };
  const draw = () => S.data && redraw(nav, folds, become);
  for (const topic of ["state", "place"]) on(topic, draw);
  nav.addEventListener("toggle", (e) => e.target.dataset.fold && (folds[e.target.dataset.fold] = e.target.open), true);
}

function redraw(nav, folds, become) {
  const focus = document.activeElement?.closest("[data-channel],[data-person]");
  const at = focus && nav.contains(focus) && (focus.dataset.channel ? `[data-channel="${CSS.escape(focus.dataset.channel)}"]` : `[data-person="${CSS.escape(focus.dataset.person)}"]`);
  const scroll = nav.querySelector(".places")?.scrollTop ?? 0;
  fill(nav, head(nav, folds, become), people(become), places(folds));
  nav.querySelector(".places").scrollTop = scroll;
  if (at) nav.querySelector(at)?.focus();
}

function head(nav, folds, become) {
  const dark = isDark();
  const flip = () => (toggleTheme(), redraw(nav, folds, become));
  return h("div.workspace", {},
    h("span.workspace-mark", { "aria-hidden": "true" }, S.data.team.name[0]),
    h("div.workspace-name", {}, h("strong", {}, S.data.team.name), h("small", {}, "A demo workspace")),
    iconButton("Go to… (Ctrl+K)", icon("search"), () => openSwitcher(become)),
    iconButton(dark ? "Light colours" : "Dark colours", icon(dark ? "sun" : "moon"), flip, { data: { testid: "theme" } }));
}

function people(become) {
  const p = me();
  const city = (p.tz || "UTC").split("/").at(-1).replaceAll("_", " ");
  return h("section.people", { "aria-label": "Look as" },
    h("h2", {}, "You are looking as"),
    h("div.faces", { role: "group" }, S.data.people.filter((x) => !x.bot).map((x) => face(x, become))),
    h("p.whoami", {}, h("strong", {}, p.real_name), p.title && h("span", {}, ` · ${p.title}`), h("br"), h("span", {}, `${clock(Date.now() / 1000)} in ${city}`)));
}

function face(p, become) {
  const label = `Look as ${p.real_name}${p.guest ? ", guest" : ""}`;
  return h("button.face", { type: "button", "aria-pressed": String(p.id === S.me), "aria-label": label, title: label, data: { person: p.name }, onclick: () => become(p.id) },
    avatar(p), h("span.face-name", {}, p.name), (p.guest || p.stranger) && h("span.face-note", {}, p.guest ? "guest" : "visitor"));
}

function places(folds) {
  const all = channels();
  const rooms = all.filter((c) => c.kind !== "dm");
  const byName = (a, b) => a.name.localeCompare(b.name, "en", { numeric: true });
  const pick = (fits) => rooms.filter(fits).sort(byName).map(place);
  return h("div.places", {},
    group("Channels", pick((c) => c.member && !c.archived)),
    group("Apps", all.filter((c) => c.kind === "dm").map(place)),
    fold("more", "More channels", pick((c) => !c.member && !c.archived), folds),
    fold("archived", "Archived", pick((c) => c.archived), folds));
}

const group = (title, rows) => rows.length > 0 && h("section", { "aria-label": title }, h("h2", {}, title), h("ul", {}, rows));

function fold(key, title, rows, folds) {
  if (!rows.length) return null;
  const current = rows.some((r) => r.querySelector("[aria-current]"));
  return h("details", { open: folds[key] || current, data: { fold: key } }, h("summary", {}, icon("right"), title, h("span.count", {}, String(rows.length))), h("ul", {}, rows));
}

const sign = (c) => (c.archived ? icon("archive") : c.kind === "private" ? icon("lock") : icon("hash"));
const kind = (c) => (c.archived ? "archived channel" : { public: "channel", private: "private channel", dm: "app" }[c.kind]);

function place(c) {
  const here = c.id === S.channel;
  const unread = !here && c.unread > 0;
  const title = channelTitle(c);
  const news = unread ? `, ${c.mentions ? `${c.mentions} ${c.mentions === 1 ? "mention" : "mentions"}` : `${c.unread} unread`}` : "";
  const badge = unread && (c.mentions > 0 ? h("span.pill.loud", {}, String(c.mentions)) : h("span.pill", {}, String(c.unread)));
  return h("li", {}, h(`button.place${unread ? ".unread" : ""}`, {
    type: "button", "aria-current": here ? "page" : null, "aria-label": `${title}, ${kind(c)}${news}`, data: { channel: c.name || title }, onclick: () => go(c.id),
  }, c.kind === "dm" ? avatar({ id: S.data.app.bot }, "tiny") : sign(c), h("span.place-name", {}, title), badge));
}
