// Block Kit: one function a block type. Where the blocks stand is told by the surface, which also acts for them.

import { h } from "./dom.js";
import { plainText, withEmoji } from "./emoji.js";
import { control } from "./elements.js";
import { markdown } from "./markdown.js";
import { mrkdwn } from "./mrkdwn.js";
import { richText } from "./richtext.js";

// textOf renders a text object.
export function textOf(text) {
  if (!text) return null;
  return text.type === "mrkdwn" ? mrkdwn(text.text) : plainText(text.text);
}

const kinds = {
  header: (b) => h("h3.b-header", {}, textOf(b.text)),
  divider: () => h("hr"),
  section,
  context: (b) => h("div.b-context", {}, (b.elements ?? []).map((e) => (e.type === "image" ? picture(e) : h("span.text", {}, textOf(e))))),
  actions: (b, on) => h("div.b-actions", { role: "group" }, (b.elements ?? []).map((e) => control(e, b, on))),
  image: (b) => h("figure.b-image", {}, b.title && h("figcaption", {}, textOf(b.title)), picture(b)),
  input,
  rich_text: richText,
  markdown: (b) => h("div.b-markdown", {}, markdown(b.text)),
  table,
};

// blocks renders a list of blocks; an unknown one says so rather than vanish.
export function blocks(list, on) {
  return (list ?? []).map((b) => {
    const make = kinds[b.type] ?? (() => h("div.b-unknown", {}, `This screen cannot show a “${b.type}” block.`));
    const el = make(b, on);
    el.classList.add("block");
    if (b.block_id) el.dataset.block = b.block_id;
    return el;
  });
}

function section(b, on) {
  const fields = b.fields?.length && h("div.b-fields", {}, b.fields.map((f) => h("div.text", {}, textOf(f))));
  const accessory = b.accessory && h("div.b-accessory", {}, b.accessory.type === "image" ? picture(b.accessory) : control(b.accessory, b, on));
  return h("div.b-section", {}, h("div.b-main", {}, b.text && h("div.text", {}, textOf(b.text)), fields), accessory);
}

// picture shows what the content policy lets in (this host, data:), and the alternative text for all else.
function picture(e) {
  const url = e.image_url ?? "";
  if (url.startsWith("data:image/") || url.startsWith("/") || url.startsWith(location.origin)) {
    return h("img", { src: url, alt: e.alt_text ?? "", loading: "lazy" });
  }
  return h("span.b-alt", { role: "img", "aria-label": e.alt_text || "image" }, e.alt_text || "image");
}

function input(b, on) {
  const error = on.error?.(b.block_id);
  const id = `input-${b.block_id}`;
  const tips = [b.hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  const made = control(b.element, b, on);
  const field = made.matches("input,textarea,button") ? made : made.querySelector("input,textarea,button");
  if (field && tips) field.setAttribute("aria-describedby", tips);
  if (field && error) field.setAttribute("aria-invalid", "true");
  const several = ["checkboxes", "radio_buttons"].includes(b.element?.type);
  if (several) made.setAttribute("aria-labelledby", `${id}-label`);
  else if (field) field.id = id;
  return h(`div.b-input${error ? ".wrong" : ""}`, {},
    h(several ? "div.b-label" : "label.b-label", { id: `${id}-label`, for: several ? null : id }, textOf(b.label), b.optional && h("span.optional", {}, " (optional)")),
    made,
    error && h("div.b-error", { id: `${id}-error`, role: "alert" }, error),
    b.hint && h("div.b-hint", { id: `${id}-hint` }, textOf(b.hint)));
}

function table(b) {
  const align = (i) => b.column_settings?.[i]?.align ?? "left";
  const cell = (c, i, tag) => h(`${tag}.${align(i)}`, {}, c.type === "rich_text" ? richText(c) : withEmoji(String(c.text ?? "")));
  const [head, ...rest] = b.rows ?? [];
  return h("div.table-scroll", { tabindex: "0" }, h("table", {},
    h("thead", {}, h("tr", {}, (head ?? []).map((c, i) => cell(c, i, "th")))),
    h("tbody", {}, rest.map((r) => h("tr", {}, r.map((c, i) => cell(c, i, "td")))))));
}
