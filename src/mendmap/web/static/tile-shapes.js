/* The drawing of one tile. Where there are few features, each has a path of its own; a crowd is drawn as one path for
   all that look alike, so that a page of thousands stays light, and the one that is pointed at is found by its form. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { svg } = mendmap;
  const TILE = 512; // pixels
  const PAD = 1; // pixels drawn beyond a tile's edge, so that strokes join
  const REACH = 12; // pixels from a small thing at which it is meant, so that a finger finds it
  const SMALL = 6; // pixels; a disc of accuracy of a smaller radius is not drawn
  const HALF = 0.5; // symbols of a crowd are so much smaller
  const ASIDE = 3; // pixels between the two drawings of what stands for others
  const EARTH_M = 40075016.686;

  mendmap.TILE = TILE;

  /** Pixels on the map that one metre at a latitude takes at a zoom. */
  mendmap.pixelsPerMetre = (lat, zoom) => (256 * 2 ** zoom) / (EARTH_M * Math.cos((lat * Math.PI) / 180));

  mendmap.TileShapes = class {
    /** ``crowded``: whether features that look alike share a path. */
    constructor(layer, coords, crowded) {
      this.layer = layer;
      this.coords = coords;
      this.crowded = crowded;
      this.groups = new Map(); // what its members have in common -> {drawn, target, members: pieces}
      this._place = projector(coords);
      // Outlines end at the tile's very edge: drawn twice, their fill would show a seam.
      this._areas = svg("svg", { width: TILE, height: TILE });
      this.element = svg("svg", {
        class: "tile-shapes", width: TILE + 2 * PAD, height: TILE + 2 * PAD, "aria-hidden": "true", focusable: "false",
        viewBox: `${-PAD} ${-PAD} ${TILE + 2 * PAD} ${TILE + 2 * PAD}`,
      }, this._areas);
      this._light = null; // the piece pointed at
    }

    /** The piece of a feature that is in this tile: drawn with its like when the tile is ``finish``ed. */
    add(entry, { type, coordinates }) {
      const form = type.endsWith("Point") ? "points" : type.endsWith("Polygon") ? "area" : "line";
      const lines = type.endsWith("Point") ? [type === "Point" ? [coordinates] : coordinates] : linesOf(type, coordinates);
      const piece = { entry, form, area: form === "area", paths: [], lines, shapes: this, glow: null, ...this._path(entry, form, lines) };
      const { kind, basis, accuracy_m: accuracy } = entry.properties;
      const name = this.crowded ? `${form} ${kind} ${basis} ${entry.style.color} ${entry.style.shape}` : entry.id;
      if (!this.groups.has(name)) this.groups.set(name, this._group(form, kind, basis, entry.style));
      piece.group = this.groups.get(name);
      piece.group.members.push(piece);
      if (form === "points" && accuracy && !entry.quiet && !entry.small && this.layer.options.role !== "work") {
        piece.disc = discs(piece.dots, accuracy * mendmap.pixelsPerMetre(lines[0][0][1], this.coords.z));
      }
      return piece;
    }

    /** Puts the paths together: the tile's element, or null where nothing is drawn. */
    finish() {
      for (const group of this.groups.values()) this.redraw(group);
      return this.groups.size ? this.element : null;
    }

    /** Draws a group anew, without those of its members that are left out now. */
    redraw(group) {
      const members = group.members.filter((piece) => !piece.entry.out);
      const d = members.map((piece) => piece.d).join("");
      group.drawn.setAttribute("d", d);
      group.target.setAttribute("d", group.form === "points" ? members.map((piece) => dotted(piece.dots)).join("") : d);
      group.discs?.setAttribute("d", members.map((piece) => piece.disc || "").join(""));
      const doubled = members.filter((piece) => piece.entry.standsFor > 1).map((piece) => piece.d).join("");
      if (doubled) this._doubled(group).setAttribute("d", doubled);
      else group.doubled?.remove();
    }

    /** What stands for others is drawn twice, the second time a little aside and beneath. */
    _doubled(group) {
      const aside = group.form === "points" ? ASIDE / HALF : ASIDE;
      group.doubled ||= svg("path", { class: `${group.drawn.getAttribute("class")} is-doubled`, transform: `translate(${aside} ${-aside})` });
      group.doubled.style.cssText = group.drawn.style.cssText;
      if (!group.doubled.isConnected) group.drawn.before(group.doubled);
      return group.doubled;
    }

    /** Marks a piece, or no longer; in a crowd by a path of its own, above the others. */
    mark(piece, on, why) {
      if (piece.group.members.length === 1) {
        piece.group.drawn.classList.toggle(why, on);
        return;
      }
      if (on && !piece.glow) {
        piece.glow = svg("path", { class: piece.group.drawn.getAttribute("class"), d: piece.d });
        piece.glow.style.cssText = piece.group.drawn.style.cssText;
        piece.glow.style.pointerEvents = "none";
        piece.group.drawn.parentNode.append(piece.glow);
      }
      piece.glow?.classList.toggle(why, on);
      if (piece.glow && !/\bis-/.test(piece.glow.getAttribute("class"))) {
        piece.glow.remove();
        piece.glow = null;
      }
    }

    _group(form, kind, basis, style) {
      const drawn = svg("path", { class: `shape ${form} basis-${basis} kind-${kind}` });
      const target = svg("path", { class: `shape-target ${form}`, fill: "none" });
      const group = { form, drawn, target, discs: null, doubled: null, members: [] };
      drawn.style.setProperty("--layer", style.color);
      for (const path of [drawn, target]) this._listen(path, group);
      if (form === "points") {
        group.discs = svg("path", { class: `disc basis-${basis} disc-${this.layer.options.role}` });
        group.discs.style.setProperty("--layer", style.color);
        const small = svg("g", { class: "crowd", transform: `scale(${HALF})` }, drawn);
        this.element.append(group.discs, small, target);
      } else {
        (form === "area" ? this._areas : this.element).append(drawn, target);
      }
      return group;
    }

    _listen(path, group) {
      path.addEventListener("click", (event) => {
        const piece = this._meant(group, event);
        if (!piece) return;
        L.DomEvent.stop(event);
        this.layer.pick(piece.entry);
      });
      path.addEventListener("mousemove", (event) => this._point(this._meant(group, event)));
      path.addEventListener("mouseleave", () => this._point(null));
    }

    _point(piece) {
      if (piece === this._light) return;
      if (this._light) this.layer.light(this._light.entry, false);
      this._light = piece;
      if (piece) this.layer.light(piece.entry, true);
    }

    /** Which member of a group a pointer means: the last drawn that holds the spot, or else the nearest. */
    _meant(group, event) {
      if (group.members.length === 1) return group.members[0];
      const frame = this.element.getBoundingClientRect();
      const scale = (TILE + 2 * PAD) / frame.width;
      const at = [(event.clientX - frame.left) * scale - PAD, (event.clientY - frame.top) * scale - PAD];
      const near = group.members.filter((piece) => !piece.entry.out && away(piece.box, at) <= REACH * scale);
      if (group.form === "points") return nearest(near, at);
      if (!pencil) return near.at(-1) || null;
      const holds = (piece) => (piece.area ? pencil.isPointInPath(new Path2D(piece.d), ...at) : false);
      const strikes = (piece) => pencil.isPointInStroke(new Path2D(piece.d), ...at);
      pencil.lineWidth = 2 * REACH * scale;
      return near.findLast(holds) || near.findLast(strikes) || null;
    }

    /** A geometry as the ``d`` of a path in the tile's pixels, its box there and in degrees. */
    _path(entry, form, lines) {
      const box = [Infinity, Infinity, -Infinity, -Infinity];
      const degrees = [Infinity, Infinity, -Infinity, -Infinity];
      let d = "";
      const dots = [];
      for (const line of lines) {
        let sign = "M";
        for (const each of line) {
          const [x, y] = this._place(each);
          widen(box, x, y);
          widen(degrees, each[0], each[1]);
          if (form === "points") dots.push([x, y]);
          else d += `${sign}${x} ${y}`;
          sign = "L";
        }
        if (form === "area") d += "Z";
      }
      if (form === "points") d = symbols(dots, entry.style.shape);
      return { d, box, degrees, dots };
    }
  };

  // Nothing is drawn with it: it tells what a path holds. A browser that guards its reader's traces may have none.
  const pencil = document.createElement("canvas").getContext("2d");

  /** From degrees to pixels of a tile of the web's grid, to a tenth (EPSG Guidance Note 7-2, method 1024). */
  function projector({ x: column, y: row, z }) {
    const world = 256 * 2 ** z;
    const tenth = (value) => Math.round(value * 10) / 10;
    return ([lon, lat]) => {
      const sine = Math.max(-0.9999, Math.min(0.9999, Math.sin((lat * Math.PI) / 180)));
      const down = 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
      return [tenth((lon / 360 + 0.5) * world - column * TILE), tenth(down * world - row * TILE)];
    };
  }

  function linesOf(type, coordinates) {
    if (type === "LineString") return [coordinates];
    if (type === "MultiPolygon") return coordinates.flat();
    return coordinates; // MultiLineString, Polygon
  }

  const symbols = (dots, shape) => dots.map(([x, y]) => mendmap.symbolAt(shape, x / HALF, y / HALF)).join("");
  const dotted = (dots) => dots.map(([x, y]) => `M${x} ${y}h0`).join("");
  const discs = (dots, radius) =>
    radius < SMALL ? "" : dots.map(([x, y]) => `M${x - radius} ${y}a${radius} ${radius} 0 1 1 ${2 * radius} 0a${radius} ${radius} 0 1 1 ${-2 * radius} 0Z`).join("");

  function widen(box, x, y) {
    if (x < box[0]) box[0] = x;
    if (y < box[1]) box[1] = y;
    if (x > box[2]) box[2] = x;
    if (y > box[3]) box[3] = y;
  }

  /** How far a spot is from a box; 0 within it. */
  const away = (box, [x, y]) => Math.max(box[0] - x, x - box[2], box[1] - y, y - box[3], 0);

  function nearest(pieces, [x, y]) {
    const far = (piece) => Math.min(...piece.dots.map((dot) => Math.hypot(dot[0] - x, dot[1] - y)));
    return pieces.reduce((best, piece) => (!best || far(piece) < far(best) ? piece : best), null);
  }
})();
