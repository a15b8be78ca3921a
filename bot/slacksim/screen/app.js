// The page: builds the parts, and wires them to the store and the server.

import { act, become, firstState, listen, loadMessages, loadState, remember } from "./api.js";
import { composer } from "./composer.js";
import { fill, h } from "./dom.js";
import { header } from "./header.js";
import { icon } from "./icons.js";
import { messageList, threadList } from "./messages.js";
import { tick } from "./mrkdwn.js";
import { watchPopups } from "./popup.js";
import { sidebar } from "./sidebar.js";
import { S, channelTitle, channels, current, messagesOf, on, openThread } from "./store.js";
import { watchSwitcher } from "./switcher.js";
import { applyTheme } from "./theme.js";
import { tour } from "./tour.js";
import { homeTab, modals } from "./views.js";

const TICK = 15000; // ms between refreshes of "3 minutes ago"
const $ = (id) => document.getElementById(id);

async function refetch() {
  await loadState();
  await Promise.all([loadMessages(S.channel), S.thread && loadMessages(S.channel, S.thread)]);
}

const lookAs = async (id) => {
  if (id !== S.me) await become(id, refetch);
};

const main = composer({ id: "composer", place: () => ({ channel: S.channel, thread: "" }) });
const side = composer({ id: "thread-composer", place: () => ({ channel: S.channel, thread: S.thread }) });

// foot is the composer, or why there is none.
function foot() {
  const c = current();
  if (!c) return;
  const join = h("button.button.primary.solid", { type: "button", onclick: () => act({ do: "join", channel: c.id }) }, "Join channel");
  const bar = c.archived ? h("div.no-composer", {}, "This channel is archived. It can be read, not written to.") : h("div.no-composer", {}, h("span", {}, "You are looking at ", h("strong", {}, `#${c.name}`)), join);
  const wanted = c.member || c.kind === "dm" ? (c.archived ? bar : main.el) : bar;
  if ($("foot").firstElementChild !== wanted) fill($("foot"), wanted);
  $("thread-foot").hidden = wanted !== main.el;
}

let drafted = "";
function arrive() {
  const c = current();
  if (!c) return;
  document.body.classList.remove("nav-open");
  document.body.classList.toggle("thread-open", Boolean(S.thread));
  const home = c.kind === "dm" && S.tab === "home";
  $("messages").hidden = home;
  $("foot").hidden = home;
  $("home").hidden = !home;
  foot();
  const at = `${S.me}|${S.channel}`;
  if (at !== drafted) main.load(c.kind === "dm" ? `Message ${channelTitle(c)}` : `Message #${c.name}`);
  drafted = at;
  loadMessages(S.channel).then(seen);
  if (S.thread) arriveInThread(c);
  else if (matchMedia("(hover: hover)").matches) main.focus();
}

function arriveInThread(c) {
  $("thread-where").textContent = c.kind === "dm" ? channelTitle(c) : `#${c.name}`;
  side.load("Reply…");
  side.focus();
  loadMessages(S.channel, S.thread);
}

// seen tells the server that the channel was read, while somebody can see it.
let told = ""; // so that a server that does not listen is not asked for ever
function seen() {
  const c = current();
  if (!c?.unread || document.hidden) return;
  const now = `${S.me}|${c.id}|${c.last}`;
  if (now !== told) act({ do: "read", channel: c.id });
  told = now;
}

function title() {
  const news = channels().reduce((sum, c) => sum + (c.id === S.channel ? 0 : c.mentions), 0);
  document.title = `${news ? `(${news}) ` : ""}${channelTitle(current())} · ${S.data.team.name}`;
}

// reveal scrolls to a message and shows which it is.
function reveal(ts) {
  const el = $("messages").querySelector(`[data-ts="${CSS.escape(ts)}"]`);
  el?.scrollIntoView({ block: "center", behavior: "smooth" });
  el?.animate([{ backgroundColor: "var(--flash)" }, {}], 1800);
}

function wire() {
  const toggleTour = tour($("tour"), { become: lookAs, put: (text) => (main.put(text), main.focus()) });
  sidebar($("sidebar"), lookAs);
  header($("header"), { openMenu: () => document.body.classList.toggle("nav-open"), reveal, toggleTour });
  messageList($("messages"));
  threadList($("thread-messages"));
  homeTab($("home"));
  modals();
  on("state", () => (foot(), title(), seen()));
  on("place", () => (arrive(), title()));
  on("messages", ({ channel }) => channel === S.channel && S.thread && missingThread());
  on("online", () => ($("offline").hidden = S.online));
  $("thread-foot").append(side.el);
  $("thread-close").append(icon("close"));
  $("thread-close").addEventListener("click", () => openThread(""));
  $("shade").addEventListener("click", () => document.body.classList.remove("nav-open"));
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape" && !e.defaultPrevented && !document.querySelector("dialog[open]")) document.body.classList.remove("nav-open");
  });
  document.addEventListener("visibilitychange", () => document.hidden || seen());
  addEventListener("hashchange", () => {
    const as = new URLSearchParams(location.hash.slice(1)).get("as");
    if (as) lookAs(as);
  });
  watchPopups();
  watchSwitcher(lookAs);
  setInterval(tick, TICK);
}

// missingThread closes the pane of a thread whose first message was deleted.
function missingThread() {
  const list = messagesOf(S.channel);
  if (list.length && !list.some((m) => m.ts === S.thread) && !messagesOf(S.channel, S.thread).length) openThread("");
}

async function start() {
  applyTheme();
  wire();
  try {
    await firstState();
  } catch {
    $("loading").textContent = "The workspace cannot be reached. Trying again…";
    return setTimeout(() => location.reload(), 3000);
  }
  remember();
  $("loading").remove();
  listen(refetch);
}

start();
