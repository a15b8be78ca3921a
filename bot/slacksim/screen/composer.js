// Where messages are typed. Text goes to the server as typed; it makes the references out of @names, #channels and addresses.

import { act } from "./api.js";
import { completion } from "./complete.js";
import { h, iconButton } from "./dom.js";
import { icon } from "./icons.js";
import { menu } from "./popup.js";
import { S, draft, edit, messagesOf, setDraft, tell } from "./store.js";

const TALLEST = 240; // px

// composer makes one: {el, load, put, focus}. place() says where it sends to, as {channel, thread}.
export function composer({ id, place }) {
  const area = h("textarea", { id, rows: "1", "aria-label": "Message", autocomplete: "off", spellcheck: "true" });
  const hints = h("div.hints", { id: `${id}-hints` });
  const send = iconButton("Send", icon("send"), () => submit(), { class: "send", disabled: true });
  const box = h("div.composer", {}, hints, area, h("div.composer-bar", {}, formatting(area), extras(area, place), send));
  const complete = completion(area, hints);

  const refresh = () => {
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight, TALLEST)}px`;
    send.disabled = !area.value.trim();
    complete.look();
  };
  const put = (text) => {
    area.value = text;
    setDraft(place().channel, place().thread, text);
    refresh();
  };
  const submit = async () => {
    const text = area.value.trim();
    if (!text) return;
    const at = place();
    put("");
    const what = at.thread ? { thread: at.thread } : {};
    if (await act({ do: "post", channel: at.channel, ...what, text })) tell("posted", { text });
    else if (!area.value) put(text); // refused: nobody should have to type it again
  };

  area.addEventListener("input", () => {
    setDraft(place().channel, place().thread, area.value);
    refresh();
  });
  area.addEventListener("keydown", (e) => {
    if (e.isComposing || complete.key(e)) return;
    if (e.key === "ArrowUp" && !area.value) return editLast(e, place());
    if (e.key !== "Enter" || e.shiftKey) return;
    e.preventDefault();
    submit();
  });
  return {
    el: box,
    put,
    focus: () => (area.focus(), area.setSelectionRange(area.value.length, area.value.length)),
    load(label) {
      area.placeholder = label;
      area.setAttribute("aria-label", label);
      put(draft(place().channel, place().thread));
    },
  };
}

function editLast(e, { channel, thread }) {
  const own = messagesOf(channel, thread).findLast((m) => m.user === S.me && !m.ephemeral && !m.subtype);
  if (!own) return;
  e.preventDefault();
  edit(own.ts);
}

const marks = [["Bold", "bold", "*"], ["Italic", "italic", "_"], ["Strikethrough", "strike", "~"], ["Code", "code", "`"]];

// formatting puts marks around what is selected.
function formatting(area) {
  const wrap = (mark) => {
    const { selectionStart: from, selectionEnd: to } = area;
    area.setRangeText(mark + area.value.slice(from, to) + mark, from, to, "select");
    area.setSelectionRange(from + 1, to + 1);
    area.focus();
    area.dispatchEvent(new Event("input"));
  };
  const quote = () => {
    area.setRangeText("> ", area.value.lastIndexOf("\n", area.selectionStart - 1) + 1, area.value.lastIndexOf("\n", area.selectionStart - 1) + 1, "end");
    area.focus();
    area.dispatchEvent(new Event("input"));
  };
  return h("div.formatting", { role: "group", "aria-label": "Formatting" },
    marks.map(([label, shape, mark]) => iconButton(label, icon(shape), () => wrap(mark))), iconButton("Quote", icon("quote"), quote));
}

// extras are the starts of @ and / for those who do not know them, and the app's global shortcuts.
function extras(area, place) {
  const insert = (sign) => {
    const gap = area.selectionStart && !/\s$/.test(area.value.slice(0, area.selectionStart)) ? " " : "";
    area.setRangeText(gap + sign, area.selectionStart, area.selectionEnd, "end");
    area.focus();
    area.dispatchEvent(new Event("input"));
  };
  const bolt = iconButton("Shortcuts", icon("bolt"), () => menu(bolt, shortcuts(place), { label: "Shortcuts" }), { "aria-haspopup": "menu" });
  return h("div.extras", {}, bolt, h("button.icon-button", { type: "button", "aria-label": "Mention somebody", title: "Mention somebody", onclick: () => insert("@") }, "@"));
}

function shortcuts(place) {
  const run = (s) => () => act({ do: "shortcut", callback_id: s.callback_id, channel: place().channel });
  const found = (S.data.shortcuts ?? []).filter((s) => s.type === "global");
  if (!found.length) return [{ heading: "No shortcuts in this workspace" }];
  return [{ heading: S.data.app.name }, ...found.map((s) => ({ icon: icon("bolt"), label: s.name, run: run(s) }))];
}
