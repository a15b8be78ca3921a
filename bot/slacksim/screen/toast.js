// Short notices at the foot of the page, read out by screen readers, above any dialog.

import { h } from "./dom.js";

const STAYS = 6000; // ms

let box = null;

function container() {
  box ??= document.body.appendChild(h("div.toasts", { popover: "manual", role: "status", "aria-live": "assertive" }));
  // Shown anew each time, because the top layer stacks in the order of showing.
  if (box.matches(":popover-open")) box.hidePopover();
  box.showPopover();
  return box;
}

export function toast(text, kind = "error") {
  const note = h(`div.toast.${kind}`, {}, text);
  container().append(note);
  setTimeout(() => {
    note.remove();
    if (!box.children.length) box.hidePopover();
  }, STAYS);
}
