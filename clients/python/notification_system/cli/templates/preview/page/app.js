// The page: what is chosen, what the server says, and the keys.

import { byId, element, fillSegmented, languageName, next } from "./dom.js";
import { createLocale } from "./locale.js";
import { showAbout, showDataErrors, showProblems } from "./side.js";

const VIEWS = [
  { value: "both", label: "Both", title: "Phone and desktop (v)" },
  { value: "phone", label: "Phone", title: "375 pixels wide (v)" },
  { value: "desktop", label: "Desktop", title: "680 pixels wide (v)" },
  { value: "text", label: "Text", title: "The plain text (v)" },
];
const ALL = "all";

const chosen = { template: "", locale: ALL, view: "both", example: 0, theme: "light", edited: null };
let state = null;
let columns = new Map();
let renderings = 0;

async function request(path, body) {
  const options = body && {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  const response = await fetch(path, options);
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

// ---- what the server says

async function load() {
  const answer = await request(`/state?template=${encodeURIComponent(chosen.template)}`);
  if (chosen.template && answer.template !== chosen.template) chosen.edited = null;
  state = answer;
  chosen.template = state.template;
  chosen.example = Math.min(chosen.example, Math.max(state.examples.length - 1, 0));
  if (!state.locales.some(({ tag }) => tag === chosen.locale)) chosen.locale = ALL;
  document.title = `${state.template || "No template"} · preview`;
  location.replace(`#${state.template}`);
  showBar();
  showProblems(state.problems);
  showAbout(state);
  showData();
  await render();
}

async function render() {
  const number = ++renderings;
  let data;
  try {
    data = JSON.parse(dataText());
  } catch (error) {
    showDataErrors([{ path: "", message: `This is not JSON: ${error.message}` }]);
    return;
  }
  const answer = await request("/render", { template: chosen.template, data });
  if (number !== renderings) return; // a newer one is under way
  showDataErrors(answer.data_errors);
  showColumns(answer.cells);
}

function showColumns(cells) {
  const structure = state.locales.map(({ tag }) => tag);
  if (structure.join() !== [...columns.keys()].join()) {
    columns = new Map(state.locales.map((locale) => [locale.tag, createLocale(locale)]));
    byId("locales").replaceChildren(...[...columns.values()].map((column) => column.node));
  }
  const messages = Object.values(cells).flatMap(Object.keys);
  const rows = [...new Set(["email", "sms", "push", ...messages])].filter((row) => messages.includes(row));
  for (const locale of state.locales) {
    columns.get(locale.tag).update(locale, cells[locale.tag] ?? {}, rows, chosen);
  }
  byId("locales").style.gridTemplateRows = `repeat(${rows.length + 1}, auto)`;
  byId("locales").classList.toggle("single", chosen.locale !== ALL || columns.size === 1);
}

// ---- what is shown above and beside the messages

function showBar() {
  const mark = ({ errors, warnings }) => (errors ? " ✕" : warnings ? " ⚠" : "");
  byId("template").replaceChildren(
    ...state.templates.map((template) =>
      element("option", {
        value: template.name,
        textContent: `${template.name}${template.layout ? " (layout)" : ""}${mark(template)}`,
        selected: template.name === state.template,
      }),
    ),
  );
  showChoices();
}

function showChoices() {
  const locales = state.locales.map(({ tag }) => ({ value: tag, label: languageName(tag), title: tag }));
  const all = { value: ALL, label: "All", title: "All locales (l)" };
  fillSegmented(byId("locale-choice"), [all, ...locales], chosen.locale, choose("locale"));
  fillSegmented(byId("view-choice"), VIEWS, chosen.view, choose("view"));
  const examples = state.examples.map((_, number) => ({ value: number, label: `Example ${number + 1}` }));
  fillSegmented(byId("example-choice"), examples, chosen.example, chooseExample);
  byId("example-choice").hidden = examples.length < 2;
  byId("view-choice").hidden = !state.channels.includes("email");
  byId("locale-choice").hidden = locales.length < 2;
}

function choose(name) {
  return (value) => {
    chosen[name] = value;
    localStorage.setItem(`preview-${name}`, value);
    showChoices();
    render();
  };
}

function chooseExample(number) {
  chosen.example = number;
  chosen.edited = null;
  showChoices();
  showData();
  render();
}

function chooseTemplate(name) {
  Object.assign(chosen, { template: name, example: 0, edited: null });
  load();
}

function chooseTheme(theme) {
  chosen.theme = theme;
  document.documentElement.dataset.theme = theme;
  byId("theme").setAttribute("aria-pressed", String(theme === "dark"));
  localStorage.setItem("preview-theme", theme);
  if (state) render();
}

// ---- the data

const exampleText = () => JSON.stringify(state.examples[chosen.example] ?? {}, null, 2);
const dataText = () => chosen.edited ?? exampleText();

function showData() {
  const area = byId("data");
  if (area.value !== dataText()) area.value = dataText();
  area.rows = Math.min(Math.max(area.value.split("\n").length, 6), 24);
  byId("reset").hidden = chosen.edited === null;
}

let typing = 0;
byId("data").addEventListener("input", (event) => {
  chosen.edited = event.target.value === exampleText() ? null : event.target.value;
  byId("reset").hidden = chosen.edited === null;
  clearTimeout(typing);
  typing = setTimeout(render, 150);
});
byId("reset").addEventListener("click", () => chooseExample(chosen.example));

// ---- keys, choices and news

const templates = (step) => next(state.templates.map(({ name }) => name), chosen.template, step);
const KEYS = {
  d: () => chooseTheme(chosen.theme === "dark" ? "light" : "dark"),
  v: () => choose("view")(next(VIEWS.map(({ value }) => value), chosen.view)),
  l: () => choose("locale")(next([ALL, ...state.locales.map(({ tag }) => tag)], chosen.locale)),
  e: () => state.examples.length && chooseExample((chosen.example + 1) % state.examples.length),
  "[": () => chooseTemplate(templates(-1)),
  "]": () => chooseTemplate(templates(1)),
  "/": () => byId("data").focus(),
  "?": () => byId("shortcuts").showModal(),
};

document.addEventListener("keydown", (event) => {
  const writing = event.target.matches("textarea, select, input");
  if (event.key === "Escape" && writing) event.target.blur();
  if (writing || event.ctrlKey || event.metaKey || event.altKey || !state) return;
  const action = KEYS[event.key];
  if (action) {
    event.preventDefault();
    action();
  }
});
byId("template").addEventListener("change", (event) => chooseTemplate(event.target.value));
byId("theme").addEventListener("click", KEYS.d);
byId("help").addEventListener("click", KEYS["?"]);

function listen() {
  const events = new EventSource("/events");
  let lost = false;
  const show = (live) => {
    byId("live").classList.toggle("lost", !live);
    byId("live").textContent = live ? "Live" : "Not connected";
  };
  events.addEventListener("changed", load);
  events.addEventListener("open", () => {
    if (lost) load(); // files may have changed meanwhile
    lost = false;
    show(true);
  });
  events.addEventListener("error", () => {
    lost = true;
    show(false);
  });
}

const saved = (name, values, otherwise) => {
  const value = localStorage.getItem(`preview-${name}`);
  return values.includes(value) ? value : otherwise;
};
const wanted = new URLSearchParams(location.search);
chosen.view = wanted.get("view") ?? saved("view", VIEWS.map(({ value }) => value), "both");
chosen.locale = wanted.get("locale") ?? localStorage.getItem("preview-locale") ?? ALL;
chosen.template = decodeURIComponent(location.hash.slice(1));
const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
chooseTheme(wanted.get("theme") ?? saved("theme", ["light", "dark"], system));
await load();
listen();
