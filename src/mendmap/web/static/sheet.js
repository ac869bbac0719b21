/* On a phone the panel is a sheet: half as high as the screen or nearly all of it, by a button or by dragging its bar;
   dragged down, it closes. Wider screens have it beside the map, where it is always as high as the map. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { h, say } = mendmap;
  const DRAGGED = 40; // pixels that count as meant

  const opened = new WeakMap(); // frame of a map -> the panel that was opened last, and what closes it

  /** Of the panels of a map one is open at a time: closes the other, where there is one. */
  mendmap.onlySheet = (panel, close) => {
    const frame = panel.parentElement;
    const last = opened.get(frame);
    opened.set(frame, { panel, close });
    if (last && last.panel !== panel) last.close();
  };

  /** Makes a sheet of a panel; ``bar`` is the part that is dragged, ``close`` closes it. */
  mendmap.sheet = (panel, bar, close) => {
    const button = h("button", { type: "button", class: "sheet-handle", on: { click: () => grow(!panel.classList.contains("is-tall")) } });
    const grow = (tall) => {
      panel.classList.toggle("is-tall", tall);
      button.setAttribute("aria-expanded", String(tall));
      button.setAttribute("aria-label", tall ? say("Make it half as high") : say("Make it as high as the screen"));
    };
    bar.prepend(button);
    grow(false);
    // Each place opens at half the height, so that the map stays in sight.
    new MutationObserver(() => panel.hidden && grow(false)).observe(panel, { attributeFilter: ["hidden"] });

    let begun = null;
    bar.addEventListener("pointerdown", (event) => {
      if (event.target.closest("a, button:not(.sheet-handle)") || getComputedStyle(button).display === "none") return;
      begun = event.clientY;
      bar.setPointerCapture(event.pointerId);
    });
    bar.addEventListener("pointermove", (event) => {
      if (begun !== null) panel.style.translate = `0 ${Math.max(0, event.clientY - begun)}px`;
    });
    const ended = (event) => {
      if (begun === null) return;
      const moved = event.type === "pointerup" ? event.clientY - begun : 0;
      begun = null;
      panel.style.translate = "";
      if (Math.abs(moved) < DRAGGED) return;
      // What was a drag is no click of the handle.
      bar.addEventListener("click", (click) => click.stopPropagation(), { capture: true, once: true });
      if (moved < 0) grow(true);
      else if (panel.classList.contains("is-tall")) grow(false);
      else close();
    };
    ["pointerup", "pointercancel"].forEach((name) => bar.addEventListener(name, ended));
  };
})();
