// An SMS: a bubble for each segment, and what makes it long.

import { element } from "./dom.js";

const MARKED = 8; // with more different characters than these, the script of the language is the reason

/** Create an SMS; `update` returns its details. */
export function createSms() {
  const thread = element("div", { className: "thread" });
  const note = element("p", { className: "hint" });
  const node = element("div", { className: "sms" }, thread, note);

  function update(message, locale) {
    const few = message.culprits.length <= MARKED;
    const marked = new Set(few ? message.culprits.map(({ character }) => character) : []);
    thread.dir = locale.direction;
    thread.lang = locale.tag;
    thread.replaceChildren(...message.parts.map((part, index) => bubble(part, index, message, marked)));
    note.replaceChildren(...explanation(message, few));
    const count = message.parts.length;
    const unit = message.encoding === "GSM-7" ? "septets" : "UTF-16 units";
    const text = `${count} of at most ${message.max_segments} segments · ${message.encoding} · ${message.units} ${unit}`;
    return { text, bad: count > message.max_segments };
  }

  return { node, update };
}

function bubble(part, index, { parts }, marked) {
  const text = element("p", { className: "bubble", dir: "auto" }, ...markedText(part, marked));
  const number = parts.length > 1 ? `${index + 1}/${parts.length}` : "";
  return element("div", { className: "segment" }, text, element("span", { textContent: number }));
}

function markedText(text, marked) {
  if (marked.size === 0) return [text];
  const pieces = [];
  const characters = new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text);
  for (const { segment } of characters) {
    pieces.push(marked.has(segment) ? element("mark", { textContent: segment }) : segment);
  }
  return pieces;
}

function explanation({ culprits }, few) {
  if (culprits.length === 0) return [];
  const limit = "so a segment has 67 to 70 units instead of 153 to 160.";
  if (!few) return [`The script of this language is not in GSM-7, ${limit}`];
  const names = culprits.flatMap(({ label, replacement }) => {
    return [element("mark", { textContent: label }), `${hint(replacement)} `];
  });
  const verb = culprits.length === 1 ? "is" : "are";
  return [...names, `${verb} not in GSM-7, ${limit}`];
}

function hint(replacement) {
  if (replacement === null) return "";
  if (replacement === "") return " (leave it out)";
  return ` (write ${replacement === " " ? "a plain space" : replacement})`;
}
