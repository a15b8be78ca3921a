// The markdown block: ordinary Markdown, as much of it as Slack renders.

import { h } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { link } from "./mrkdwn.js";

const FENCE = /^```/;
const HEADING = /^(#{1,6})\s+(.*)$/;
const ITEM = /^\s*(?:[-*+]|\d+[.)])\s+/;
const ROW = /^\s*\|.*\|\s*$/;
const RULE = /^\s*(?:---+|\*\*\*+|___+)\s*$/;

// markdown renders a text as elements.
export function markdown(text) {
  const lines = String(text ?? "").split("\n");
  const out = [];
  while (lines.length) {
    const kind = readers.find(([starts]) => starts.test(lines[0]));
    const made = kind[1](lines);
    if (made) out.push(made);
  }
  return out;
}

// take shifts the lines from the front as long as they match.
function take(lines, matches) {
  const taken = [];
  while (lines.length && matches(lines[0])) taken.push(lines.shift());
  return taken;
}

const readers = [
  [/^\s*$/, (l) => void l.shift()],
  [FENCE, fence],
  [HEADING, (l) => heading(HEADING.exec(l.shift()))],
  [RULE, (l) => (l.shift(), h("hr"))],
  [/^>/, (l) => h("blockquote", {}, markdown(take(l, (s) => s.startsWith(">")).map((s) => s.replace(/^>\s?/, "")).join("\n")))],
  [ITEM, list],
  [ROW, table],
  [/^/, paragraph],
];

function fence(lines) {
  lines.shift();
  const body = take(lines, (s) => !FENCE.test(s));
  lines.shift();
  return h("pre", {}, body.join("\n"));
}

const heading = ([, signs, text]) => h(`h${Math.min(6, signs.length + 2)}`, {}, spans(text));

function list(lines) {
  const ordered = /^\s*\d/.test(lines[0]);
  const items = take(lines, (s) => ITEM.test(s)).map((s) => h("li", {}, spans(s.replace(ITEM, ""))));
  return h(ordered ? "ol" : "ul", {}, items);
}

function table(lines) {
  const rows = take(lines, (s) => ROW.test(s)).map((s) => s.trim().slice(1, -1).split("|").map((c) => c.trim()));
  const body = rows.filter((cells) => !cells.every((c) => /^:?-+:?$/.test(c)));
  const [head, ...rest] = body;
  const row = (cells, tag) => h("tr", {}, cells.map((c) => h(tag, {}, spans(c))));
  return h("div.table-scroll", {}, h("table", {}, h("thead", {}, row(head ?? [], "th")), h("tbody", {}, rest.map((r) => row(r, "td")))));
}

const starts = (line) => readers.slice(0, -1).some(([re]) => re.test(line));

function paragraph(lines) {
  const first = lines.shift();
  return h("p", {}, spans([first, ...take(lines, (s) => !starts(s))].join("\n")));
}

const SPAN = /`([^`]+)`|\[([^\]]+)\]\(([^)\s]+)\)|(\*\*|__)(?=\S)(.+?)\4|(\*|_)(?=\S)(.+?)\6(?!\w)|~~(.+?)~~|(https?:\/\/[^\s<>)]+)/;

function spans(text) {
  const out = [];
  for (let m = SPAN.exec(text); m; m = SPAN.exec(text)) {
    out.push(withEmoji(text.slice(0, m.index)), span(m));
    text = text.slice(m.index + m[0].length);
  }
  return [...out, withEmoji(text)];
}

function span([, code, label, url, , bold, , italic, struck, bare]) {
  if (code) return h("code", {}, code);
  if (label) return link(url, label);
  if (bold) return h("strong", {}, spans(bold));
  if (italic) return h("em", {}, spans(italic));
  if (struck) return h("s", {}, spans(struck));
  return link(bare, null);
}
