// A push notification on two lock screens; any other channel as a card.

import { element } from "./dom.js";

/** Create a push notification, or the message of a custom channel. */
export function createPush(channel) {
  const node = element("div", { className: channel === "push" ? "lock-screens" : "custom" });
  const extra = element("pre", { className: "extra" });

  function update(message, locale) {
    const cards = channel === "push" ? ["ios", "android"] : ["custom"];
    node.replaceChildren(...cards.map((style) => card(style, message, locale)), extra);
    const hasExtra = Object.keys(message.extra).length > 0;
    extra.hidden = !hasExtra;
    extra.textContent = hasExtra ? JSON.stringify(message.extra, null, 2) : "";
    return { text: channel === "push" ? "iOS and Android" : "custom channel" };
  }

  return { node, update };
}

function card(style, { title, body, app }, { tag, direction }) {
  const texts = element(
    "div",
    { className: "push-text" },
    title ? element("p", { className: "push-title", textContent: title }) : null,
    element("p", { className: "push-body", textContent: body }),
  );
  const name = app || "Your app";
  const icon = element("span", { className: "app-icon", textContent: [...name][0].toUpperCase() });
  icon.setAttribute("aria-hidden", "true");
  const head = element(
    "p",
    { className: "push-head" },
    element("span", { className: "push-app", textContent: name }),
    element("time", { textContent: now(tag) }),
  );
  const content = element("div", { className: "push-content" }, head, texts);
  return element("div", { className: `push ${style}`, dir: direction, lang: tag }, icon, content);
}

function now(tag) {
  try {
    return new Intl.RelativeTimeFormat(tag, { numeric: "auto" }).format(0, "second");
  } catch {
    return "now";
  }
}
