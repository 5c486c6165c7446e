// Helpers for building elements.

/** Create an element; `properties` are DOM properties, except `dataset` and `attributes`. */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  const { dataset = {}, attributes = {}, ...rest } = properties;
  Object.assign(node, rest);
  Object.assign(node.dataset, dataset);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Return the element with an id. */
export const byId = (id) => document.getElementById(id);

/** Fill a radio group with buttons. `options` are `{value, label, title}`. */
export function fillSegmented(group, options, chosen, choose) {
  group.replaceChildren(
    ...options.map(({ value, label, title = "" }) =>
      element("button", {
        textContent: label,
        title,
        type: "button",
        tabIndex: value === chosen ? 0 : -1,
        onclick: () => choose(value),
        onkeydown: (event) => moveFocus(event, group),
        attributes: { role: "radio", "aria-checked": String(value === chosen) },
      }),
    ),
  );
}

/** Move within a radio group with the arrow keys, as in a native one. */
function moveFocus(event, group) {
  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  const step = steps[event.key];
  if (!step) return;
  event.preventDefault();
  const buttons = [...group.children];
  const index = (buttons.indexOf(event.currentTarget) + step + buttons.length) % buttons.length;
  buttons[index].click();
  group.children[index]?.focus();
}

/** Return the element after the chosen one in a list, and the first after the last. */
export function next(values, chosen, step = 1) {
  return values[(values.indexOf(chosen) + step + values.length) % values.length];
}

/** Return the name of a language in that language. */
export function languageName(tag) {
  try {
    const name = new Intl.DisplayNames([tag], { type: "language" }).of(tag);
    return name.charAt(0).toLocaleUpperCase(tag) + name.slice(1);
  } catch {
    return tag;
  }
}

/** Return a number of bytes as text. */
export function bytes(count) {
  return count < 1000 ? `${count} B` : `${(count / 1024).toFixed(count < 10240 ? 1 : 0)} KB`;
}
