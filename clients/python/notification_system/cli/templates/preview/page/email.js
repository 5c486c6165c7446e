// An e-mail: its row in an inbox, and its body on a phone, on a desktop and as plain text.

import { bytes, element } from "./dom.js";

const PHONE = 375;
const DESKTOP = 680;
const CLIPPED = 102400; // Gmail shows the rest of a larger e-mail on another page

/** Create an e-mail; `update` returns its details. */
export function createEmail() {
  const row = createInboxRow();
  const phone = createFrame(PHONE, "phone");
  const desktop = createFrame(DESKTOP, "desktop");
  const text = element("pre", { className: "plain-text" });
  const textNote = element("p", { className: "hint" });
  const plain = element("div", { className: "plain" }, text, textNote);
  const frames = element("div", { className: "frames" }, phone.node, desktop.node);
  const node = element("div", { className: "email" }, row.node, frames, plain);

  function update(message, locale, { view, theme }) {
    row.update(message, locale);
    frames.hidden = view === "text";
    plain.hidden = view !== "text";
    phone.node.hidden = view === "desktop";
    desktop.node.hidden = view === "phone";
    const label = `${message.subject} (${locale.tag})`;
    phone.update(`${message.frame}?scheme=${theme}`, `${label}, phone`);
    desktop.update(`${message.frame}?scheme=${theme}`, `${label}, desktop`);
    text.textContent = message.text;
    text.dir = locale.direction;
    text.lang = locale.tag;
    textNote.textContent = message.text_derived
      ? "This text is derived from the HTML. A file email.txt replaces it."
      : "";
    const dark = theme === "dark" && !message.dark_styles ? " · no dark styles" : "";
    const bad = message.html_bytes > CLIPPED;
    return { text: `${bytes(message.html_bytes)}${bad ? ", which Gmail clips" : ""}${dark}`, bad };
  }

  return { node, update };
}

function createInboxRow() {
  const avatar = element("span", { className: "avatar", attributes: { "aria-hidden": "true" } });
  const from = element("span", { className: "from" });
  const subject = element("span", { className: "subject" });
  const preheader = element("span", { className: "preheader" });
  const reply = element("span", { className: "reply" });
  const node = element(
    "div",
    { className: "inbox-row" },
    avatar,
    element("div", { className: "inbox-text" }, from, reply, subject, preheader),
  );

  function update(message, locale) {
    node.dir = locale.direction;
    node.lang = locale.tag;
    from.textContent = message.from_name || "Your sender";
    avatar.textContent = [...from.textContent][0].toLocaleUpperCase(locale.tag);
    reply.textContent = message.reply_to ? `Reply to ${message.reply_to}` : "";
    subject.textContent = message.subject;
    preheader.textContent = message.preheader;
  }

  return { node, update };
}

/** Create a frame of a fixed width, which is scaled down to the space that there is. */
function createFrame(width, kind) {
  // Without allow-scripts no script runs; allow-same-origin lets this page measure the height.
  const frame = element("iframe", {
    width,
    height: 400,
    attributes: {
      sandbox: "allow-same-origin allow-popups allow-popups-to-escape-sandbox",
      referrerpolicy: "no-referrer",
    },
  });
  const screen = element("div", { className: "screen" }, frame);
  const node = element("figure", { className: `device ${kind}` }, screen);

  function fit() {
    const scale = Math.min(1, node.clientWidth / width);
    if (!scale) return;
    frame.style.transform = `scale(${scale})`;
    screen.style.height = `${Math.ceil(frame.height * scale)}px`;
    screen.style.width = `${Math.ceil(width * scale)}px`;
  }

  frame.addEventListener("load", () => {
    const page = frame.contentDocument?.documentElement;
    if (!page?.firstChild) return;
    // The height of a page is at least the frame's, so the frame is made small first.
    frame.height = 1;
    frame.height = Math.max(page.scrollHeight, 80);
    fit();
  });
  new ResizeObserver(fit).observe(node);

  function update(url, title) {
    frame.title = title;
    if (frame.getAttribute("src") !== url) frame.setAttribute("src", url);
  }

  return { node, update };
}
