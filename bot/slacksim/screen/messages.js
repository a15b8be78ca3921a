// Lists of messages: a channel's, and a thread's in its pane.

import { dayKey, dayLabel } from "./dates.js";
import { h, keyed } from "./dom.js";
import { message, SYSTEM } from "./message.js";
import { dismissed } from "./messageactions.js";
import { inline } from "./mrkdwn.js";
import { S, channel, channelTitle, current, messagesOf, on, zone } from "./store.js";

const TOGETHER = 300; // seconds within which one person's messages share a face
const HUSH = 1200; // ms
const NEAR = 80; // px from the end that still count as being at the end

// messageList keeps box in step with the channel that is open.
export function messageList(box) {
  let shown = "";
  const draw = () => {
    if (!S.data || !current()) return;
    const key = `${S.me}|${S.channel}`;
    const moved = key !== shown;
    shown = key;
    box.setAttribute("aria-label", `Messages in ${channelTitle(current())}`);
    stickToEnd(box, moved, () => keyed(box, rows(S.channel, messagesOf(S.channel).filter(atTop))));
  };
  on("posted", () => (box.scrollTop = box.scrollHeight)); // who writes wants to see what comes of it
  on("state", draw);
  on("place", draw);
  on("messages", ({ channel: c, thread }) => c === S.channel && !thread && draw());
}

// threadList keeps box in step with the open thread.
export function threadList(box) {
  let shown = "";
  const draw = () => {
    if (!S.thread) return;
    const moved = shown !== S.thread;
    shown = S.thread;
    stickToEnd(box, moved, () => keyed(box, threadRows()));
  };
  on("state", draw);
  on("place", draw);
  on("messages", ({ channel: c }) => c === S.channel && draw());
}

const atTop = (m) => !m.thread_ts || m.thread_ts === m.ts || m.subtype === "thread_broadcast";

// stickToEnd draws, and follows new messages only if the person was reading the end.
function stickToEnd(box, moved, draw) {
  const near = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
  if (moved) hush(box);
  draw();
  if (moved || near) box.scrollTop = box.scrollHeight;
}

// hush keeps screen readers from reading a whole channel out when it is opened; only what comes later is news.
function hush(box) {
  box.setAttribute("aria-live", "off");
  setTimeout(() => box.setAttribute("aria-live", "polite"), HUSH);
}

// look is all that a message's rendering depends on besides itself.
const look = () => JSON.stringify([S.me, S.data.people, S.data.channels.map((c) => [c.id, c.name])]);

function row(channelID, m, options, looks) {
  const editing = S.editing === m.ts;
  const signature = editing ? "editing" : JSON.stringify([m, options]) + looks;
  return { key: m.ts, signature, make: () => message(channelID, m, options) };
}

function rows(channelID, all) {
  const looks = look();
  const list = all.filter((m) => !(m.ephemeral && dismissed.has(channelID, m.ts)));
  const news = firstUnread(channelID, list);
  const out = [intro(channelID)];
  list.forEach((m, i) => {
    const before = list[i - 1];
    const day = dayKey(Number(m.ts));
    const newDay = !before || dayKey(Number(before.ts)) !== day;
    if (newDay) out.push(divider(`day-${day}`, dayLabel(Number(m.ts)), "day"));
    if (m === news) out.push(divider("news", "New", "news"));
    out.push(row(channelID, m, { compact: !newDay && m !== news && continues(before, m) }, looks));
  });
  return out;
}

const special = (m) => m.ephemeral || m.pinned || SYSTEM.test(m.subtype ?? "");
const continues = (a, b) => a.user === b.user && b.ts - a.ts < TOGETHER && !special(a) && !special(b) && !a.reply_count;

function firstUnread(channelID, list) {
  const { count, last } = S.unreadAt.get(channelID) ?? {};
  if (!count) return undefined;
  const others = list.filter((m) => m.user !== S.me && Number(m.ts) <= Number(last));
  return others[Math.max(0, others.length - count)];
}

const divider = (key, label, kind) => ({ key, signature: label, make: () => h(`div.divider.${kind}`, { role: "separator", "aria-label": label }, h("span", {}, label)) });

function intro(channelID) {
  const c = channel(channelID);
  const dm = c.kind === "dm";
  const title = `${dm ? "" : "#"}${channelTitle(c)}`;
  const words = dm ? `This is your direct message with ${title}. Only you two can read it.` : `This is the very beginning of the ${title} channel. `;
  return { key: "intro", signature: JSON.stringify([title, c.purpose, S.me]), make: () => h("div.intro", {}, h("h2", {}, title), h("p", {}, words, !dm && c.purpose && inline(c.purpose))) };
}

function threadRows() {
  const looks = look();
  const fetched = messagesOf(S.channel, S.thread);
  const root = fetched.find((m) => m.ts === S.thread) ?? messagesOf(S.channel).find((m) => m.ts === S.thread);
  const rest = fetched.filter((m) => m.ts !== S.thread && !(m.ephemeral && dismissed.has(S.channel, m.ts)));
  const label = rest.length ? `${rest.length} ${rest.length === 1 ? "reply" : "replies"}` : "No replies yet";
  const one = (m) => row(S.channel, m, { thread: true, zone: zone() }, looks);
  return [root && one(root), divider("replies", label, "thread"), ...rest.map(one)].filter(Boolean);
}
