// The tour: what to try, step by step. It types, the person sends.

import { fill, h, iconButton } from "./dom.js";
import { openTab } from "./header.js";
import { icon } from "./icons.js";
import { mrkdwn } from "./mrkdwn.js";
import { S, channelNamed, channels, go, on, personNamed } from "./store.js";

const OPEN = "slacksim.tour";
const WIDE = 1180; // px from which the tour has a column of its own

const doneKey = (step) => `tour|${S.data.team.name}|${step.title}`;
const isDone = (step) => sessionStorage.getItem(doneKey(step)) === "1";
const isNew = (step) => sessionStorage.getItem(doneKey(step)) === null; // and not unticked by hand
const setDone = (step, is) => sessionStorage.setItem(doneKey(step), is ? "1" : "0");

const squeeze = (text) => text.trim().replace(/\s+/g, " ");

// tour draws into box; become and put are how it tries a step. It returns the function that opens and folds it.
export function tour(box, { become, put }) {
  let shown = "";
  const draw = () => fill(box, S.data.tour?.length ? panel() : null);
  const toggle = () => {
    localStorage.setItem(OPEN, isOpen() ? "0" : "1");
    document.body.classList.toggle("tour-open", isOpen());
    if (isOpen()) box.querySelector("button")?.focus();
  };
  const tick = (step, is) => {
    setDone(step, is);
    draw();
  };
  const tryIt = async (step) => {
    const who = step.as && personNamed(step.as);
    if (who && who.id !== S.me) await become(who.id);
    const where = placeOf(step);
    if (where) go(where.id);
    if (where && step.home) openTab("home");
    if (step.try) put(step.try);
    if (innerWidth < WIDE) toggle();
  };
  const panel = () => [
    h("header.pane-head", {}, h("h2", {}, "Tour"), h("span.quiet", {}, `${S.data.tour.filter(isDone).length} of ${S.data.tour.length}`), iconButton("Fold the tour", icon("close"), toggle)),
    h("ol.steps", {}, S.data.tour.map((step, i) => card(step, i, { tick, tryIt }))),
  ];
  on("state", () => {
    document.body.classList.toggle("tour-open", isOpen());
    for (const step of S.data.tour ?? []) if (step.opens && isNew(step) && channelNamed(step.opens)) setDone(step, true);
    const signature = JSON.stringify([S.data.tour?.map((step) => [step, isDone(step), whereOf(step)]), S.me]);
    if (signature !== shown) draw();
    shown = signature;
  });
  const done = (is) => {
    const step = S.data.tour?.find((s) => !isDone(s) && is(s));
    if (step) tick(step, true);
  };
  on("posted", ({ text }) => done((s) => s.try && squeeze(s.try) === squeeze(text)));
  on("pressed", ({ label }) => done((s) => s.press && s.press === label));
  on("place", () => done((s) => !s.try && placeOf(s)?.id === S.channel && (!s.home || S.tab === "home")));
  return toggle;
}

const isOpen = () => Boolean(S.data?.tour?.length) && (localStorage.getItem(OPEN) ?? (innerWidth >= WIDE ? "1" : "0")) === "1";

// placeOf is the channel of a step, as far as it is there by now.
const placeOf = (step) => (step.home ? channels().find((c) => c.kind === "dm") : step.channel && channelNamed(step.channel));

// whereOf is the name of a step's channel, as far as it is known by now.
const whereOf = (step) => step.channel && (channelNamed(step.channel)?.name ?? step.channel.replace(/^#/, "").replace(/\*$/, "…"));

function card(step, i, { tick, tryIt }) {
  const done = isDone(step);
  const where = [step.as && `as ${step.as}`, step.channel && `in #${whereOf(step)}`, step.home && `on the Home tab of ${S.data.app.name}`].filter(Boolean).join(" ");
  const check = h("button.step-mark", { type: "button", role: "checkbox", "aria-checked": String(done), "aria-label": `Step ${i + 1} done`, onclick: () => tick(step, !done) }, done ? icon("check") : String(i + 1));
  return h(`li.step${done ? ".done" : ""}`, {}, check,
    h("div", {}, h("h3", {}, step.title), h("div.text", {}, mrkdwn(step.text)), step.try && h("code.try", {}, step.try),
      (step.try || where) && h("div.step-foot", {}, h("button.button", { type: "button", onclick: () => tryIt(step) }, step.try ? "Try it" : "Take me there"), where && h("span.quiet", {}, where))));
}
