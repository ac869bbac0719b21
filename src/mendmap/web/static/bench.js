/* What the elements of one map share: its frame, its layers in order, the service they are of, and the news, once a
   frame of the screen, that something on it changed. Every element asks for it by its map, so each can stand alone. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { h, say } = mendmap;
  const benches = new WeakMap(); // map -> bench

  /** The bench of a map, made when an element first asks for it. */
  mendmap.bench = (map) => {
    if (!benches.has(map)) benches.set(map, new Bench(map));
    return benches.get(map);
  };

  /** What ``maps.elements.Service`` calls: the address of the service, "" for that of the page itself. */
  mendmap.service = (map, { address, attribution }) => {
    const bench = mendmap.bench(map);
    bench.service = address;
    if (attribution) map.attributionControl.addAttribution(h("span", { text: attribution }).innerHTML); // Leaflet writes HTML; ours is text
  };

  /** Whether there is room for a list and a panel beside the map. */
  mendmap.WIDE = window.matchMedia("(min-width: 700px)");

  class Bench {
    constructor(map) {
      this.map = map;
      this.layers = [];
      this.service = "";
      this.frame = frameOf(map.getContainer());
      this._followers = [];
      this._due = 0;
      const container = map.getContainer();
      container.setAttribute("role", "group");
      container.setAttribute("aria-label", say("Map. Tab moves from place to place, Enter opens one; the same stands in the table below."));
      map.attributionControl.setPrefix(false);
      map.zoomControl?.remove();
      L.control.zoom({ position: "bottomright", zoomInTitle: say("Closer"), zoomOutTitle: say("Farther out") }).addTo(map);
      map.on("moveend zoomend layeradd layerremove resize", ({ layer }) => (!layer || this.layers.includes(layer)) && this.changed());
      new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(container);
      this.follow(() => mendmap.arrangeLabels(map, this.layers));
    }

    /** Takes in a layer of tiles, the next in order, and shows it where it is to be ``shown``. */
    add(layer, shown) {
      this.layers.push(layer);
      layer.on("drawn load tileunload", () => this.changed());
      if (shown) layer.addTo(this.map);
      this.changed();
    }

    /** A layer by its id. */
    layer(id) {
      return this.layers.find((each) => each.options.id === id);
    }

    /** The layers that the reader sees, in order. */
    get shown() {
      return this.layers.filter((layer) => this.map.hasLayer(layer));
    }

    /** Calls ``update`` now and after every change, however many, once a frame of the screen. */
    follow(update) {
      this._followers.push(update);
      this.changed();
    }

    changed() {
      this._due ||= requestAnimationFrame(() => {
        this._due = 0;
        this._followers.forEach((update) => update());
      });
    }

    /** What stands at the map's upper left, one under another: search, list of layers. */
    get side() {
      if (!this._side) {
        this._side = h("div", { class: "map-side" });
        L.DomEvent.disableClickPropagation(this._side).disableScrollPropagation(this._side);
        this.frame.append(this._side);
      }
      return this._side;
    }

    /** A button among the map's tools, at its lower right; ``label`` says what it does. */
    tool(icon, label, press) {
      const button = h("button", { type: "button", class: "tool", "data-tool": icon, title: label, "aria-label": label, on: { click: press } }, mendmap.icon(icon));
      if (!this._tools) {
        this._tools = h("div", { class: "leaflet-bar tools" });
        L.DomEvent.disableClickPropagation(this._tools);
        const control = L.control({ position: "bottomright" });
        control.onAdd = () => this._tools;
        control.addTo(this.map);
      }
      this._tools.append(button);
      return button;
    }
  }

  /** The frame that holds a map and what stands on it: that of the page, or one put around the map of a notebook. */
  function frameOf(container) {
    const found = container.closest(".map-frame") || h("div", { class: "map-frame is-alone" });
    if (!found.contains(container)) {
      container.replaceWith(found);
      found.append(container);
    }
    found.classList.add("is-ready");
    return found;
  }
})();
