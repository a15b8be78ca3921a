// rich_text blocks: the form in which Slack's own composer writes.

import { h } from "./dom.js";
import { dateToken, exact } from "./dates.js";
import { glyph } from "./emoji.js";
import { broadcast, channelLink, link, mention } from "./mrkdwn.js";

const sections = {
  rich_text_section: (s) => h("div.rich", {}, pieces(s.elements)),
  rich_text_quote: (s) => h("blockquote", {}, pieces(s.elements)),
  rich_text_preformatted: (s) => h("pre", {}, pieces(s.elements)),
  rich_text_list: list,
};

function list(s) {
  const items = (s.elements ?? []).map((e) => h("li", {}, pieces(e.elements)));
  const el = h(s.style === "ordered" ? "ol" : "ul", { start: s.offset ? s.offset + 1 : null }, items);
  if (s.indent) el.style.marginInlineStart = `${s.indent * 22}px`;
  return el;
}

const leaves = {
  text: (e) => e.text,
  link: (e) => link(e.url, e.text ?? null),
  user: (e) => mention(e.user_id),
  channel: (e) => channelLink(e.channel_id),
  usergroup: () => broadcast("group"),
  broadcast: (e) => broadcast(e.range),
  emoji: (e) => h("span.emoji", { role: "img", "aria-label": e.name }, glyph(e.name)),
  date: (e) => h("time", { title: exact(e.timestamp) }, dateToken(e.timestamp, e.format)),
  color: (e) => h("code", {}, e.value),
};

const styles = [["code", "code"], ["bold", "strong"], ["italic", "em"], ["strike", "s"]];

function piece(e) {
  const made = leaves[e.type]?.(e) ?? e.fallback ?? "";
  return styles.filter(([name]) => e.style?.[name]).reduce((inner, [, tag]) => h(tag, {}, inner), made);
}

const pieces = (elements) => (elements ?? []).map(piece);

// richText renders a rich_text block.
export const richText = (block) => h("div.rich-text", {}, (block.elements ?? []).map((s) => sections[s.type]?.(s)));
