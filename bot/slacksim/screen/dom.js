// Building elements. Data only ever becomes text nodes and attributes, never markup.

const SVG = "http://www.w3.org/2000/svg";

// h makes an element: h("button.primary", {onclick, data: {ts}, "aria-label": "Send"}, "text", node, [nodes], null).
export function h(spec, props = {}, ...children) {
  const [tag, ...classes] = spec.split(".");
  const el = document.createElement(tag || "div");
  if (classes.length) el.className = classes.join(" ");
  for (const [name, value] of Object.entries(props ?? {})) set(el, name, value);
  el.append(...flat(children));
  return el;
}

function set(el, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (typeof value === "function") el.addEventListener(name.slice(2), value);
  else if (name === "data") Object.assign(el.dataset, value);
  else if (name === "value") el.value = value;
  else el.setAttribute(name, value === true ? "" : String(value));
}

function flat(children) {
  return children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false && c !== "");
}

// fill replaces what an element holds.
export function fill(el, ...children) {
  el.replaceChildren(...flat(children));
  return el;
}

// svg draws strokes on a 20 × 20 grid; decoration only, so it is hidden from screen readers.
export function svg(paths) {
  const el = document.createElementNS(SVG, "svg");
  for (const [k, v] of Object.entries({ viewBox: "0 0 20 20", "aria-hidden": "true", class: "icon" })) el.setAttribute(k, v);
  for (const d of [paths].flat()) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    el.append(path);
  }
  return el;
}

// keyed brings a container in step with rows of {key, signature, make}: what did not change keeps its element,
// so that focus, scroll and half-made choices survive, and a live region announces only what is new.
export function keyed(box, rows) {
  const old = new Map([...box.children].map((el) => [el.rowKey, el]));
  const wanted = rows.map((row) => {
    const had = old.get(row.key);
    if (had && had.rowSignature === row.signature) return had;
    const el = row.make();
    el.rowKey = row.key;
    el.rowSignature = row.signature;
    return el;
  });
  const keep = new Set(wanted);
  for (const el of [...box.children]) if (!keep.has(el)) el.remove();
  wanted.forEach((el, i) => {
    if (box.children[i] !== el) box.insertBefore(el, box.children[i] ?? null);
  });
}

// iconButton is a button that shows a drawing and says its name.
export function iconButton(label, icon, onclick, props = {}) {
  return h("button.icon-button", { type: "button", "aria-label": label, title: label, onclick, ...props }, icon);
}
