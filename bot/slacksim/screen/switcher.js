// Ctrl+K: go anywhere, or be anybody, by typing a few letters.

import { avatar, badges } from "./avatar.js";
import { closeDialog, showDialog } from "./dialog.js";
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { S, channelTitle, channels, go } from "./store.js";

const MOST = 9;

function targets(become) {
  const rooms = channels().map((c) => ({ name: channelTitle(c), run: () => go(c.id), view: [c.kind === "dm" ? avatar({ id: S.data.app.bot }, "tiny") : icon(c.archived ? "archive" : c.kind === "private" ? "lock" : "hash"), h("span", {}, channelTitle(c)), c.archived && h("small", {}, "archived")] }));
  const people = S.data.people.filter((p) => !p.bot).map((p) => ({ name: `${p.name} ${p.real_name}`, run: () => become(p.id), view: [avatar(p, "tiny"), h("span", {}, `Look as ${p.name}`), badges(p)] }));
  return [...rooms, ...people];
}

let open = null;

export function openSwitcher(become) {
  if (open || !S.data) return;
  const all = targets(become);
  const field = h("input.field.search", { type: "text", placeholder: "Go to a channel, or look as somebody", "aria-label": "Go to" });
  const list = h("div.options", { role: "listbox", "aria-label": "Results" });
  let at = 0;
  const fits = () => all.filter((t) => t.name.toLowerCase().includes(field.value.toLowerCase().replace(/^[#@]/, ""))).slice(0, MOST);
  const close = () => {
    closeDialog(open);
    open = null;
  };
  const run = (t) => (close(), t?.run());
  const draw = () => fill(list, fits().map((t, i) => h(`button.menu-item${i === at ? ".chosen" : ""}`, { type: "button", role: "option", tabindex: "-1", "aria-selected": String(i === at), onclick: () => run(t) }, t.view)));
  field.addEventListener("input", () => ((at = 0), draw()));
  field.addEventListener("keydown", (e) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (!step && e.key !== "Enter") return;
    e.preventDefault();
    if (e.key === "Enter") return run(fits()[at]);
    at = (at + step + fits().length) % Math.max(1, fits().length);
    draw();
  });
  open = showDialog({ title: "Go to", body: [field, list], oncancel: close, className: "switcher" });
  draw();
  field.focus();
}

// watchSwitcher listens for the key.
export function watchSwitcher(become) {
  document.addEventListener("keydown", (e) => {
    if (!(e.ctrlKey || e.metaKey) || e.key.toLowerCase() !== "k") return;
    e.preventDefault();
    openSwitcher(become);
  });
}
