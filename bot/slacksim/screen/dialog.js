// Dialogs over the page. <dialog> brings the focus trap, Escape and the inert background.

import { h, iconButton } from "./dom.js";
import { icon } from "./icons.js";
import { closePopup, isPopupOpen } from "./popup.js";

let count = 0;

// showDialog opens a dialog; oncancel answers x and Escape. It returns the <dialog>; closeDialog takes it away.
export function showDialog({ title, body, foot, oncancel, className = "" }) {
  const id = `dialog-title-${++count}`;
  const back = document.activeElement;
  const el = h(`dialog.dialog${className && `.${className}`}`, { role: "dialog", "aria-modal": "true", "aria-labelledby": id },
    h("header.dialog-head", {}, h("h2", { id }, title), iconButton("Close", icon("close"), oncancel)),
    h("div.dialog-body", {}, body),
    foot && h("footer.dialog-foot", {}, foot));
  el.addEventListener("cancel", (e) => {
    e.preventDefault();
    if (isPopupOpen()) closePopup({ refocus: true });
    else oncancel();
  });
  el.goBack = () => back?.isConnected && back.focus();
  document.body.append(el);
  el.showModal();
  return el;
}

export function closeDialog(el) {
  el?.close();
  el?.remove();
  el?.goBack();
}

// confirm asks; the promise is true if the person went on.
export function confirm({ title, text, yes = "Yes", no = "Cancel", danger = false }) {
  return new Promise((resolve) => {
    const done = (answer) => {
      closeDialog(el);
      resolve(answer);
    };
    const el = showDialog({
      title,
      body: h("div.confirm-text", {}, text),
      foot: [
        h("button.button", { type: "button", onclick: () => done(false) }, no),
        h(`button.button.${danger ? "danger" : "primary"}.solid`, { type: "button", autofocus: true, onclick: () => done(true) }, yes),
      ],
      oncancel: () => done(false),
      className: "small",
    });
  });
}
