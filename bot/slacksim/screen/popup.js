// Things that open beside a button and close on Escape, on a click elsewhere, or when the button goes away.

import { h } from "./dom.js";

let open = null;

export const isPopupOpen = () => open !== null;

export function closePopup({ refocus = false } = {}) {
  if (!open) return;
  const { box, anchor } = open;
  open = null;
  anchor.setAttribute("aria-expanded", "false");
  box.remove();
  if (refocus) anchor.focus();
}

// popup shows content beside anchor; a second call for the same anchor closes it. It returns the box, or null if it closed.
export function popup(anchor, content, { role = "menu", label = "", className = "" } = {}) {
  const same = open?.anchor === anchor;
  closePopup();
  if (same) return null;
  const box = h(`div.popup${className && `.${className}`}`, { role, "aria-label": label || null, tabindex: "-1" }, content);
  box.addEventListener("keydown", keys);
  // Inside an open dialog everything outside it is inert, so the popup has to live in there.
  (anchor.closest("dialog") ?? document.body).append(box);
  anchor.setAttribute("aria-expanded", "true");
  open = { box, anchor };
  place(box, anchor);
  return box;
}

const GAP = 4; // px between the anchor and the box
const EDGE = 8; // px kept free at the window's edge

function place(box, anchor) {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = box;
  const below = at.bottom + GAP + height <= innerHeight - EDGE;
  const top = below ? at.bottom + GAP : at.top - GAP - height;
  const left = at.left + width > innerWidth - EDGE ? at.right - width : at.left;
  box.style.top = `${Math.max(EDGE, Math.min(top, innerHeight - height - EDGE))}px`;
  box.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - width - EDGE))}px`;
}

const ITEMS = "[role=menuitem],[role=menuitemradio],[role=option]";

function keys(e) {
  if (e.key === "Escape") {
    e.preventDefault();
    e.stopPropagation();
    return closePopup({ refocus: true });
  }
  if (e.key === "Tab") return closePopup({ refocus: true });
  const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
  if (step) {
    e.preventDefault();
    move(e.currentTarget, step);
  }
}

function move(box, step) {
  const items = [...box.querySelectorAll(ITEMS)].filter((i) => !i.hidden);
  const at = items.indexOf(document.activeElement);
  items[(at + step + items.length) % items.length]?.focus();
}

// menu shows entries {label, danger, run, icon, checked, data} and focuses the first.
export function menu(anchor, entries, options = {}) {
  const item = (e) => {
    const run = () => {
      closePopup({ refocus: true });
      e.run();
    };
    const role = e.checked === undefined ? "menuitem" : "menuitemradio";
    const state = e.checked === undefined ? null : String(e.checked);
    return h(`button.menu-item${e.danger ? ".danger" : ""}`, { type: "button", role, "aria-checked": state, data: e.data, onclick: run }, e.icon, h("span", {}, e.label, e.note && h("small", {}, e.note)));
  };
  const box = popup(anchor, entries.map((e) => (e.heading ? h("div.menu-heading", {}, e.heading) : item(e))), options);
  box?.querySelector(ITEMS)?.focus();
  return box;
}

// watchPopups closes the open one where people expect it.
export function watchPopups() {
  document.addEventListener("pointerdown", (e) => {
    if (open && !open.box.contains(e.target) && !open.anchor.contains(e.target)) closePopup();
  }, true);
  addEventListener("resize", () => closePopup());
  document.addEventListener("scroll", (e) => {
    if (open && !open.box.contains(e.target) && e.target.contains?.(open.anchor)) closePopup();
  }, true);
}
