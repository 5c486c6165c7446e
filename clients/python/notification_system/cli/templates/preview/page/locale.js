// A column: every channel of one locale.

import { element, languageName } from "./dom.js";
import { createEmail } from "./email.js";
import { createPush } from "./push.js";
import { code, lines } from "./side.js";
import { createSms } from "./sms.js";

const NAMES = { email: "E-mail", sms: "SMS", push: "Push" };
const CREATE = { email: createEmail, sms: createSms };

/** Create the column of a locale; `update` shows its messages, each in the row of its channel. */
export function createLocale({ tag }) {
  const heading = element("h2", {});
  const notes = element("p", { className: "notes" });
  const node = element("section", { className: "locale" }, element("header", {}, heading, notes));
  node.setAttribute("aria-label", languageName(tag));
  const cells = new Map();

  function update(locale, messages, rows, chosen) {
    node.hidden = chosen.locale !== "all" && chosen.locale !== tag;
    heading.textContent = languageName(tag);
    const isDefault = locale.default ? "default" : "";
    const direction = locale.direction === "rtl" ? "right to left" : "";
    const partial = locale.partial ? "partial" : "";
    notes.textContent = [tag, isDefault, direction, partial].filter(Boolean).join(" · ");
    for (const channel of [...cells.keys()]) {
      if (!(channel in messages)) {
        cells.get(channel).node.remove();
        cells.delete(channel);
      }
    }
    for (const [channel, message] of Object.entries(messages)) {
      if (!cells.has(channel)) {
        cells.set(channel, createCell(channel));
        node.append(cells.get(channel).node);
      }
      cells.get(channel).node.style.gridRow = rows.indexOf(channel) + 2; // the first has the heading
      cells.get(channel).update(message, locale, chosen);
    }
    node.classList.toggle("empty", cells.size === 0);
  }

  return { node, update };
}

/** Create the place of one message, which shows the message or why there is none. */
function createCell(channel) {
  const detail = element("span", { className: "detail" });
  const title = element("h3", {}, NAMES[channel] ?? channel, " ", detail);
  const content = (CREATE[channel] ?? createPush)(channel);
  const failure = element("div", { className: "failure" });
  const node = element("article", { className: "cell" }, title, failure, content.node);

  function update(message, locale, chosen) {
    const failed = message.kind === "failed";
    failure.hidden = !failed;
    content.node.hidden = failed;
    if (failed) {
      detail.textContent = "";
      failure.replaceChildren(
        element("p", { className: "failure-message" }, ...code(message.message)),
        element("p", { className: "place", textContent: `${message.file}:${message.line}` }),
        lines(message.excerpt) ?? "",
      );
    } else {
      const { text, bad = false } = content.update(message, locale, chosen);
      detail.textContent = text;
      detail.classList.toggle("bad", bad);
    }
  }

  return { node, update };
}
