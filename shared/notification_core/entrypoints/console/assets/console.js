"use strict";

// Times are in UTC in the page. This shows them in the viewer's zone; the title keeps UTC.
(() => {
  const full = new Intl.DateTimeFormat(undefined, {
    year: "numeric", month: "short", day: "numeric",
    hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short",
  });
  const clock = new Intl.DateTimeFormat(undefined, {
    hour: "2-digit", minute: "2-digit", second: "2-digit",
  });
  const isToday = (moment) => moment.toDateString() === new Date().toDateString();

  function localise(root) {
    for (const element of root.querySelectorAll("time[datetime]")) {
      const moment = new Date(element.dateTime);
      if (!Number.isNaN(moment.getTime())) {
        const time = clock.format(moment);
        const today = "inText" in element.dataset ? time : `today ${time}`;
        element.textContent = isToday(moment) ? today : full.format(moment);
      }
    }
  }

  // Times that are entered are in the same zone as those that are shown.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  for (const element of document.querySelectorAll("[data-time-zone]")) {
    element[element.matches("input") ? "value" : "textContent"] = zone;
  }

  for (const field of document.querySelectorAll("input[data-moment]")) {
    const moment = new Date(field.dataset.moment);
    const local = new Date(moment - moment.getTimezoneOffset() * 60000);
    field.value = local.toISOString().slice(0, 16);
  }

  // On a narrow screen each row of a table is a card, in which a cell has the name of its column.
  function nameCells(root) {
    for (const table of root.querySelectorAll(".scroll > table")) {
      const names = [...table.querySelectorAll("thead th")].map((heading) => heading.textContent);
      for (const row of table.tBodies[0].rows) {
        [...row.cells].forEach((cell, column) => { cell.dataset.name = names[column] || ""; });
      }
      table.classList.add("named");
    }
  }

  // A part that renews itself waits while somebody is in it with the keyboard or has opened details.
  for (const name of ["htmx:beforeSwap", "htmx:oobBeforeSwap"]) {
    document.addEventListener(name, (event) => {
      const { target } = event.detail;
      const isRenewed = name === "htmx:oobBeforeSwap" || target.matches('[hx-trigger^="every"]');
      const inUse = target.contains(document.activeElement) || target.querySelector("details[open]");
      if (isRenewed && inUse) {
        event.detail.shouldSwap = false;
      }
    });
  }

  // A part of the page that htmx replaced has new elements; the rest stays as it is.
  function prepare() {
    localise(document);
    nameCells(document);
  }
  document.addEventListener("htmx:afterSettle", prepare);
  prepare();

  // The e-mail that the editor of a template shows follows what is written, like the rest of the
  // preview. Only a form can fill its frame. Filling a new frame adds nothing to the history.
  let shown = null;
  for (const frame of document.querySelectorAll("iframe[name]")) {
    frame.hidden = true; // until it is filled; without JavaScript it has to be there
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[formtarget]");
    if (button) {
      shown = button;
      document.getElementsByName(button.formTarget)[0].hidden = false;
    }
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (shown && shown.isConnected) {
      const [frame] = document.getElementsByName(shown.formTarget);
      frame.replaceWith(frame.cloneNode());
      shown.click();
    }
  });

  // A table of the charts that somebody has opened stays open: the charts are not replaced.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.target.matches("#activity:has(details[open])")) {
      event.detail.shouldSwap = false;
    }
  });

  // "/" moves to the search field, as in many consoles.
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest("input, textarea, select, [contenteditable]");
    const field = document.getElementById("q");
    if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && field) {
      event.preventDefault();
      field.focus();
    }
  });
})();
