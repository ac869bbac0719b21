/* The page keeps its scroll: the wheel zooms only after a click, and a finger moves the map only after a tap. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { h, say } = mendmap;
  const TOUCH = window.matchMedia("(pointer: coarse)");

  /** What ``maps.elements.ScrollCare`` calls. */
  mendmap.scrollCare = (map) => {
    const container = map.getContainer();
    map.scrollWheelZoom.disable();
    map.on("click focus", () => map.scrollWheelZoom.enable());
    container.addEventListener("mouseleave", () => map.scrollWheelZoom.disable());
    if (!TOUCH.matches) return;
    const pill = h("button", { type: "button", class: "pill" });
    const use = (on) => {
      for (const handler of [map.dragging, map.touchZoom, map.doubleClickZoom]) handler[on ? "enable" : "disable"]();
      container.classList.toggle("is-in-use", on);
      pill.textContent = on ? say("Done: scroll the page") : say("Tap to use the map");
    };
    pill.addEventListener("click", () => use(!map.dragging.enabled()));
    map.on("click", () => use(true));
    new IntersectionObserver(([seen]) => seen.isIntersecting || use(false)).observe(container);
    mendmap.bench(map).frame.append(pill);
    use(false);
  };
})();
