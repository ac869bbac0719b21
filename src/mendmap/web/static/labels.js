/* Markers with their names, and which names are written: none may cover another name or another symbol. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { h } = mendmap;
  const SIDES = ["right", "left", "below", "above", "upper-right", "lower-right", "upper-left", "lower-left"];
  const ALONG = ["over", "under"];
  const MOST = 300; // names tried in a view: each is measured on the page
  const BESIDE = 13; // pixels between features on the same spot

  /** A name short enough for a map: without what stands in brackets, and that of a river without an aside. */
  mendmap.shortName = ({ name, properties }, { kinds, role }) =>
    properties.basis === "hypothesis"
      ? `${kinds[properties.kind] || name}: a hypothesis`
      : name.split(role === "watercourse" ? /\s*[(,]/ : /\s*\(/)[0] || name;

  /** The marker of a point: a symbol that can be focused and opened, with its name. ``slot`` counts features of the
      layer on the same spot. */
  mendmap.marker = (layer, entry, latlng, slot) => {
    const { role, shape, kinds } = layer.options;
    const size = entry.quiet ? 12 : role === "context" ? 16 : 26;
    const label = h("span", { class: "label", text: mendmap.shortName(entry, layer.options) });
    const body = h("span", { class: "marker-body" }, mendmap.symbol(shape, size), label);
    const beside = role === "work" ? [14 + slot * BESIDE, 12] : [slot * BESIDE, 0];
    return place(layer, entry, latlng, body, {
      className: `marker marker-${role}${entry.quiet ? " marker-quiet" : ""}`,
      size,
      anchor: [size / 2 - beside[0], size / 2 - beside[1]],
      keyboard: role !== "context",
      label: `${entry.name}, ${kinds[entry.properties.kind] || layer.options.name}, ${mendmap.knownAs(entry.properties)}`,
    });
  };

  /** The name of a line or an outline, where most of it is seen: it can be focused and opened like a symbol. */
  function nameOfShape(map, layer, entry, zoomed) {
    const at = zoomed ? longest(map, entry) : null;
    if (!at) {
      entry.marks.forEach(({ marker }) => marker.remove());
      entry.marks = [];
      return;
    }
    if (!entry.marks.length) entry.marks = [{ marker: markerOfShape(layer, entry, at.latlng) }];
    const [mark] = entry.marks;
    mark.angle = at.angle;
    mark.marker.setLatLng(at.latlng);
    const element = mark.marker.getElement();
    element.classList.toggle("is-along", at.angle !== null);
    element.querySelector(".label").style.setProperty("--angle", `${at.angle || 0}deg`);
  }

  function markerOfShape(layer, entry, latlng) {
    const label = h("span", { class: "label", text: mendmap.shortName(entry, layer.options) });
    return place(layer, entry, latlng, h("span", { class: "marker-body" }, label), {
      className: `marker marker-shape marker-${layer.options.role}`,
      size: 1,
      anchor: [0, 0],
      keyboard: true,
      label: `${entry.name}, ${mendmap.knownAs(entry.properties)}`,
    });
  }

  function place(layer, entry, latlng, body, { className, size, anchor, keyboard, label }) {
    const icon = L.divIcon({ className, html: body, iconSize: [size, size], iconAnchor: anchor });
    const marker = L.marker(latlng, { icon, pane: `points-${layer.options.id}`, keyboard, riseOnHover: true, autoPanOnFocus: false });
    marker.addTo(layer._map);
    const element = marker.getElement();
    element.setAttribute("aria-label", label);
    element.dataset.feature = entry.id;
    element.dataset.layer = layer.options.id;
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

  /** The middle of the longest straight run of a shape that is in view, and the angle to write along it. */
  function longest(map, entry) {
    const box = map.getPixelBounds();
    let best = null;
    let area = false;
    for (const piece of entry.pieces.values()) {
      area = area || piece.area;
      for (const line of piece.lines) {
        const points = line.map(([lon, lat]) => map.project([lat, lon]));
        for (let nth = 1; nth < points.length; nth += 1) {
          const run = L.LineUtil.clipSegment(points[nth - 1], points[nth], box, nth > 1, false);
          if (run && (!best || run[0].distanceTo(run[1]) > best[0].distanceTo(best[1]))) best = run;
        }
      }
    }
    if (area) return middle(map, entry, box);
    if (!best || best[0].distanceTo(best[1]) < 40) return null;
    const [from, to] = best[0].x <= best[1].x ? best : [best[1], best[0]];
    const angle = (Math.atan2(to.y - from.y, to.x - from.x) * 180) / Math.PI;
    return { latlng: map.unproject(from.add(to).divideBy(2)), angle };
  }

  function middle(map, entry, box) {
    const all = [...entry.pieces.values()].flatMap((piece) => piece.lines.flat());
    const bounds = L.bounds(all.map(([lon, lat]) => map.project([lat, lon])));
    return bounds.intersects(box) ? { latlng: map.unproject(bounds.getCenter()), angle: null } : null;
  }

  /** Writes the names that fit, those of earlier layers first and each once; a name that fits nowhere waits for
      a closer look. */
  mendmap.arrangeLabels = (map, layers) => {
    const zoom = map.getZoom();
    const shown = layers.filter((layer) => map.hasLayer(layer));
    for (const layer of shown) {
      for (const entry of layer.features.values()) {
        if ([...entry.pieces.values()].some((piece) => piece.paths.length)) {
          nameOfShape(map, layer, entry, zoom >= (layer.options.fromZoom ?? 0));
        }
      }
    }
    const drawn = shown.flatMap((layer) => [...layer.features.values()].filter((entry) => !entry.out).flatMap((entry) => entry.marks.map((mark) => ({ layer, entry, mark }))));
    const taken = drawn.map(({ layer, mark }) => ({
      of: mark,
      // The dots of places that only help to find one's way give way to the names of sites.
      minor: layer.options.role === "context",
      box: inset(boxOf(mark.marker.getElement().querySelector(".symbol-shape")), 3),
    }));
    const over = map.getContainer().parentElement.querySelectorAll(".layers, .time, .panel:not([hidden]), .pill, .leaflet-bar, .leaflet-control-attribution");
    over.forEach((each) => taken.push({ of: null, box: boxOf(each) }));
    const edge = map.getContainer().getBoundingClientRect();
    const view = map.getBounds();
    const written = new Set();
    let tried = 0;
    for (const { layer, entry, mark } of drawn) {
      const element = mark.marker.getElement();
      const wanted = !entry.quiet && zoom >= (layer.options.fromZoom ?? 0) && !written.has(entry) && view.contains(mark.marker.getLatLng());
      const named = wanted && (tried += 1) <= MOST;
      const fits = (side) => {
        element.dataset.side = side;
        const minor = layer.options.role === "context";
        const boxes = boxesOf(element.querySelector(".label"), ALONG.includes(side) ? mark.angle : null);
        const free = boxes.every(
          (box) => inside(box, edge) && taken.every((each) => each.of === mark || (each.minor && !minor) || !overlap(each.box, box)),
        );
        if (free) boxes.forEach((box) => taken.push({ of: null, box }));
        return free;
      };
      const fit = named && sidesOf(layer, element).some(fits);
      if (fit) written.add(entry);
      element.classList.toggle("is-unnamed", !fit);
    }
  };

  /** Where a name may stand: around a point, in the middle of an outline, along a line; that of a site that is a line
      beside it too. */
  function sidesOf(layer, element) {
    if (!element.classList.contains("marker-shape")) return SIDES;
    if (!element.classList.contains("is-along")) return ["middle"];
    return layer.options.role === "site" ? [...ALONG, ...SIDES] : ALONG;
  }

  /** The boxes a name covers: one, or for a name written along a line a row of small ones. */
  function boxesOf(label, angle) {
    const box = boxOf(label);
    if (typeof angle !== "number") return [box];
    const [width, height] = [label.offsetWidth, label.offsetHeight];
    const [x, y, turn] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2, (angle * Math.PI) / 180];
    const count = Math.max(1, Math.ceil(width / height));
    return Array.from({ length: count }, (_, nth) => {
      const off = ((nth + 0.5) / count - 0.5) * width;
      const [left, top] = [x + off * Math.cos(turn) - height / 2, y + off * Math.sin(turn) - height / 2];
      return { left, top, right: left + height, bottom: top + height };
    });
  }

  const inset = (box, by) => ({ left: box.left + by, right: box.right - by, top: box.top + by, bottom: box.bottom - by });
  const boxOf = (element) => element?.getBoundingClientRect() ?? { left: 0, right: 0, top: 0, bottom: 0 };
  const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const inside = (a, b) => a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom;
})();
