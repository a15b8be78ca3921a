// Slack's mrkdwn as DOM. Text arrives as Slack stores it: &amp; &lt; &gt; escaped, <@U1>, <#C1>, <!date^…>, <https://…|label>.

import { h } from "./dom.js";
import { dateToken, exact } from "./dates.js";
import { emoji } from "./emoji.js";
import { S, channel, go, person } from "./store.js";

// decode undoes Slack's three escapes, and only these.
const decode = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");

// mrkdwn renders a text object's text, or a message's.
export function mrkdwn(text) {
  const parts = String(text ?? "").split(/```\n?([\s\S]+?)\n?```/);
  return parts.flatMap((part, i) => (i % 2 ? [h("pre", {}, decode(unlinked(part)))] : paragraphs(part)));
}

// unlinked shows what a link in code would: its label or address.
const unlinked = (text) => text.replace(/<([^<>|]+)(?:\|([^<>]*))?>/g, (_, target, label) => label ?? target);

const kinds = [
  ["quote", /^(?:&gt;|>)\s?/],
  ["bullet", /^\s*[•◦-]\s+/],
  ["number", /^\s*\d{1,3}\.\s+/],
];

// paragraphs groups lines into quotes, lists and plain runs.
function paragraphs(text) {
  if (!text) return [];
  const groups = [];
  for (const line of text.replace(/^\n|\n$/g, "").split("\n")) {
    const [kind, sign] = kinds.find(([, re]) => re.test(line)) ?? ["plain", /^/];
    const last = groups.at(-1);
    if (last?.kind === kind) last.lines.push(line.replace(sign, ""));
    else groups.push({ kind, lines: [line.replace(sign, "")], first: parseInt(line, 10) });
  }
  return groups.map(group);
}

function group({ kind, lines, first }) {
  const items = () => lines.map((l) => h("li", {}, inline(l)));
  if (kind === "quote") return h("blockquote", {}, inline(lines.join("\n")));
  if (kind === "bullet") return h("ul", {}, items());
  if (kind === "number") return h("ol", { start: first }, items());
  return h("span.run", {}, inline(lines.join("\n")));
}

// Marks inside a line are found in two steps: what no emphasis may cut (code, <…>, :emoji:) is first put behind
// one private-use character each, then emphasis is parsed over the rest.
const ATOM = /`([^`\n]+)`|<([^<>\n]+)>|:([a-z0-9_+-]+)(?:::skin-tone-\d)?:/g;
const FIRST = 0xe000;
const ROOM = 0x1800;

// inline renders one line, or lines, without block marks.
export function inline(text) {
  const atoms = [];
  const hidden = text.replace(/[\ue000-\uf8ff]/g, "\ufffd").replace(ATOM, (whole, code, target, short) => {
    const node = atoms.length < ROOM ? atom(code, target, short) : null;
    return node ? String.fromCharCode(FIRST + atoms.push(node) - 1) : whole;
  });
  return emphasis(hidden, atoms);
}

function atom(code, target, short) {
  if (code) return h("code", {}, decode(unlinked(code)));
  if (target) return entity(target);
  return emoji.has(short) ? h("span.emoji", { role: "img", "aria-label": short, title: `:${short}:` }, emoji.get(short)) : null;
}

const MARK = /(^|[\s([{"'.,;:!?*_~\ue000-\uf8ff—–/-])([*_~])(?=\S)([^\n]*?[^\s])\2(?=$|[\s)\]}"'.,;:!?*_~\ue000-\uf8ff—–/-])/;
const tags = { "*": "strong", _: "em", "~": "s" };

function emphasis(text, atoms) {
  const out = [];
  for (let found = MARK.exec(text); found; found = MARK.exec(text)) {
    const [whole, before, sign, inner] = found;
    out.push(...plain(text.slice(0, found.index) + before, atoms), h(tags[sign], {}, emphasis(inner, atoms)));
    text = text.slice(found.index + whole.length);
  }
  return [...out, ...plain(text, atoms)];
}

const atomAt = (c, atoms) => atoms[c.charCodeAt(0) - FIRST];

function plain(text, atoms) {
  return text.split(/([\ue000-\uf8ff])/).filter(Boolean).map((t) => (t.length === 1 && atomAt(t, atoms)) || decode(t));
}

// entity renders what stands between < and >.
function entity(target) {
  const [head, ...rest] = target.split("|");
  const label = rest.length ? decode(rest.join("|")) : null;
  if (head.startsWith("@")) return mention(head.slice(1), label);
  if (head.startsWith("#")) return channelLink(head.slice(1), label);
  if (head.startsWith("!date^")) return dateTime(head, label);
  if (head.startsWith("!")) return broadcast(head.slice(1), label);
  return link(decode(head), label);
}

// mention is a person's name, marked when it is the one who looks.
export function mention(id, label) {
  const own = id === S.me ? ".own" : "";
  return h(`span.mention${own}`, { title: person(id).real_name, data: { user: id } }, `@${person(id).name === id && label ? label : person(id).name}`);
}

// channelLink goes there; a channel that the person may not see is only named.
export function channelLink(id, label) {
  const c = channel(id);
  if (!c) return h("span.mention", {}, label ? `#${label}` : "🔒 private channel");
  return h("a.mention.channel-link", { href: `#${c.name}`, onclick: (e) => (e.preventDefault(), go(id)) }, `#${c.name}`);
}

export function broadcast(what, label) {
  const name = what.startsWith("subteam^") ? label ?? "group" : what.split("^")[0];
  return h("span.mention.own", {}, `@${name.replace(/^@/, "")}`);
}

// dateTime renders a <!date^…> token; one that cannot be read shows its fallback. {ago} is kept fresh by tick.
function dateTime(head, fallback) {
  const [, unix, pattern, url] = head.split("^");
  if (!/^-?\d+$/.test(unix ?? "") || !pattern) return fallback ?? head;
  const shown = h("time", { datetime: new Date(unix * 1000).toISOString(), title: exact(Number(unix)) }, dateToken(Number(unix), decode(pattern)));
  if (pattern.includes("{ago}")) Object.assign(shown.dataset, { unix, pattern: decode(pattern) });
  return url ? link(decode(url), null, shown) : shown;
}

// link opens in a new tab, if it is an address one may open.
export function link(url, label, child) {
  const text = child ?? label ?? url.replace(/^mailto:/, "");
  if (!/^(https?:|mailto:|slack:|tel:)/i.test(url)) return label ?? `<${url}>`;
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text);
}

// tick writes the relative times anew.
export function tick() {
  for (const el of document.querySelectorAll("time[data-pattern]")) {
    const text = dateToken(Number(el.dataset.unix), el.dataset.pattern);
    if (el.textContent !== text) el.textContent = text;
  }
}

// typed turns stored text back into what a person would type, for editing and for one-line summaries.
export function typed(text) {
  const shown = String(text ?? "").replace(/<([^<>\n]+)>/g, (_, target) => {
    const [head, label] = target.split("|");
    if (head[0] === "@") return `@${person(head.slice(1)).name}`;
    if (head[0] === "#") return `#${channel(head.slice(1))?.name ?? label ?? "private"}`;
    if (head.startsWith("!date^")) return label ?? "";
    if (head[0] === "!") return `@${head.slice(1).split("^")[0]}`;
    return label ?? head;
  });
  return decode(shown);
}
