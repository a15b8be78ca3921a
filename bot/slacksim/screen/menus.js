// Select menus and the overflow menu.

import { h, iconButton } from "./dom.js";
import { plainText } from "./emoji.js";
import { acting } from "./elements.js";
import { icon } from "./icons.js";
import { closePopup, menu, popup } from "./popup.js";
import { S, channels, person } from "./store.js";

// choices lists what an element offers: {value, label, note, group}.
function choices(el) {
  if (el.type.includes("users")) return S.data.people.map((p) => ({ value: p.id, label: p.name, note: p.real_name === p.name ? "" : p.real_name }));
  if (/channels|conversations/.test(el.type)) return channels().filter((c) => c.kind !== "dm").map((c) => ({ value: c.id, label: `#${c.name}` }));
  const options = (list, group) => (list ?? []).map((o) => ({ value: o.value, label: plainText(o.text?.text ?? ""), note: plainText(o.description?.text ?? ""), group }));
  return el.option_groups ? el.option_groups.flatMap((g) => options(g.options, g.label?.text)) : options(el.options);
}

function initial(el) {
  const one = el.initial_option?.value ?? el.initial_user ?? el.initial_channel ?? el.initial_conversation;
  const many = el.initial_options?.map((o) => o.value) ?? el.initial_users ?? el.initial_channels ?? el.initial_conversations;
  return many ?? one;
}

// select is a button that shows what is chosen and opens a list to choose from; multi_… kinds hold several.
export function select(el, block, on) {
  const several = el.type.startsWith("multi_");
  const all = choices(el);
  let chosen = [on.kept(block, el) ?? initial(el) ?? []].flat().filter(Boolean);
  const holder = plainText(el.placeholder?.text ?? "Select");
  const shown = h("span.select-text");
  const made = h("button.select", { type: "button", "aria-haspopup": "listbox", "aria-expanded": "false", onclick: () => open() }, shown, icon("down"));
  const label = (v) => all.find((c) => c.value === v)?.label ?? person(v).name;
  const show = () => {
    shown.replaceChildren(...(several && chosen.length ? chosen.map((v) => h("span.chip", {}, label(v))) : [chosen.length ? label(chosen[0]) : holder]));
    made.classList.toggle("empty", !chosen.length);
    on.keep(block, el, several ? chosen : chosen[0] ?? "");
  };
  const commit = () => acting(made, el, () => on.choose(block, el, several ? chosen : chosen[0]));
  const pick = (value) => {
    if (several) chosen = chosen.includes(value) ? chosen.filter((v) => v !== value) : [...chosen, value].slice(0, el.max_selected_items ?? 100);
    else chosen = [value];
    show();
    if (!several) closePopup({ refocus: true });
    commit();
  };
  const open = () => listbox(made, all, { several, isChosen: (v) => chosen.includes(v), pick, label: holder });
  show();
  return made;
}

const MANY = 7; // from here on a list can be searched

function listbox(anchor, all, { several, isChosen, pick, label }) {
  const list = h("div.options", {});
  const search = all.length > MANY && h("input.field.search", { type: "text", placeholder: "Find…", "aria-label": `Find in ${label}`, oninput: () => draw(search.value) });
  const draw = (query = "") => list.replaceChildren(...rows(all, query, several, isChosen, pick));
  const box = popup(anchor, [search, list], { role: "listbox", label, className: "listbox" });
  if (!box) return;
  box.style.minWidth = `${anchor.offsetWidth}px`;
  draw();
  if (several) box.addEventListener("click", (e) => redrawAt(list, e.target.closest("[role=option]"), () => draw(search ? search.value : "")));
  (search || list.querySelector("[aria-selected=true]") || list.querySelector("[role=option]"))?.focus();
  search && search.addEventListener("keydown", (e) => e.key === "Enter" && (e.preventDefault(), list.querySelector("[role=option]")?.click()));
}

// redrawAt draws the options anew and leaves the focus on the one that was clicked.
function redrawAt(list, clicked, draw) {
  draw();
  if (clicked) list.querySelector(`[data-value="${CSS.escape(clicked.dataset.value)}"]`)?.focus();
}

function rows(all, query, several, isChosen, pick) {
  const fits = all.filter((c) => `${c.label} ${c.note ?? ""}`.toLowerCase().includes(query.toLowerCase()));
  if (!fits.length) return [h("div.menu-heading", {}, "Nothing found")];
  let group;
  return fits.flatMap((c) => {
    const head = c.group && c.group !== group ? [h("div.menu-heading", {}, c.group)] : [];
    group = c.group;
    const mark = isChosen(c.value) ? icon("check") : h("span.icon");
    return [...head, h("button.menu-item", { type: "button", role: "option", "aria-selected": String(isChosen(c.value)), data: { value: c.value }, onclick: () => pick(c.value) }, mark, h("span", {}, c.label, c.note && h("small", {}, c.note)))];
  });
}

// overflow is the ⋯ menu of a block.
export function overflow(el, block, on) {
  const entries = (el.options ?? []).map((o) => ({
    label: plainText(o.text?.text ?? ""),
    note: plainText(o.description?.text ?? ""),
    data: { value: o.value },
    run: () => {
      if (o.url) window.open(o.url, "_blank", "noopener");
      acting(made, el, () => on.choose(block, el, o.value));
    },
  }));
  const made = iconButton("More actions", icon("more"), () => menu(made, entries), { "aria-haspopup": "menu" });
  made.classList.add("button", "square");
  return made;
}
