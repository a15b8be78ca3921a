// One message: who, when, what, and what can be done with it.

import { act } from "./api.js";
import { avatar, badges } from "./avatar.js";
import { blocks } from "./blocks.js";
import { ago, clock, exact } from "./dates.js";
import { dismissed, editor, toolbar } from "./messageactions.js";
import { h } from "./dom.js";
import { glyph } from "./emoji.js";
import { icon } from "./icons.js";
import { mrkdwn } from "./mrkdwn.js";
import { S, isApp, openThread, person } from "./store.js";

export const SYSTEM = /^(channel_|group_|pinned_item|bot_add|bot_remove|app_)/;

// surface acts for the blocks of a message.
function surface(channel, m) {
  const at = (block, el) => ({ channel, ts: m.ts, block_id: block.block_id ?? "", action_id: el.action_id ?? "" });
  return {
    name: m.ts,
    press: (block, el, extra) => act({ do: "press", ...at(block, el), ...extra }),
    choose: (block, el, selected) => block.type === "input" && !block.dispatch_action ? true : act({ do: "select", ...at(block, el), selected }),
    keep: () => {},
    kept: () => undefined,
  };
}

// message makes the row. compact leaves out face and name; thread says that it stands in the thread's pane.
export function message(channel, m, { compact = false, thread = false } = {}) {
  const who = { ...person(m.user), ...(isApp(m) ? { bot: true } : {}) };
  const looks = [compact && "compact", m.ephemeral && "ephemeral", m.pinned && "pinned", SYSTEM.test(m.subtype ?? "") && "system"].filter(Boolean);
  const row = h(["article", "message", ...looks].join("."), { data: { ts: m.ts }, "aria-label": `${who.name}, ${clock(Number(m.ts))}` },
    note(m), gutter(m, who, compact),
    h("div.message-main", {}, !compact && byline(m, who), S.editing === m.ts ? editor(channel, m) : body(channel, m), reactions(channel, m), !thread && replies(m)));
  if (!SYSTEM.test(m.subtype ?? "") && !m.ephemeral) row.append(toolbar(channel, m, thread));
  return row;
}

function note(m) {
  if (m.ephemeral) return h("div.message-note", {}, icon("eye"), "Only visible to you");
  return m.pinned ? h("div.message-note", {}, icon("pin"), "Pinned") : null;
}

const time = (m) => h("time.stamp", { datetime: new Date(m.ts * 1000).toISOString(), title: exact(Number(m.ts)) }, clock(Number(m.ts)));

const gutter = (m, who, compact) => h("div.gutter", {}, compact ? time(m) : avatar(who));

const byline = (m, who) => h("div.byline", {}, h("strong.author", {}, who.name), badges(who), time(m));

// words leaves out the name at the start of "<@U1> has joined the channel": it stands above already.
const words = (m) => (SYSTEM.test(m.subtype ?? "") ? m.text.replace(new RegExp(`^<@${m.user}(\\|[^>]*)?> (has )?`), "") : m.text);

function body(channel, m) {
  const edited = m.edited && h("span.edited", { title: "This message was edited" }, "(edited)");
  const content = m.blocks?.length ? blocks(m.blocks, surface(channel, m)) : h("div.text", {}, mrkdwn(words(m)), edited && [" ", edited]);
  const dismiss = m.ephemeral && h("button.text-button.dismiss", { type: "button", onclick: () => dismissed.add(channel, m.ts) }, "Dismiss message");
  return h("div.message-body", {}, content, m.blocks?.length > 0 && edited, dismiss);
}

function reactions(channel, m) {
  if (!m.reactions?.length) return null;
  return h("div.reactions", { "aria-label": "Reactions" }, m.reactions.map((r) => {
    const names = r.users.map((u) => (u === S.me ? "you" : person(u).name)).join(", ");
    return h("button.reaction", {
      type: "button", "aria-pressed": String(r.users.includes(S.me)), title: `${names} reacted with :${r.name}:`, "aria-label": `${r.name}, ${r.users.length}, ${names}`,
      onclick: () => act({ do: "react", channel, ts: m.ts, name: r.name }),
    }, h("span.emoji", {}, glyph(r.name)), String(r.users.length));
  }));
}

function replies(m) {
  if (!m.reply_count) return null;
  const last = m.latest_reply && h("span.quiet", {}, `Last reply ${ago(Number(m.latest_reply))}`);
  return h("button.replies", { type: "button", onclick: () => openThread(m.ts) },
    (m.reply_users ?? []).slice(0, 4).map((u) => avatar(person(u), "tiny")),
    h("span.reply-count", {}, `${m.reply_count} ${m.reply_count === 1 ? "reply" : "replies"}`), last || h("span.quiet", {}, "View thread"));
}
