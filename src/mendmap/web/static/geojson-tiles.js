/* A Leaflet layer of GeoJSON tiles. Lines and outlines are drawn tile by tile (``tile-shapes.js``), points once as
   symbols in their disc of accuracy; every feature is one thing to point at, however many tiles hold a piece of it.
   Where a tile or the layer holds very many, they are drawn as a crowd, and ``labels.js`` names some of them. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { h, TILE } = mendmap;
  const CROWD = 100; // features of a layer in one tile that are each drawn as an element of the page
  const MOST = 300; // the same of a whole layer
  const STRIDE = 20; // features drawn between two looks at the clock
  const PATIENCE_MS = 15000;

  mendmap.GeoJsonTiles = L.GridLayer.extend({
    /** ``url`` is a template with {z}, {x} and {y}. Of the options, ``id``, ``name``, ``kinds``, ``role``, ``page``,
        ``color`` and ``shape`` are as ``maps.page.draw`` gives them. */
    initialize(url, options) {
      L.GridLayer.prototype.initialize.call(this, {
        patience: PATIENCE_MS,
        ...options,
        tileSize: TILE,
        // Tiles are twice as wide as those of the grid's usual zoom, so they are asked for one zoom lower.
        maxNativeZoom: (options.maxNativeZoom ?? 16) + 1,
        keepBuffer: 1,
        // The world is drawn once: a symbol stands in one place.
        noWrap: true,
        bounds: [[-90, -180], [90, 180]],
        className: `tiles tiles-${options.role}`,
      });
      this.url = url;
      this._given = options;
      // id -> {id, properties, page, quiet, style, name, out, standsFor, small, pieces: Map of tile key -> piece,
      // marks: [{marker, disc}]}
      this.features = new Map();
      this._drawings = new Map(); // tile key -> {coords, element, request, entries, single, omitted, failed}
      this._spots = new Map(); // "lat,lon" -> how many features of the layer stand there
      this._single = 0; // features that are elements of the page, each counted once a tile
      this._filter = null;
      this._tries = 0;
      this._changes = 0; // how often what is drawn has changed
      this.on("drawn", () => (this._changes += 1));
      this.on("tileunload", ({ coords }) => this._forget(this._tileCoordsToKey(coords)));
    },

    onAdd(map) {
      const name = `points-${this.options.id}`;
      this._points = map.getPane(name) || map.createPane(name);
      // Later layers lie beneath earlier ones.
      this._points.style.zIndex = 650 - (this.options.order || 0);
      this._discs = map.getPane("discs") || map.createPane("discs");
      this._discs.style.zIndex = 150;
      map.mendmapDiscs = map.mendmapDiscs || L.svg({ pane: "discs", padding: 0.5 });
      this.setZIndex(100 - (this.options.order || 0));
      // A script that adds its layers and then goes to its first view asks for the tiles of that view alone.
      this._starting = true;
      L.GridLayer.prototype.onAdd.call(this, map);
      queueMicrotask(() => {
        this._starting = false;
        if (this._map) this._resetView();
      });
      this._container.style.setProperty("--layer", this.options.color);
      this._points.style.setProperty("--layer", this.options.color);
      map.on("zoomend viewreset", this._rescale, this);
    },

    onRemove(map) {
      map.off("zoomend viewreset", this._rescale, this);
      clearTimeout(this._timer);
      this._timer = null;
      L.GridLayer.prototype.onRemove.call(this, map);
    },

    /** Tiles are those of the whole zoom below, drawn up to twice as large: fewer of them cover the view. */
    _setView(center, zoom, noPrune, noUpdate) {
      if (this._starting) return;
      L.GridLayer.prototype._setView.call(this, center, Math.floor(zoom), noPrune, noUpdate);
      this._setZoomTransforms(center, zoom);
    },

    createTile(coords, done) {
      const element = h("div", { class: "tile" });
      const tile = { coords: { x: coords.x, y: coords.y, z: coords.z }, element, entries: [], single: 0 };
      this._drawings.set(this._tileCoordsToKey(coords), tile);
      this._load(tile, done);
      return element;
    },

    /** Resolves to the features of the tile {z, x, y} of the service's grid, and how many were left out of it. */
    fetchTile(at, signal) {
      const { url, options } = this;
      return mendmap.fetchedOnce(`${url} ${at.z}/${at.x}/${at.y}`, (asked) => mendmap.tileOf(url, options.form, at, asked), signal);
    },

    /** Another layer of the same tiles, for another map. */
    twin() {
      return new this.constructor(this.url, this._given);
    },

    /** Shows only the features for which ``filter(entry)`` is true, in tiles to come too; all where it is null. */
    setFilter(filter) {
      this._filter = filter;
      const groups = new Map(); // group -> the shapes that draw it
      for (const entry of this.features.values()) {
        if (!this._sift(entry)) continue;
        for (const { group, shapes } of entry.pieces.values()) if (group) groups.set(group, shapes);
      }
      for (const [group, shapes] of groups) shapes.redraw(group);
      this.fire("drawn");
    },

    /** Asks again for every tile that could not be fetched. */
    retry() {
      clearTimeout(this._timer);
      this._timer = null;
      for (const tile of this._drawings.values()) {
        if (!tile.failed) continue;
        this._load(tile, (error) => {
          // Leaflet shows a tile that failed no more by itself.
          tile.element.classList.toggle("leaflet-tile-loaded", !error);
          this.fire(error ? "tileerror" : "retried", { error });
        });
      }
    },

    /** Whether the service left features out of a tile of this zoom. */
    leavesOut() {
      return [...this._drawings.values()].some((tile) => tile.omitted && tile.coords.z === this._tileZoom);
    },

    failures() {
      return [...this._drawings.values()].filter((tile) => tile.failed).length;
    },

    /** Why tiles could not be fetched, in words for readers; blank where none is known. */
    why() {
      return [...this._drawings.values()].find((tile) => tile.failed?.told)?.failed.told || "";
    },

    async _load(tile, done) {
      const key = this._tileCoordsToKey(tile.coords);
      const request = (tile.request = new AbortController());
      tile.failed = null;
      const timer = setTimeout(() => request.abort(new Error("the tile took too long")), this.options.patience);
      try {
        const { x, y, z } = tile.coords;
        const collection = await this.fetchTile({ z: Math.max(0, z - 1), x, y }, request.signal);
        clearTimeout(timer);
        await mendmap.inSlices(this._draw(tile, key, collection), request.signal);
        this._tries = 0;
        done(null, tile.element);
      } catch (error) {
        clearTimeout(timer);
        if (this._drawings.get(key) !== tile) return; // unloaded meanwhile
        this._empty(tile, key);
        tile.failed = error;
        this._timer = this._timer || setTimeout(() => this.retry(), mendmap.waitAfter(this._tries++));
        done(error, tile.element);
      }
    },

    /** Draws a tile, in steps. */
    *_draw(tile, key, collection) {
      const features = this.options.only ? collection.features.filter((each) => each.properties.layer === this.options.only) : collection.features;
      const crowded = features.length > CROWD || this._single + features.length > MOST;
      const shapes = new mendmap.TileShapes(this, tile.coords, crowded);
      if (!crowded) this._single += tile.single = features.length;
      for (const [nth, feature] of features.entries()) {
        if (nth % STRIDE === 0) yield;
        const entry = this._entry(feature);
        tile.entries.push(entry);
        const point = feature.geometry.type.endsWith("Point");
        const piece = point && !crowded ? this._symbols(entry, feature.geometry) : shapes.add(entry, feature.geometry);
        entry.pieces.set(key, piece);
      }
      yield;
      const drawn = shapes.finish();
      if (drawn) tile.element.replaceChildren(drawn);
      this._rescale();
      tile.omitted = collection.omitted;
      this.fire("drawn");
    },

    _entry({ id: given, properties }) {
      const id = String(given);
      // How many features it stands for at this zoom, itself included; whether its outline is too small to be drawn.
      const drawn = { standsFor: properties.stands_for || 1, small: properties.drawn === "point" };
      const known = this.features.get(id);
      if (known) {
        // Of a tile of another zoom, which this one replaces.
        if (known.standsFor !== drawn.standsFor || known.small !== drawn.small) this._unmark(known, () => true);
        return Object.assign(known, drawn);
      }
      const quiet = (this.options.quiet || []).includes(properties.kind);
      const page = this.options.page + encodeURIComponent(id);
      const [style, name] = [mendmap.styleOf(this.options, properties), mendmap.nameOf(properties)];
      const entry = { id, properties, page, quiet, style, name, ...drawn, out: false, pieces: new Map(), marks: [] };
      this.features.set(id, entry);
      this._sift(entry);
      return entry;
    },

    /** Sees whether a feature is shown; returns whether that changed. */
    _sift(entry) {
      const out = Boolean(this._filter) && !this._filter(entry);
      const changed = out !== entry.out;
      entry.out = out;
      if (changed) entry.marks.forEach((mark) => hide(mark, out));
      return changed;
    },

    /** A symbol and a disc at every point; a tile holds all points of a feature, so one tile draws them. */
    _symbols(entry, { type, coordinates }) {
      const places = type === "Point" ? [coordinates] : coordinates;
      if (!entry.marks.some(({ name }) => !name)) {
        entry.marks.forEach(({ marker }) => marker.remove());
        entry.marks = places.map(([lon, lat]) => this._mark(entry, L.latLng(lat, lon)));
      }
      return { entry, form: "points", symbols: true, area: false, paths: [], lines: [places] };
    },

    _mark(entry, latlng) {
      // Features on the very same spot stand beside each other.
      const spot = `${latlng.lat},${latlng.lng}`;
      const slot = this._spots.get(spot) || 0;
      this._spots.set(spot, slot + 1);
      const marker = mendmap.marker(this, entry, latlng, slot);
      const { accuracy_m: accuracy, basis } = entry.properties;
      const role = this.options.role;
      const mark = { marker, spot };
      // A known outline that is merely small has no ring of doubt.
      if (accuracy && !entry.quiet && !entry.small && role !== "work") {
        mark.disc = L.circle(latlng, {
          radius: accuracy, interactive: false, renderer: this._map.mendmapDiscs, className: `disc basis-${basis} disc-${role}`,
        }).addTo(this._map);
        mark.disc.getElement().style.setProperty("--layer", entry.style.color);
      }
      hide(mark, entry.out);
      return mark;
    },

    /** Strokes keep their width in pixels, whatever the scale of the tiles. */
    _rescale() {
      if (!this._map || this._tileZoom === undefined) return;
      const scale = this._map.getZoomScale(this._map.getZoom(), this._tileZoom);
      this._container.style.setProperty("--stroke", `${(this.options.width || 3) / scale}px`);
      this._container.style.setProperty("--scale", String(1 / scale));
      for (const { marks, properties } of this.features.values()) {
        for (const { marker, disc } of marks) {
          if (!disc) continue;
          const perMetre = mendmap.pixelsPerMetre(marker.getLatLng().lat, this._map.getZoom());
          disc.getElement()?.classList.toggle("is-small", properties.accuracy_m * perMetre < 6);
        }
      }
    },

    /** Marks a feature in every tile, with its disc and name; ``why`` keeps pointing and picking apart. */
    light(entry, on, why = "is-lit") {
      for (const piece of entry.pieces.values()) piece.shapes?.mark(piece, on, why);
      for (const { marker, disc } of entry.marks) {
        marker.getElement()?.classList.toggle(why, on);
        disc?.getElement()?.classList.toggle(why, on);
      }
    },

    /** Whether any of a feature is within bounds, and shown. */
    isWithin(entry, bounds) {
      return touches(entry, edgesOf(bounds));
    },

    /** What of the layer is drawn, at a glance, and remembered until it or the view changes: how many features are
        ``within`` the view, and how many these stand for in all (``total``; null where nobody knows of which layer the
        others are, or whether they were there then), whether any stands for ``others``, the ``bases`` of all, whether
        each is in a class (``classed``), and their ``form`` where all are alike, else "points"; null where there are
        none. */
    summary() {
      const view = this._map?.getBounds();
      const of = `${view?.toBBoxString()} ${this._changes}`;
      if (this._summary?.of === of) return this._summary;
      const edges = view && edgesOf(view);
      const [forms, bases] = [new Set(), new Set()];
      let [within, total, others, classed] = [0, 0, false, true];
      for (const entry of this.features.values()) {
        if (entry.out) continue;
        forms.add(entry.pieces.values().next().value?.form);
        bases.add(entry.properties.basis);
        classed = classed && Boolean(entry.style.word);
        if (!edges || !touches(entry, edges)) continue;
        within += 1;
        total += entry.standsFor;
        others ||= entry.standsFor > 1;
      }
      if (others && (this._filter || this.options.only)) total = null;
      const form = forms.size === 1 ? [...forms][0] : forms.size ? "points" : null;
      return (this._summary = { of, within, total, others, bases, classed, form });
    },

    /** The reader chose a feature, by pointer or by keyboard, at ``marker`` or on its line. */
    pick(entry, marker = entry.marks[0]?.marker) {
      this.fire("pick", { entry, marker });
    },

    _forget(key) {
      const tile = this._drawings.get(key);
      if (!tile) return;
      this._drawings.delete(key);
      tile.request.abort();
      this._empty(tile, key);
      this.fire("drawn");
    },

    /** Lets go of all that a tile holds, and of the features of which no other tile holds a piece. */
    _empty(tile, key) {
      this._single -= tile.single;
      for (const entry of tile.entries) {
        entry.pieces.delete(key);
        const stays = [...entry.pieces.values()].some((piece) => piece.symbols);
        if (!stays) this._unmark(entry, ({ name }) => !name || !entry.pieces.size);
        if (!entry.pieces.size) this.features.delete(entry.id);
      }
      tile.entries = [];
      tile.single = 0;
    },

    /** Takes those marks of a feature from the map of which ``gone`` is true. */
    _unmark(entry, gone) {
      for (const { marker, disc, spot } of entry.marks.filter(gone)) {
        marker.remove();
        disc?.remove();
        if (!spot) continue;
        const others = this._spots.get(spot) - 1;
        if (others) this._spots.set(spot, others);
        else this._spots.delete(spot);
      }
      entry.marks = entry.marks.filter((mark) => !gone(mark));
    },
  });

  /** West, south, east and north of bounds, in degrees: thousands are held against them. */
  const edgesOf = (bounds) => [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];

  function touches(entry, [west, south, east, north]) {
    if (entry.out) return false;
    for (const { degrees, lines } of entry.pieces.values()) {
      if (degrees) {
        if (degrees[0] <= east && degrees[2] >= west && degrees[1] <= north && degrees[3] >= south) return true;
      } else if (lines[0].some(([lon, lat]) => lon >= west && lon <= east && lat >= south && lat <= north)) return true;
    }
    return false;
  }

  function hide({ marker, disc }, out) {
    marker.getElement()?.classList.toggle("is-out", out);
    disc?.getElement()?.classList.toggle("is-out", out);
  }

  /** What ``maps.elements.GeoJsonTiles`` calls. */
  mendmap.geoJsonTiles = (url, options) => new mendmap.GeoJsonTiles(url, options);
})();
