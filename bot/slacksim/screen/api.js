// The wire: what is fetched, what is done, and the stream that says when to look again.

import { S, setMessages, setState, tell } from "./store.js";
import { toast } from "./toast.js";

const REMEMBERED = "slacksim.as";

async function get(path, query) {
  const answer = await fetch(`/screen/${path}?${new URLSearchParams(query)}`, { cache: "no-store" });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

// once lets a burst of calls with the same key become one that runs and one that follows it.
const running = new Map();
function once(key, fn) {
  const now = running.get(key);
  if (now) return (now.next ??= now.done.then(() => once(key, fn)));
  const entry = { next: null };
  entry.done = fn().catch(() => {}).finally(() => running.delete(key));
  running.set(key, entry);
  return entry.done;
}

// loadState brings the page in step with the workspace as S.me sees it.
export function loadState() {
  const as = S.me;
  return once(`state|${as}`, async () => {
    const data = await get("state", { as });
    if (as === S.me || !S.me) setState(data);
  });
}

// loadMessages fetches one channel, or one thread of it.
export function loadMessages(channel, thread = "") {
  if (!channel) return Promise.resolve();
  const as = S.me;
  return once(`messages|${as}|${channel}|${thread}`, async () => {
    const query = thread ? { as, channel, thread } : { as, channel };
    const list = await get("messages", query);
    if (as === S.me) setMessages(channel, thread, list.messages ?? []);
  });
}

// act does something as the person who looks. A refusal is shown as a toast; the answer says whether it was done.
export async function act(what) {
  try {
    const answer = await fetch("/screen/act", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ as: S.me, ...what }),
    });
    const result = await answer.json().catch(() => ({ ok: false, error: `The workspace answered ${answer.status}.` }));
    if (!result.ok) toast(result.error || "That did not work.");
    return Boolean(result.ok);
  } catch {
    toast("The workspace cannot be reached. Nothing was sent.");
    return false;
  }
}

let stream = null;
let again = 0;

// listen follows the events of the person who looks, until another person does.
export function listen(refetch) {
  stream?.close();
  clearTimeout(again);
  stream = new EventSource(`/screen/events?as=${encodeURIComponent(S.me)}`);
  stream.onopen = () => {
    if (!S.online) refetch();
    online(true);
  };
  stream.onmessage = (e) => heard(JSON.parse(e.data));
  stream.onerror = () => {
    online(false);
    // The browser tries again by itself unless the server refused; then it is for us to ask.
    if (stream.readyState === EventSource.CLOSED) again = setTimeout(() => listen(refetch), 2000);
  };
}

function online(is) {
  S.online = is;
  tell("online");
}

function heard(event) {
  if (event.type !== "messages") return loadState();
  loadState();
  const open = event.channel === S.channel;
  if (open) loadMessages(event.channel);
  if (open && S.thread) loadMessages(event.channel, S.thread);
}

// firstState finds somebody to be: who was named in the address, who looked last, or whoever the server names.
export async function firstState() {
  const named = new URLSearchParams(location.hash.slice(1)).get("as");
  for (const as of [named, localStorage.getItem(REMEMBERED), ""]) {
    if (as === null) continue;
    try {
      const data = await get("state", as ? { as } : {});
      S.me = data.me;
      return setState(data);
    } catch {
      // an id of an earlier workspace: ask for the next
    }
  }
  throw new Error("no state");
}

// become looks as somebody else.
export async function become(id, refetch) {
  Object.assign(S, { me: id, thread: "", editing: "", tab: "messages" });
  S.lists.clear();
  remember();
  await loadState();
  listen(refetch);
  tell("place");
}

export function remember() {
  localStorage.setItem(REMEMBERED, S.me);
  history.replaceState(null, "", `#as=${S.me}`);
}
