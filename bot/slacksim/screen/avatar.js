// Faces: a coloured square with initials, and the small words that say what kind of user it is.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { S } from "./store.js";

const initials = (p) => (p.real_name || p.name || "?").split(/\s+/).slice(0, 2).map((w) => w[0]).join("").toUpperCase();

// avatar is decoration beside a name, so screen readers skip it.
export function avatar(p, size = "") {
  const app = p.id === S.data?.app.bot;
  const el = h(`span.avatar${size && `.${size}`}`, { "aria-hidden": "true" }, app ? icon("bell") : initials(p));
  el.style.backgroundColor = (app && S.data.app.color) || p.color || "#616061";
  return el;
}

export function badges(p) {
  return [
    p.bot && h("span.badge", {}, "APP"),
    p.guest && h("span.badge.guest", {}, "guest"),
    p.stranger && h("span.badge.guest", {}, "other workspace"),
  ];
}
