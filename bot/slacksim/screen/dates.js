// Times as the person who looks reads them: in their zone, and with the clock of their country.

import { zone } from "./store.js";

const cache = new Map();
function format(options, tz, locale = "en-US") {
  const key = JSON.stringify([options, tz, locale]);
  if (!cache.has(key)) cache.set(key, new Intl.DateTimeFormat(locale, { timeZone: tz, ...options }));
  return cache.get(key);
}

const twelve = (tz) => tz.startsWith("America/");
const date = (unix) => new Date(unix * 1000);

function ordinal(n) {
  if (n % 100 >= 11 && n % 100 <= 13) return `${n}th`;
  return `${n}${["th", "st", "nd", "rd"][n % 10] ?? "th"}`;
}

// dayKey is the calendar day in a zone, as 2026-01-31.
export const dayKey = (unix, tz = zone()) => format({ year: "numeric", month: "2-digit", day: "2-digit" }, tz, "en-CA").format(date(unix));

function daysFromToday(unix, tz) {
  const day = (key) => Date.parse(`${key}T00:00:00Z`) / 86400000;
  return day(dayKey(unix, tz)) - day(dayKey(Date.now() / 1000, tz));
}

export function clock(unix, seconds = false, tz = zone()) {
  const options = { hour: twelve(tz) ? "numeric" : "2-digit", minute: "2-digit", hour12: twelve(tz) };
  if (!twelve(tz)) Object.assign(options, { hour12: undefined, hourCycle: "h23" });
  return format(seconds ? { ...options, second: "2-digit" } : options, tz).format(date(unix));
}

function long(unix, tz, weekday) {
  const part = (o) => format(o, tz).format(date(unix));
  const day = `${part({ month: "long" })} ${ordinal(Number(part({ day: "numeric" })))}, ${part({ year: "numeric" })}`;
  return weekday ? `${part({ weekday: "long" })}, ${day}` : day;
}

const short = (unix, tz) => format({ month: "short", day: "numeric", year: "numeric" }, tz).format(date(unix));

function pretty(unix, tz, otherwise) {
  const word = { 0: "today", 1: "tomorrow", "-1": "yesterday" }[daysFromToday(unix, tz)];
  return word ?? otherwise;
}

// ago is the distance in the largest unit that fits.
export function ago(unix) {
  const left = unix - Date.now() / 1000;
  const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
  const [unit, size] = units.find(([, s]) => Math.abs(left) >= s) ?? ["second", 1];
  const n = Math.round(Math.abs(left) / size);
  if (unit === "second" && n < 10) return "just now";
  const words = `${n} ${unit}${n === 1 ? "" : "s"}`;
  return left < 0 ? `${words} ago` : `in ${words}`;
}

const tokens = {
  date_num: (u, tz) => dayKey(u, tz),
  date: (u, tz) => long(u, tz, false),
  date_short: short,
  date_long: (u, tz) => long(u, tz, true),
  date_pretty: (u, tz) => pretty(u, tz, long(u, tz, false)),
  date_short_pretty: (u, tz) => pretty(u, tz, short(u, tz)),
  date_long_pretty: (u, tz) => pretty(u, tz, long(u, tz, true)),
  time: (u, tz) => clock(u, false, tz),
  time_secs: (u, tz) => clock(u, true, tz),
  ago: (u) => ago(u),
};

// dateToken fills in Slack's date format string, e.g. "{date_short_pretty} at {time}". A date that opens the text is capitalised.
export function dateToken(unix, pattern, tz = zone()) {
  const text = pattern.replace(/\{(\w+)\}/g, (whole, name) => tokens[name]?.(unix, tz) ?? whole);
  return pattern.startsWith("{date") ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

// exact is the full moment for a tooltip, with the zone's name.
export function exact(unix, tz = zone()) {
  const name = format({ timeZoneName: "short" }, tz).formatToParts(date(unix)).find((p) => p.type === "timeZoneName");
  return `${long(unix, tz, true)} at ${clock(unix, true, tz)} ${name?.value ?? ""}`;
}

// dayLabel stands on the line between two days.
export function dayLabel(unix, tz = zone()) {
  const word = pretty(unix, tz, "");
  if (word) return word.charAt(0).toUpperCase() + word.slice(1);
  return long(unix, tz, true).replace(/, \d{4}$/, "");
}

// localInput and fromLocalInput translate between Unix seconds and <input type=datetime-local> in a zone.
export function localInput(unix, tz = zone()) {
  const time = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, tz).format(date(unix));
  return `${dayKey(unix, tz)}T${time}`;
}

export function fromLocalInput(text, tz = zone()) {
  const wanted = Date.parse(`${text}:00Z`) / 1000;
  let unix = wanted;
  // Twice, because the offset at the first guess may be the other side of a clock change.
  for (let i = 0; i < 2; i++) unix += wanted - Date.parse(`${localInput(unix, tz)}:00Z`) / 1000;
  return unix;
}
