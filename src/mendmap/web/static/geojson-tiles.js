/* A Leaflet layer of GeoJSON tiles. Lines and outlines are drawn tile by tile, points once as symbols in their disc
   of accuracy; every feature is one thing to point at, however many tiles hold a piece of it. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { svg, h } = mendmap;
  const TILE = 512; // pixels; a tile of the service covers this much of the map
  const PAD = 1; // pixels drawn beyond a tile's edge, so that strokes join
  const PATIENCE_MS = 15000;
  const EARTH_M = 40075016.686;

  mendmap.GeoJsonTiles = L.GridLayer.extend({
    initialize(url, options) {
      L.GridLayer.prototype.initialize.call(this, {
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
      this._filter = null;
      this.features = new Map(); // id -> {id, properties, page, pieces: Map of tile key -> piece, marks: [{marker, disc}]}
      this._failed = new Map(); // tile key -> {coords, tile}
      this._crowded = new Set(); // keys of the tiles whose bound left features out
      this._spots = new Map(); // "lat,lon" -> how many features of the layer stand there
      this._requests = new Map(); // tile key -> AbortController
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
      L.GridLayer.prototype.onAdd.call(this, map);
      this._container.style.setProperty("--layer", this.options.color);
      this._points.style.setProperty("--layer", this.options.color);
      map.on("zoomend viewreset", this._rescale, this);
    },

    onRemove(map) {
      map.off("zoomend viewreset", this._rescale, this);
      L.GridLayer.prototype.onRemove.call(this, map);
    },

    /** Tiles are those of the whole zoom below, drawn up to twice as large: fewer of them cover the view. */
    _setView(center, zoom, noPrune, noUpdate) {
      L.GridLayer.prototype._setView.call(this, center, Math.floor(zoom), noPrune, noUpdate);
      this._setZoomTransforms(center, zoom);
    },

    createTile(coords, done) {
      const tile = h("div", { class: "tile" });
      this._load(tile, { x: coords.x, y: coords.y, z: coords.z }, done);
      return tile;
    },

    /** Another layer of the same tiles, for another map. */
    twin() {
      return new this.constructor(this.url, this._given);
    },

    /** Shows only the features for which ``filter(entry)`` is true, in tiles to come too; all where it is null. */
    setFilter(filter) {
      this._filter = filter;
      for (const entry of this.features.values()) this._sift(entry);
      this.fire("drawn");
    },

    _sift(entry) {
      entry.out = Boolean(this._filter) && !this._filter(entry);
      this.light(entry, entry.out, "is-out");
    },

    /** Asks again for every tile that could not be fetched. */
    retry() {
      const failed = [...this._failed.values()];
      this._failed.clear();
      for (const { tile, coords } of failed) {
        this._load(tile, coords, (error) => this.fire(error ? "tileerror" : "retried", { error }));
      }
    },

    /** Whether the service left features out of a tile of this zoom. */
    leavesOut() {
      return [...this._crowded].some((key) => key.endsWith(`:${this._tileZoom}`));
    },

    failures() {
      return this._failed.size;
    },

    async _load(tile, coords, done) {
      const key = this._tileCoordsToKey(coords);
      const request = new AbortController();
      this._requests.set(key, request);
      const timer = setTimeout(() => request.abort(), PATIENCE_MS);
      try {
        const url = L.Util.template(this.url, { z: Math.max(0, coords.z - 1), x: coords.x, y: coords.y });
        const collection = await shared(url, request.signal);
        if (this._requests.get(key) !== request) return; // unloaded meanwhile
        this._draw(tile, coords, key, collection);
        done(null, tile);
      } catch (error) {
        if (this._requests.get(key) !== request) return;
        this._failed.set(key, { tile, coords });
        done(error, tile);
      } finally {
        clearTimeout(timer);
        if (this._requests.get(key) === request) this._requests.delete(key);
      }
    },

    _draw(tile, coords, key, collection) {
      const shapes = svg("svg", {
        class: "tile-shapes", width: TILE + 2 * PAD, height: TILE + 2 * PAD, "aria-hidden": "true", focusable: "false",
        viewBox: `${-PAD} ${-PAD} ${TILE + 2 * PAD} ${TILE + 2 * PAD}`,
      });
      // Outlines end at the tile's very edge: drawn twice, their fill would show a seam.
      const areas = svg("svg", { width: TILE, height: TILE });
      shapes.append(areas);
      for (const feature of collection.features) {
        if (this.options.only && feature.properties.layer !== this.options.only) continue;
        const entry = this._entry(feature);
        const piece = { paths: [], lines: [], area: false, bounds: L.latLngBounds([]) };
        entry.pieces.set(key, piece);
        if (feature.geometry.type.endsWith("Point")) this._points_of(entry, feature.geometry);
        else this._shape(entry, piece, feature.geometry, coords, feature.geometry.type.endsWith("Polygon") ? areas : shapes);
        this._sift(entry);
      }
      if (shapes.querySelector("path")) tile.replaceChildren(shapes);
      this._rescale();
      if (collection.omitted) this._crowded.add(key);
      this.fire("drawn");
    },

    _entry(feature) {
      const id = String(feature.id);
      if (!this.features.has(id)) {
        const properties = feature.properties;
        const quiet = (this.options.quiet || []).includes(properties.kind);
        const page = this.options.page + encodeURIComponent(id);
        this.features.set(id, { id, properties, page, quiet, name: mendmap.nameOf(properties), pieces: new Map(), marks: [] });
      }
      return this.features.get(id);
    },

    /** A symbol and a disc at every point; a tile holds all points of a feature, so one tile draws them. */
    _points_of(entry, { type, coordinates }) {
      if (entry.marks.length) return;
      entry.marks = (type === "Point" ? [coordinates] : coordinates).map(([lon, lat]) => this._mark(entry, L.latLng(lat, lon)));
    },

    _mark(entry, latlng) {
      // Features on the very same spot stand beside each other.
      const spot = `${latlng.lat},${latlng.lng}`;
      const slot = this._spots.get(spot) || 0;
      this._spots.set(spot, slot + 1);
      const marker = mendmap.marker(this, entry, latlng, slot);
      const { accuracy_m: accuracy, basis } = entry.properties;
      const role = this.options.role;
      if (!accuracy || entry.quiet || role === "work") return { marker, spot };
      const disc = L.circle(latlng, {
        radius: accuracy, interactive: false, renderer: this._map.mendmapDiscs, className: `disc basis-${basis} disc-${role}`,
      }).addTo(this._map);
      disc.getElement().style.setProperty("--layer", this.options.color);
      return { marker, disc, spot };
    },

    _shape(entry, piece, geometry, coords, shapes) {
      const area = geometry.type.endsWith("Polygon");
      const rings = rings_of(geometry);
      const corner = L.point(coords.x, coords.y).multiplyBy(TILE);
      const place = ([lon, lat]) => this._map.project([lat, lon], coords.z).subtract(corner);
      const d = rings
        .map((ring) => ring.map((each) => { const at = place(each); return `${at.x.toFixed(1)} ${at.y.toFixed(1)}`; }))
        .map((points) => `M${points.join("L")}${area ? "Z" : ""}`)
        .join("");
      const { basis } = entry.properties;
      const open = (event) => { L.DomEvent.stop(event); this.pick(entry); };
      const target = svg("path", { class: "shape-target", d, fill: "none" });
      const drawn = svg("path", { class: `shape ${area ? "area" : "line"} basis-${basis} kind-${entry.properties.kind}`, d });
      for (const path of [drawn, target]) {
        path.addEventListener("click", open);
        path.addEventListener("mouseenter", () => this.light(entry, true));
        path.addEventListener("mouseleave", () => this.light(entry, false));
        shapes.append(path);
      }
      piece.paths.push(drawn);
      piece.lines.push(...rings);
      piece.area = area;
      rings.forEach((ring) => ring.forEach(([lon, lat]) => piece.bounds.extend([lat, lon])));
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
          const perMetre = (256 * 2 ** this._map.getZoom()) / (EARTH_M * Math.cos((marker.getLatLng().lat * Math.PI) / 180));
          disc.getElement()?.classList.toggle("is-small", properties.accuracy_m * perMetre < 6);
        }
      }
    },

    /** Marks a feature in every tile, with its disc and name; ``why`` keeps pointing and picking apart. */
    light(entry, on, why = "is-lit") {
      for (const piece of entry.pieces.values()) piece.paths.forEach((path) => path.classList.toggle(why, on));
      for (const { marker, disc } of entry.marks) {
        marker.getElement()?.classList.toggle(why, on);
        disc?.getElement()?.classList.toggle(why, on);
      }
    },

    /** Whether any of a feature is within bounds. */
    isWithin(entry, bounds) {
      if (entry.out) return false;
      const shapes = [...entry.pieces.values()].filter((piece) => piece.paths.length);
      return shapes.length ? shapes.some((piece) => bounds.intersects(piece.bounds)) : entry.marks.some(({ marker }) => bounds.contains(marker.getLatLng()));
    },

    /** The reader chose a feature, by pointer or by keyboard, at ``marker`` or on its line. */
    pick(entry, marker = entry.marks[0]?.marker) {
      this.fire("pick", { entry, marker });
    },

    _forget(key) {
      this._requests.get(key)?.abort();
      this._requests.delete(key);
      this._failed.delete(key);
      this._crowded.delete(key);
      for (const [id, entry] of this.features) {
        if (!entry.pieces.delete(key) || entry.pieces.size) continue;
        for (const { marker, disc, spot } of entry.marks) {
          marker.remove();
          disc?.remove();
          if (spot) this._spots.set(spot, this._spots.get(spot) - 1);
        }
        this.features.delete(id);
      }
      this.fire("drawn");
    },
  });

  function rings_of({ type, coordinates }) {
    if (type === "LineString") return [coordinates];
    if (type === "MultiPolygon") return coordinates.flat();
    return coordinates; // MultiLineString, Polygon
  }

  // Layers that are parts of one (every layer of sites) are drawn from the same tiles: each is fetched once, and
  // given up when nobody waits for it any more.
  const waiting = new Map(); // address -> {request, answer, users}

  async function shared(url, signal) {
    await null; // a view that is replaced in the same breath costs no request
    signal.throwIfAborted();
    if (!waiting.has(url)) {
      const request = new AbortController();
      const answer = fetch(url, { signal: request.signal }).then((found) => {
        if (!found.ok) throw new Error(`tile ${url}: status ${found.status}`);
        return found.json();
      });
      waiting.set(url, { request, answer, users: 0 });
    }
    const found = waiting.get(url);
    const leave = () => {
      found.users -= 1;
      if (found.users || waiting.get(url) !== found) return;
      waiting.delete(url);
      found.request.abort();
    };
    found.users += 1;
    const gone = new Promise((_, refuse) => signal.addEventListener("abort", () => refuse(signal.reason), { once: true }));
    try {
      return await Promise.race([found.answer, gone]);
    } finally {
      leave();
    }
  }

  /** What ``maps.elements.GeoJsonTiles`` calls. */
  mendmap.geoJsonTiles = (url, options) => new mendmap.GeoJsonTiles(url, options);
})();
