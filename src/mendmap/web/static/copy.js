/* A button beside each text that is to be copied: an element with data-copies, which names the field. Without JavaScript
   there is no button, and the field can be selected all the same. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { h, say } = mendmap;
  const SHOWN_MS = 4000;

  for (const place of document.querySelectorAll("[data-copies]")) {
    const field = document.getElementById(place.dataset.copies);
    const told = h("span", { role: "status" });
    const copy = async () => {
      field.select();
      try {
        await navigator.clipboard.writeText(field.value);
        told.textContent = say("Copied.");
      } catch {
        // Where the browser does not let us, the text is selected: the reader copies it.
        told.textContent = say("It is selected: copy it with your keyboard or by a long press.");
      }
      setTimeout(() => (told.textContent = ""), SHOWN_MS);
    };
    place.append(h("button", { type: "button", class: "button", text: say("Copy"), on: { click: copy } }), " ", told);
  }
})();
