// What the page knows: the server's last answers, and where the person is looking. Modules listen; only this one keeps.

export const S = {
  me: "",
  data: null, // the last /screen/state
  channel: "",
  thread: "", // ts of the open thread, or ""
  tab: "messages", // or "home", in the direct message with the app
  editing: "", // ts of the message being edited
  lists: new Map(), // channel|thread → messages
  unreadAt: new Map(), // channel → {count, last}: what was unread when it was opened, and the newest message then
  online: true,
};

const ears = new Map();

// on calls fn whenever topic is told: state, messages, place, online, posted.
export function on(topic, fn) {
  ears.set(topic, [...(ears.get(topic) ?? []), fn]);
}

export function tell(topic, detail) {
  for (const fn of ears.get(topic) ?? []) fn(detail);
}

const listKey = (channel, thread = "") => `${channel}|${thread}`;
export const messagesOf = (channel, thread = "") => S.lists.get(listKey(channel, thread)) ?? [];

// person answers for strangers to the page too: an unknown id shows as itself.
export function person(id) {
  if (id && id === S.data?.app.bot) return { id, name: S.data.app.name, real_name: S.data.app.name, bot: true, color: S.data.app.color };
  const found = S.data?.people.find((p) => p.id === id);
  if (found) return found;
  return { id, name: id || "Somebody", real_name: id || "Somebody", color: "#616061" };
}

export const me = () => person(S.me);
export const zone = () => me().tz || "UTC";
export const isApp = (m) => Boolean(m.by_app) || m.user === S.data?.app.bot;
export const channels = () => S.data?.channels ?? [];
export const channel = (id) => channels().find((c) => c.id === id);
export const current = () => channel(S.channel);

// channelNamed finds by name; a * at its end stands for anything.
export function channelNamed(name) {
  const want = String(name).replace(/^#/, "");
  return channels().find((c) => (want.endsWith("*") ? c.name?.startsWith(want.slice(0, -1)) : c.name === want));
}

// personNamed finds by handle, full or first name, or id.
export function personNamed(name) {
  const want = String(name ?? "").replace(/^@/, "").toLowerCase();
  const names = (p) => [p.id, p.name, p.real_name, p.real_name?.split(" ")[0]];
  return S.data?.people.find((p) => names(p).some((n) => n?.toLowerCase() === want));
}

// channelTitle is the name without its sign.
export function channelTitle(c) {
  if (!c) return "";
  if (c.kind !== "dm") return c.name;
  return c.with && c.with !== S.me && c.with !== S.data.app.bot ? person(c.with).name : S.data.app.name;
}

// LOOKED keeps where the person looked last, for when the page is loaded again.
const LOOKED = "slacksim.channel";

// settle sees to it that the person looks at something they may see.
function settle() {
  if (current()) return;
  const home = channel(sessionStorage.getItem(LOOKED)) ?? channelNamed("general") ?? channels().find((c) => c.member && !c.archived) ?? channels()[0];
  Object.assign(S, { channel: home?.id ?? "", thread: "", tab: "messages" });
}

// setState takes in a /screen/state.
export function setState(data) {
  S.data = data;
  S.me = data.me;
  const before = S.channel;
  settle();
  tell("state");
  if (S.channel !== before) tell("place");
}

export function setMessages(channelID, thread, messages) {
  S.lists.set(listKey(channelID, thread), messages);
  tell("messages", { channel: channelID, thread });
}

// go shows a channel, and a thread in it if one is named.
export function go(channelID, thread = "") {
  if (!channel(channelID)) return;
  const moved = channelID !== S.channel;
  const { unread: count, last } = channel(channelID);
  if (moved) S.unreadAt.set(channelID, { count, last });
  Object.assign(S, { channel: channelID, thread, editing: "", tab: moved ? "messages" : S.tab });
  sessionStorage.setItem(LOOKED, channelID);
  tell("place");
}

export function openThread(ts) {
  S.thread = ts;
  tell("place");
}

export function setTab(tab) {
  S.tab = tab;
  tell("place");
}

export function edit(ts) {
  S.editing = ts;
  tell("messages", { channel: S.channel, thread: "" });
  if (S.thread) tell("messages", { channel: S.channel, thread: S.thread });
}

// Drafts live as long as the browser's tab.
const draftKey = (channelID, thread) => `draft|${S.me}|${channelID}|${thread}`;
export const draft = (channelID, thread = "") => sessionStorage.getItem(draftKey(channelID, thread)) ?? "";
export function setDraft(channelID, thread, text) {
  if (text) sessionStorage.setItem(draftKey(channelID, thread), text);
  else sessionStorage.removeItem(draftKey(channelID, thread));
}
