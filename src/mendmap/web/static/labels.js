/* Markers with their names, and which names are written: none may cover another name or another symbol. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { counted, h } = mendmap;
  const MOST = 150; // names tried in a view of what has no marker of its own: each is an element of the page
  const TRIED = 300; // names tried in a view
  const LONGEST = 60; // characters of a name on the map; the panel has the whole
  const BESIDE = 13; // pixels between features on the same spot
  const CELL = 64; // pixels; what covers a spot is looked for among what covers its cell
  const STRIDE = 20; // features between two looks at the clock

  // Where a name's left upper corner is from the middle of a symbol of half-width r, for a name of width w and height h.
  const SIDES = {
    right: (r, w, h) => [r + 1, -h / 2],
    left: (r, w, h) => [-r - 1 - w, -h / 2],
    below: (r, w) => [-w / 2, r - 2],
    above: (r, w, h) => [-w / 2, -r + 2 - h],
    "upper-right": (r, w, h) => [0.64 * r, -0.36 * r - h],
    "lower-right": (r) => [0.64 * r, 0.36 * r],
    "upper-left": (r, w, h) => [-0.64 * r - w, -0.36 * r - h],
    "lower-left": (r, w) => [-0.64 * r - w, 0.36 * r],
    middle: (r, w, h) => [-w / 2, -h / 2],
  };
  const AROUND = Object.keys(SIDES).filter((side) => side !== "middle");
  // How far from a line a name is written along it, in its own heights.
  const ALONG = { over: -0.74, under: 0.83 };

  /** A name short enough for a map: without what stands in brackets, and that of a river without an aside. */
  mendmap.shortName = ({ name, properties }, { kinds, role }) => {
    const short =
      properties.basis === "hypothesis"
        ? mendmap.say("{kind}: a hypothesis", { kind: kinds[properties.kind] || name })
        : name.split(role === "watercourse" ? /\s*[(,]/ : /\s*\(/)[0] || name;
    const signs = [...short.slice(0, 4 * LONGEST)];
    return signs.length > LONGEST ? `${signs.slice(0, LONGEST - 1).join("")}…` : short;
  };

  /** The marker of a point: a symbol that can be focused and opened, with its name. ``slot`` counts features of the
      layer on the same spot. */
  mendmap.marker = (layer, entry, latlng, slot) => {
    const { role, kinds } = layer.options;
    const size = entry.quiet || entry.small ? 12 : role === "context" ? 16 : 26;
    const body = h("span", { class: "marker-body" }, mendmap.symbol(entry.style.shape, size), plus(entry), labelOf(layer, entry));
    const beside = role === "work" ? [14 + slot * BESIDE, 12] : [slot * BESIDE, 0];
    return place(layer, entry, latlng, body, {
      className: `marker marker-${role}${entry.quiet ? " marker-quiet" : ""}${entry.small ? " marker-small" : ""}`,
      size,
      anchor: [size / 2 - beside[0], size / 2 - beside[1]],
      keyboard: role !== "context",
      label: told(entry, kinds[entry.properties.kind] || layer.options.name),
    });
  };

  /** What a marker is called to who does not see it. */
  const told = ({ name, properties, style }, kind) => [name, kind, style.word, mendmap.knownAs(properties)].filter(Boolean).join(", ");

  /** How many others a feature stands for at this zoom, in words; blank where it stands for itself. */
  mendmap.othersOf = ({ standsFor }) =>
    standsFor > 1 ? counted("and {number} more here; zoom in to see it", "and {number} more here; zoom in to see them", standsFor - 1) : "";

  /** What a marker is called now, with all that it stands for. */
  mendmap.calledOf = (entry, called) => [called, mendmap.othersOf(entry)].filter(Boolean).join(", ");

  /** The same beside a symbol, in short. */
  const plus = ({ standsFor }) => (standsFor > 1 ? h("span", { class: "plus", text: `+${mendmap.number(standsFor - 1, { notation: "compact", maximumSignificantDigits: 2 })}` }) : null);

  /** The name of a feature; when it is pointed at, with what it stands for. */
  const labelOf = (layer, entry) =>
    h("span", { class: "label" }, mendmap.shortName(entry, layer.options), entry.standsFor > 1 ? h("span", { class: "others", text: mendmap.othersOf(entry) }) : null);

  /** The name of what has no symbol of its own: it can be focused and opened like one. */
  function nameMark(layer, entry, latlng) {
    const label = labelOf(layer, entry);
    if (entry.standsFor > 1) label.lastChild.before(" ", plus(entry));
    const marker = place(layer, entry, latlng, h("span", { class: "marker-body" }, label), {
      className: `marker marker-shape marker-${layer.options.role}`,
      size: 1,
      anchor: [0, 0],
      keyboard: true,
      label: told(entry),
    });
    return { marker, name: true };
  }

  function place(layer, entry, latlng, body, { className, size, anchor, keyboard, label }) {
    const icon = L.divIcon({ className, html: body, iconSize: [size, size], iconAnchor: anchor });
    const marker = L.marker(latlng, { icon, pane: `points-${layer.options.id}`, keyboard, riseOnHover: true, autoPanOnFocus: false });
    marker.addTo(layer._map);
    const element = marker.getElement();
    element.dataset.called = label;
    element.setAttribute("aria-label", mendmap.calledOf(entry, label));
    element.dataset.feature = entry.id;
    element.dataset.layer = layer.options.id;
    element.style.setProperty("--layer", entry.style.color);
    if (!keyboard) element.setAttribute("role", "img");
    marker.on("click", () => layer.pick(entry, marker));
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      L.DomEvent.stop(event);
      layer.pick(entry, marker);
    });
    for (const [name, on] of [["mouseenter", true], ["focus", true], ["mouseleave", false], ["blur", false]]) {
      element.addEventListener(name, () => layer.light(entry, on));
    }
    layer.fire("marked", { entry, marker });
    return marker;
  }

  const arranging = new WeakMap(); // map -> AbortController

  /** Writes the names that fit, those of earlier layers first and each once; a name that fits nowhere waits for
      a closer look. It works in slices; what it had begun before is given up. */
  mendmap.arrangeLabels = (map, layers) => {
    arranging.get(map)?.abort();
    const now = new AbortController();
    arranging.set(map, now);
    const shown = layers.filter((layer) => map.hasLayer(layer));
    mendmap.inSlices(arrange(map, shown), now.signal).catch((error) => now.signal.aborted || console.error(error));
  };

  function* arrange(map, layers) {
    const names = yield* nameShapes(map, layers);
    const drawn = [];
    for (const layer of layers) {
      for (const entry of layer.features.values()) {
        if (entry.marks.length && !entry.out) drawn.push(...entry.marks.map((mark) => ({ layer, entry, mark, middle: middleOf(map, mark) })));
      }
      yield;
    }
    drawn.forEach(({ mark }) => shorten(mark, false));
    // Read at once, before anything is written: the page is laid out once.
    for (const { mark } of drawn) mark.size = mark.size?.[0] ? mark.size : sizeOf(mark);
    const taken = new Taken();
    for (const { layer, mark, middle } of drawn) {
      const r = Math.max(0.5, halfOf(mark) * 0.6 - 3);
      // The dots of places that only help to find one's way give way to the names of sites.
      if (!mark.name) taken.add(boxAt(middle, [-r, -r], [2 * r, 2 * r]), { of: mark, minor: layer.options.role === "context" });
    }
    for (const box of obstacles(map)) taken.add(box, { of: null });
    yield;
    const zoom = map.getZoom();
    const view = map.getBounds();
    const written = new Set();
    let tried = 0;
    for (const [nth, { layer, entry, mark, middle }] of drawn.entries()) {
      if (nth % STRIDE === 0) yield;
      const wanted = !entry.quiet && zoom >= (layer.options.fromZoom ?? 0) && !written.has(entry) && view.contains(mark.marker.getLatLng());
      const fits = () => sidesOf(layer, mark).some((side) => writeAt(side, layer, mark, middle, taken, names.edge));
      const fit = wanted && (tried += 1) <= TRIED && (fits() || (shorten(mark, true) && fits()));
      if (fit) written.add(entry);
      mark.marker.getElement()?.classList.toggle("is-unnamed", !fit);
    }
  }

  /** Leaves out what a name says of a month, where there is no room for it, or shows it; returns whether that changed. */
  function shorten(mark, short) {
    const element = mark.marker.getElement();
    if (!element?.querySelector(".dated") || element.classList.contains("is-short") === short) return false;
    element.classList.toggle("is-short", short);
    mark.size = sizeOf(mark);
    return true;
  }

  /** Gives a name to the shapes, and the members of crowds, that are most of what is seen; takes it from the others. */
  function* nameShapes(map, layers) {
    const view = map.getBounds();
    const box = map.getPixelBounds();
    const edge = L.bounds(map.containerPointToLayerPoint([0, 0]), map.containerPointToLayerPoint(map.getSize()));
    let left = MOST;
    for (const layer of layers) {
      const zoomed = map.getZoom() >= (layer.options.fromZoom ?? 0);
      const named = zoomed && left > 0 ? largest(layer, view, left) : new Set();
      left -= named.size;
      let nth = 0;
      for (const entry of layer.features.values()) {
        if ((nth += 1) % STRIDE === 0) yield;
        if (!layer._map || !entry.pieces.size || hasSymbol(entry)) continue;
        const at = named.has(entry) ? spotOf(map, entry, box) : null;
        if (!at) {
          entry.marks.forEach(({ marker }) => marker.remove());
          entry.marks = [];
          continue;
        }
        if (!entry.marks.length) entry.marks = [nameMark(layer, entry, at.latlng)];
        const [mark] = entry.marks;
        mark.angle = at.angle;
        mark.marker.setLatLng(at.latlng);
        mark.marker.getElement().classList.toggle("is-along", at.angle !== null);
      }
    }
    return { edge };
  }

  const hasSymbol = (entry) => [...entry.pieces.values()].some((piece) => piece.symbols);

  /** The entries of a layer in view without a symbol, no more than ``most``: the largest. */
  function largest(layer, view, most) {
    const seen = [...layer.features.values()].filter((entry) => !hasSymbol(entry) && layer.isWithin(entry, view));
    if (seen.length <= most) return new Set(seen);
    const extent = new Map(seen.map((entry) => [entry, Math.max(...[...entry.pieces.values()].map(({ box }) => box[2] - box[0] + box[3] - box[1]))]));
    return new Set(seen.sort((a, b) => extent.get(b) - extent.get(a)).slice(0, most));
  }

  /** Where a name stands: in the middle of an outline or of the points of a crowd, or amid the longest straight run
      of a line that is in view, with the angle to write along it. */
  function spotOf(map, entry, box) {
    const pieces = [...entry.pieces.values()].filter((piece) => piece.degrees);
    if (pieces.some((piece) => piece.form !== "line")) {
      const bounds = L.latLngBounds([]);
      pieces.forEach(({ degrees: [west, south, east, north] }) => bounds.extend([south, west]).extend([north, east]));
      return { latlng: map.unproject(map.project(bounds.getNorthWest()).add(map.project(bounds.getSouthEast())).divideBy(2)), angle: null };
    }
    let best = null;
    let long = 40; // pixels that a name needs at least
    for (const line of pieces.flatMap((piece) => piece.lines)) {
      const points = line.map(([lon, lat]) => map.project([lat, lon]));
      for (let nth = 1; nth < points.length; nth += 1) {
        const run = L.LineUtil.clipSegment(points[nth - 1], points[nth], box, nth > 1, false);
        const length = run ? run[0].distanceTo(run[1]) : 0;
        if (length > long) [best, long] = [run, length];
      }
    }
    if (!best) return null;
    const [from, to] = best[0].x <= best[1].x ? best : [best[1], best[0]];
    const angle = (Math.atan2(to.y - from.y, to.x - from.x) * 180) / Math.PI;
    return { latlng: map.unproject(from.add(to).divideBy(2)), angle };
  }

  /** Where a name may stand: around a point, in the middle of an outline, along a line; that of a site that is a line
      beside it too. */
  function sidesOf(layer, mark) {
    if (!mark.name) return AROUND;
    if (mark.angle === null) return ["middle"];
    return layer.options.role === "site" ? [...Object.keys(ALONG), ...AROUND] : Object.keys(ALONG);
  }

  /** Writes a name at a side of its marker, if it fits there. */
  function writeAt(side, layer, mark, middle, taken, edge) {
    const [width, height] = mark.size;
    const along = side in ALONG;
    const offset = along ? [0, 0] : SIDES[side](halfOf(mark), width, height);
    const boxes = along ? boxesAlong(middle, mark.angle, ALONG[side] * height, mark.size) : [boxAt(middle, offset, mark.size)];
    const minor = layer.options.role === "context";
    if (!boxes.every((box) => edge.contains([[box.left, box.top], [box.right, box.bottom]]) && taken.leaves(box, mark, minor))) return false;
    boxes.forEach((box) => taken.add(box, { of: null }));
    const element = mark.marker.getElement();
    if (!element) return false;
    element.dataset.side = side;
    element.querySelector(".label").style.transform = along
      ? `translate(-50%, -50%) rotate(${mark.angle}deg) translateY(${ALONG[side] * height}px)`
      : `translate(${offset[0]}px, ${offset[1]}px)`;
    return true;
  }

  /** The boxes a name covers that is written along a line: a row of small ones. */
  function boxesAlong(middle, angle, shift, [width, height]) {
    const turn = (angle * Math.PI) / 180;
    const [x, y] = [middle[0] - shift * Math.sin(turn), middle[1] + shift * Math.cos(turn)];
    const count = Math.max(1, Math.ceil(width / height));
    return Array.from({ length: count }, (_, nth) => {
      const off = ((nth + 0.5) / count - 0.5) * width;
      return boxAt([x + off * Math.cos(turn), y + off * Math.sin(turn)], [-height / 2, -height / 2], [height, height]);
    });
  }

  /** What covers the map, by cells of a grid. */
  class Taken {
    constructor() {
      this._cells = new Map();
    }

    add(box, what) {
      for (const cell of cellsOf(box)) {
        if (!this._cells.has(cell)) this._cells.set(cell, []);
        this._cells.get(cell).push({ ...what, box });
      }
    }

    /** Whether a name of ``mark`` may cover a box: nothing else is there, or only what gives way to it. */
    leaves(box, mark, minor) {
      return cellsOf(box).every((cell) =>
        (this._cells.get(cell) || []).every((each) => each.of === mark || (each.minor && !minor) || !overlap(each.box, box)),
      );
    }
  }

  function cellsOf({ left, top, right, bottom }) {
    const found = [];
    for (let x = Math.floor(left / CELL); x <= Math.floor(right / CELL); x += 1) {
      for (let y = Math.floor(top / CELL); y <= Math.floor(bottom / CELL); y += 1) found.push(`${x},${y}`);
    }
    return found;
  }

  /** The boxes of what stands over a map, in its layers' pixels. */
  function obstacles(map) {
    const frame = map.getContainer().getBoundingClientRect();
    const over = map.getContainer().closest(".map-frame").querySelectorAll(".map-side > *, .panel:not([hidden]), .pill, .leaflet-bar, .leaflet-control-attribution");
    return [...over].map((each) => {
      const { left, top, width, height } = each.getBoundingClientRect();
      const at = map.containerPointToLayerPoint([left - frame.left, top - frame.top]);
      return boxAt([at.x, at.y], [0, 0], [width, height]);
    });
  }

  function middleOf(map, { marker }) {
    const { iconSize, iconAnchor } = marker.options.icon.options;
    const at = map.latLngToLayerPoint(marker.getLatLng());
    return [at.x - iconAnchor[0] + iconSize[0] / 2, at.y - iconAnchor[1] + iconSize[1] / 2];
  }

  const halfOf = (mark) => (mark.name ? 7 : mark.marker.options.icon.options.iconSize[0] / 2);

  function sizeOf({ marker }) {
    const label = marker.getElement()?.querySelector(".label");
    return label ? [label.offsetWidth, label.offsetHeight] : [0, 0];
  }

  const boxAt = ([x, y], [dx, dy], [width, height]) => ({ left: x + dx, top: y + dy, right: x + dx + width, bottom: y + dy + height });
  const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
})();
