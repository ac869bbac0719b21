/* What stands around a map and follows it: the list of layers with its key, the panel of the feature chosen, the
   notice when something cannot be fetched, and the care that a phone can still scroll the page. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { h } = mendmap;
  const CLOSE = 15; // a first view is no closer, though its map may be of a single point
  const WIDE = window.matchMedia("(min-width: 700px)");
  const TOUCH = window.matchMedia("(pointer: coarse)");

  /** What ``maps.elements.Workbench`` calls. ``layers`` are in the order of the list. */
  mendmap.workbench = (map, layers, options) => {
    const frame = map.getContainer().parentElement;
    frame.classList.add("is-ready");
    map.getContainer().setAttribute("role", "group");
    map.getContainer().setAttribute("aria-label", "Map. Tab moves from place to place, Enter opens one; the same stands in the table below.");
    map.setMaxZoom(18);
    // As far out as four times the first view, whatever its size.
    map.setMinZoom(Math.max(0, Math.min(CLOSE, map.getBoundsZoom(options.view)) - 2));
    map.attributionControl.setPrefix(false).addAttribution(plain(options.attribution));
    L.control.scale({ imperial: false }).addTo(map);
    L.control.zoom({ position: "bottomright" }).addTo(map);
    const bench = { map, layers, frame, view: options.view };
    const list = layerList(bench);
    const panel = choosing(bench);
    const first = () => show(bench, list, panel);
    homeButton(map, first);
    notices(bench);
    scrolling(bench);
    following(bench, list.refresh);
    first();
    WIDE.addEventListener("change", first);
    new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(map.getContainer());
  };

  /** The first view, clear of the list; or the spot that the address names: ``#at=44.06,22.13``. */
  function show({ map, view }, list, panel) {
    const at = /^#at=(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)$/.exec(window.location.hash);
    if (at && !panel.isOpen) {
      map.setView([Number(at[1]), Number(at[2])], 13, { animate: false });
      return;
    }
    const left = WIDE.matches && list.element.open ? list.element.offsetWidth + 20 : 10;
    map.fitBounds(view, { animate: false, maxZoom: CLOSE, paddingTopLeft: [left, 10], paddingBottomRight: [10, 30] });
  }

  /** The list of layers and the key, both of what is shown now. */
  function layerList({ map, layers, frame }) {
    const rows = layers.map((layer) => layerRow(map, layer));
    const key = h("ul", { class: "key-list" });
    const element = h(
      "details",
      { class: "layers", open: WIDE.matches },
      h("summary", {}, "Layers and key"),
      h("fieldset", {}, h("legend", { text: "Shown, and how many are in view" }), ...rows.map((row) => row.element)),
      h("div", { class: "key" }, h("p", { class: "key-title", text: "How a position is known" }), key),
    );
    L.DomEvent.disableClickPropagation(element).disableScrollPropagation(element);
    frame.append(element);
    const refresh = () => {
      rows.forEach((row) => row.refresh());
      const seen = new Set(layers.filter((layer) => map.hasLayer(layer)).flatMap((layer) => [...layer.summary(map.getBounds()).bases]));
      key.replaceChildren(
        ...Object.entries(mendmap.BASES)
          .filter(([basis]) => seen.has(basis))
          .map(([basis, words]) => h("li", {}, mendmap.basisSymbol(basis), h("span", { text: words }))),
      );
    };
    return { element, refresh };
  }

  function layerRow(map, layer) {
    const { id, name, color, shape, width, role } = layer.options;
    const swatch = h("span", { class: "swatch" });
    const count = h("span", { class: "count" });
    const box = h("input", { type: "checkbox", id: `layer-${id}`, on: { change: () => (box.checked ? map.addLayer(layer) : map.removeLayer(layer)) } });
    box.checked = map.hasLayer(layer);
    const element = h("div", { class: "layer-row" }, h("label", { for: box.id }, box, swatch, h("span", { class: "layer-name", text: name }), count));
    element.style.setProperty("--layer", color);
    let drawn = null;
    const refresh = () => {
      const on = map.hasLayer(layer);
      const seen = layer.summary(map.getBounds());
      const form = seen.form || (role === "watercourse" ? "line" : "points");
      const basis = [...seen.bases][0] || "published";
      // A layer out of sight keeps the swatch that it had.
      if (!drawn || (seen.form && drawn !== `${form} ${basis}`)) {
        drawn = seen.form ? `${form} ${basis}` : "unseen";
        swatch.replaceChildren(form === "points" ? mendmap.symbol(shape, 22) : mendmap.shapeSymbol(form, basis, width));
      }
      element.classList.toggle("is-off", !on);
      count.textContent = on ? String(seen.within) : "off";
    };
    return { element, refresh };
  }

  /** A click or Enter opens the panel; closing it gives the focus back. */
  function choosing({ map, layers, frame }) {
    let chosen = null;
    const unmark = () => chosen && chosen.layer.light(chosen.entry, false, "is-chosen");
    const panel = new mendmap.Panel(frame, () => {
      unmark();
      const marks = [chosen?.marker, ...(chosen?.entry.marks || []).map(({ marker }) => marker)];
      const element = marks.map((marker) => marker?.getElement()).find((each) => each?.isConnected && each.tabIndex >= 0);
      (element || map.getContainer()).focus({ preventScroll: true });
      chosen = null;
    });
    L.DomEvent.disableClickPropagation(panel.element).disableScrollPropagation(panel.element);
    for (const layer of layers) {
      layer.on("pick", ({ entry, marker }) => {
        unmark();
        chosen = { layer, entry, marker };
        layer.light(entry, true, "is-chosen");
        panel.open(entry);
        if (marker) intoSight(map, marker.getLatLng(), panel.element);
      });
      layer.on("drawn", () => chosen?.layer === layer && layer.light(chosen.entry, true, "is-chosen"));
    }
    document.addEventListener("keydown", (event) => event.key === "Escape" && panel.close());
    return panel;
  }

  /** Moves the map so that a place is beside the panel, or above it on a phone. */
  function intoSight(map, latlng, panel) {
    if (WIDE.matches) {
      map.panInside(latlng, { paddingTopLeft: [40, 40], paddingBottomRight: [panel.offsetWidth + 60, 40] });
      return;
    }
    let frame = map.getContainer().getBoundingClientRect();
    if (frame.top > 40 || frame.top < -frame.height / 2) {
      map.getContainer().scrollIntoView({ block: "start", behavior: "instant" });
      frame = map.getContainer().getBoundingClientRect();
    }
    const top = Math.max(0, -frame.top);
    const bottom = Math.max(top + 60, window.innerHeight * 0.38 - frame.top);
    const { y } = map.latLngToContainerPoint(latlng);
    if (y < top + 20 || y > bottom - 20) map.panBy([0, y - (top + bottom) / 2]);
  }

  /** Names, counts and key are brought up to date once a frame, however much has changed. */
  function following({ map, layers }, refresh) {
    let due = 0;
    const update = () => {
      cancelAnimationFrame(due);
      due = requestAnimationFrame(() => {
        mendmap.arrangeLabels(map, layers);
        refresh();
      });
    };
    map.on("moveend zoomend layeradd layerremove resize", (event) => (!event.layer || layers.includes(event.layer)) && update());
    layers.forEach((layer) => layer.on("drawn load", update));
    update();
  }

  /** A polite line when tiles cannot be fetched, with a button to ask again. */
  function notices({ map, layers, frame }) {
    const words = h("span");
    const again = h("button", { type: "button", class: "button", text: "Try again", on: { click: () => layers.forEach((layer) => layer.retry()) } });
    const line = h("div", { class: "notice", hidden: true }, words, again);
    const short = h("div", { class: "notice", hidden: true });
    const status = h("div", { class: "notices", role: "status" }, line, short);
    frame.append(status);
    const look = () => {
      const missing = layers.filter((layer) => map.hasLayer(layer) && layer.failures());
      line.hidden = !missing.length;
      words.textContent = missing.length ? `Some of the map could not be fetched: ${missing.map((layer) => layer.options.name).join(", ")}.` : "";
      const crowded = layers.some((layer) => map.hasLayer(layer) && layer.leavesOut());
      short.hidden = !crowded;
      short.textContent = crowded ? "Some smaller features are left out at this zoom; zoom in to see them." : "";
    };
    map.on("zoomend", look);
    layers.forEach((layer) => layer.on("tileerror retried drawn tileunload remove", look));
    window.addEventListener("online", () => layers.forEach((layer) => layer.retry()));
  }

  /** The page keeps its scroll: the wheel zooms only after a click, and a finger moves the map only after a tap. */
  function scrolling({ map, frame }) {
    const container = map.getContainer();
    map.scrollWheelZoom.disable();
    map.on("click focus", () => map.scrollWheelZoom.enable());
    container.addEventListener("mouseleave", () => map.scrollWheelZoom.disable());
    if (!TOUCH.matches) return;
    const pill = h("button", { type: "button", class: "pill" });
    const use = (on) => {
      for (const handler of [map.dragging, map.touchZoom, map.doubleClickZoom]) handler[on ? "enable" : "disable"]();
      container.classList.toggle("is-in-use", on);
      pill.textContent = on ? "Done: scroll the page" : "Tap to use the map";
    };
    pill.addEventListener("click", () => use(!map.dragging.enabled()));
    map.on("click", () => use(true));
    new IntersectionObserver(([seen]) => seen.isIntersecting || use(false)).observe(container);
    frame.append(pill);
    use(false);
  }

  /** A button that brings back the first view. */
  function homeButton(map, first) {
    const control = L.control({ position: "bottomright" });
    control.onAdd = () => {
      const button = h("button", { type: "button", class: "home-button", title: "Show the whole map again", "aria-label": "Show the whole map again", text: "⌂" });
      button.addEventListener("click", () => {
        if (window.location.hash.startsWith("#at=")) history.replaceState(null, "", window.location.pathname);
        first();
      });
      L.DomEvent.disableClickPropagation(button);
      return h("div", { class: "leaflet-bar" }, button);
    };
    control.addTo(map);
  }

  /** Leaflet writes attributions as HTML; ours is text. */
  const plain = (text) => h("span", { text }).innerHTML;
})();
