/* Search over the names of all that the map's layers hold, in view or not, in any of their scripts: the service folds
   letters, so that "ljilja", "Ljilja" and "љиља" find the same; in a published copy ``names.js`` does. A field with a list
   of what was found, by keyboard. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { counted, h, say } = mendmap;
  const PAUSE_MS = 150;
  const PATIENCE_MS = 8000;
  const LONGEST = 100;
  const MOST = 8;
  const CLOSE = 14;
  const UNION = "sites";
  let made = 0;

  /** What ``maps.elements.Search`` calls. */
  mendmap.search = (map) => new Search(mendmap.bench(map));

  class Search {
    constructor(bench) {
      this._bench = bench;
      this._found = [];
      this._at = -1;
      const id = `search-${(made += 1)}`;
      this._input = h("input", {
        type: "search", id, class: "search-field", role: "combobox", autocomplete: "off", spellcheck: "false", maxlength: LONGEST,
        "aria-expanded": "false", "aria-autocomplete": "list", "aria-controls": `${id}-list`, "aria-label": say("Find a place by its name"), placeholder: say("Find a place"),
      });
      this._list = h("ul", { class: "search-list", id: `${id}-list`, role: "listbox", "aria-label": say("Places found"), hidden: true });
      this._status = h("p", { class: "search-status", role: "status" });
      this.element = h("div", { class: "search", role: "search" }, this._input, this._list, this._status);
      bench.side.prepend(this.element);
      this._input.addEventListener("input", () => this._later());
      this._input.addEventListener("keydown", (event) => this._key(event));
      this._input.addEventListener("blur", () => this._close());
      // Pressing a place must not take the focus before the press is done.
      this._list.addEventListener("pointerdown", (event) => event.preventDefault());
    }

    _later() {
      clearTimeout(this._timer);
      this._request?.abort();
      const text = this._input.value.trim();
      if (!text) return this._show([], "");
      this._timer = setTimeout(() => this._ask(text), PAUSE_MS);
    }

    async _ask(text) {
      const request = (this._request = new AbortController());
      const timer = setTimeout(() => request.abort(), PATIENCE_MS);
      const layers = this._bench.layers.map((layer) => layer.options.id);
      try {
        if (mendmap.isCopy) this._status.textContent = say("Looking …");
        const { features, more } = await (mendmap.isCopy ? mendmap.foundByName(layers, text, MOST) : this._asked(layers, text, request.signal));
        if (this._request !== request) return;
        const number = features.length;
        const said = more ? counted("The first {number} place of more", "The first {number} places of more", number) : counted("{number} place found", "{number} places found", number);
        this._show(features, number ? said : say("No place of that name is on this map."));
      } catch {
        // One that a newer question replaced has nothing to say.
        if (this._request === request) this._show([], say("Names cannot be searched now: the service did not answer."));
      } finally {
        clearTimeout(timer);
      }
    }

    /** What the service finds. */
    async _asked(layers, text, signal) {
      const query = new URLSearchParams({ q: text, layers: layers.join(","), limit: MOST });
      const answer = await fetch(`${this._bench.service}/search.json?${query}`, { signal });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      return answer.json();
    }

    _show(features, said) {
      this._found = features;
      this._at = -1;
      this._input.removeAttribute("aria-activedescendant");
      this._list.replaceChildren(...features.map((feature, nth) => this._option(feature, nth)));
      this._list.hidden = !features.length;
      this._input.setAttribute("aria-expanded", String(features.length > 0));
      this._status.textContent = said;
    }

    _option({ properties, geometry }, nth) {
      const options = this._layer(properties)?.options;
      const kind = options?.kinds?.[properties.kind] || options?.name || "";
      const name = h("span", { class: "search-name", dir: "auto", text: mendmap.nameOf(properties) });
      const about = h("span", { class: "search-kind", text: geometry ? kind : say("{kind}: its place is not known", { kind }) });
      return h("li", { id: `${this._list.id}-${nth}`, role: "option", "aria-selected": "false", on: { click: () => this._choose(nth) } }, name, about);
    }

    _key(event) {
      const last = this._found.length - 1;
      const goes = { ArrowDown: this._at < last ? this._at + 1 : 0, ArrowUp: this._at > 0 ? this._at - 1 : last }[event.key];
      if (event.key === "Escape") {
        event.stopPropagation();
        this._show([], "");
      } else if (event.key === "Enter" && last >= 0) {
        event.preventDefault();
        this._choose(Math.max(0, this._at));
      } else if (goes !== undefined && last >= 0) {
        event.preventDefault();
        this._mark(goes);
      }
    }

    _mark(nth) {
      this._at = nth;
      [...this._list.children].forEach((each, index) => each.setAttribute("aria-selected", String(index === nth)));
      this._list.children[nth].scrollIntoView({ block: "nearest" });
      this._input.setAttribute("aria-activedescendant", this._list.children[nth].id);
    }

    /** The map's layer that holds a feature: its own, or that of all sites. */
    _layer({ layer }) {
      return this._bench.layer(layer) || this._bench.layer(UNION);
    }

    _close() {
      this._list.hidden = true;
      this._input.setAttribute("aria-expanded", "false");
    }

    _choose(nth) {
      const { id, bbox, geometry, properties } = this._found[nth];
      const { map } = this._bench;
      const layer = this._layer(properties);
      this._show([], "");
      this._input.value = mendmap.nameOf(properties);
      if (!map.hasLayer(layer)) map.addLayer(layer);
      const latlng = geometry && L.latLng(geometry.coordinates[1], geometry.coordinates[0]);
      if (latlng) {
        // All of where it may be.
        const box = latlng.toBounds(2 * (properties.accuracy_m || 0)).extend([bbox[1], bbox[0]]).extend([bbox[3], bbox[2]]);
        map.setView(latlng, Math.min(CLOSE, map.getBoundsZoom(box.pad(0.5))), { animate: false });
      }
      this._bench.choose?.(layer, { id, properties }, latlng);
    }
  }
})();
