/* A background map of someone else's, who learns the reader's address by it: so nothing is asked of them before the
   reader agrees, which is remembered where there is storage, and can be taken back. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { h, say } = mendmap;
  const KEY = "mendmap.basemap";

  /** What ``maps.elements.Basemap`` calls. ``options``: name, url, attribution, maxZoom. */
  mendmap.basemap = (map, { name, url, attribution, maxZoom }) => {
    const words = h("span", { text: attribution }).innerHTML; // Leaflet writes attributions as HTML; ours is text
    const layer = L.tileLayer(url, { attribution: words, maxNativeZoom: maxZoom, className: "basemap-tiles", pane: mendmap.groundPane(map, "ground"), referrerPolicy: "strict-origin-when-cross-origin" });
    const told = h("p", { class: "basemap-told" });
    const button = h("button", { type: "button", class: "button", on: { click: () => use(!map.hasLayer(layer)) } });
    const trouble = h("p", { role: "status" });
    const element = h("details", { class: "basemap" }, h("summary", { text: say("Background map") }), told, button, trouble);
    L.DomEvent.disableClickPropagation(element).disableScrollPropagation(element);

    function tell(on) {
      button.textContent = on ? say("Hide the background map of {name}", { name }) : say("Show the background map of {name}", { name });
      told.textContent = on
        ? say("It comes from {name}, to whom your address is sent. Hidden, nothing more is sent.", { name })
        : say("It comes from {name}: your address is sent to them. Until you agree, nothing is.", { name });
    }

    function use(on) {
      if (on) map.addLayer(layer);
      else map.removeLayer(layer);
      map.getContainer().classList.toggle("has-basemap", on);
      map.fire("basemap", { shown: on }); // to the relief, in whose place it stands
      trouble.textContent = "";
      tell(on);
      keep(on ? url : null);
    }

    layer.on("tileerror", () => (trouble.textContent = say("Some of it could not be fetched.")));
    const control = L.control({ position: "topright" });
    control.onAdd = () => element;
    control.addTo(map);
    tell(false);
    // Who agreed to one address has not agreed to another.
    if (kept() === url) use(true);
  };

  function kept() {
    try {
      return window.localStorage.getItem(KEY);
    } catch {
      return null; // storage is turned off
    }
  }

  function keep(url) {
    try {
      if (url) window.localStorage.setItem(KEY, url);
      else window.localStorage.removeItem(KEY);
    } catch {
      // It lasts as long as the page.
    }
  }
})();
