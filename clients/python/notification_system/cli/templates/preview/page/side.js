// The side of the page: the checks, the errors of the data, and what the template is.

import { byId, element } from "./dom.js";

/** Show the errors and warnings, or that there are none. */
export function showProblems(problems) {
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const warnings = problems.length - errors;
  const count = (number, noun) => number && `${number} ${noun}${number === 1 ? "" : "s"}`;
  const summary = [count(errors, "error"), count(warnings, "warning")].filter(Boolean).join(", ");
  const verdict = errors ? "bad" : warnings ? "doubtful" : "good";
  byId("verdict").className = `verdict small ${verdict}`;
  byId("verdict").textContent = summary || "Ready";
  byId("problems").replaceChildren(
    element("p", { className: `verdict ${verdict}`, textContent: summary || "Ready to publish" }),
    element("ul", { className: "problems" }, ...problems.map(problem)),
  );
}

function problem({ file, line, severity, message, excerpt }) {
  const place = `${file}:${line}`;
  const copy = element("button", {
    className: "place",
    textContent: place,
    title: "Copy the place",
    onclick: () => navigator.clipboard?.writeText(place),
  });
  return element("li", { className: severity }, copy, element("p", {}, ...code(message)), lines(excerpt));
}

/** Return a text whose parts in backticks are code. */
export function code(text) {
  return text.split("`").map((part, index) => (index % 2 ? element("code", { textContent: part }) : part));
}

/** Return lines of a file, with the one of the problem marked. */
export function lines(excerpt) {
  if (!excerpt?.length) return null;
  return element(
    "pre",
    { className: "excerpt" },
    ...excerpt.map(({ line, text, marked }) =>
      element("span", { className: marked ? "marked" : "", textContent: text || " ", dataset: { line } }),
    ),
  );
}

/** Show which values do not fit the schema. */
export function showDataErrors(errors) {
  const item = ({ path, message }) =>
    element("li", {}, path ? element("code", { textContent: path }) : "", " ", ...code(message));
  byId("data-errors").replaceChildren(...errors.map(item));
  byId("data").classList.toggle("invalid", errors.length > 0);
  byId("data").setAttribute("aria-invalid", String(errors.length > 0));
}

/** Show the fields of the template. */
export function showAbout(state) {
  const { category, mandatory, layouts, max_segments: most } = state;
  const ofRequest = state.is_layout ? "" : "the request's";
  const rows = {
    Kind: state.is_layout ? "layout of other templates" : "",
    Category: category ? `${category}${mandatory ? ", mandatory" : ""}` : ofRequest,
    "Default locale": state.default_locale,
    Layout: layouts.join(", "),
    "SMS segments": most && `at most ${most}`,
  };
  byId("about").replaceChildren(
    ...Object.entries(rows)
      .filter(([, value]) => value)
      .flatMap(([name, value]) => [
        element("dt", { textContent: name }),
        element("dd", { textContent: value }),
      ]),
  );
}
