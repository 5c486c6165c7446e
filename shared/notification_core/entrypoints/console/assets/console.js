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

  // A frame of the page that htmx replaced has new elements; the rest stays as it is.
  document.addEventListener("htmx:afterSettle", () => localise(document));
  localise(document);

  // The e-mail that the editor of a template shows follows what is written, like the rest of the
  // preview. Only a form can fill its frame. Filling a new frame adds nothing to the history.
  let shown = null;
  document.addEventListener("click", (event) => {
    shown = event.target.closest("button[formtarget]") || shown;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (shown && shown.isConnected) {
      const [frame] = document.getElementsByName(shown.formTarget);
      frame.replaceWith(frame.cloneNode());
      shown.click();
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
