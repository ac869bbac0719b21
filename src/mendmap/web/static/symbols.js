/* Symbols and small DOM helpers. Text goes in as text nodes only: data never becomes markup. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { say } = mendmap;
  const SVG = "http://www.w3.org/2000/svg";

  /** An HTML element with attributes; ``text`` and ``on`` (listeners) are special, children are nodes or text. */
  mendmap.h = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);

  /** The same for an SVG element. */
  mendmap.svg = (tag, attributes = {}, ...children) =>
    fill(document.createElementNS(SVG, tag), attributes, children);

  function fill(element, { text, on, ...attributes }, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined && value !== false) {
        element.setAttribute(name, value === true ? "" : value);
      }
    }
    for (const [name, listener] of Object.entries(on || {})) element.addEventListener(name, listener);
    if (text !== undefined) element.textContent = text;
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  }

  // Each shape in a box of 24, centred on 12,12. Rings and dots are smaller: they stand beside other symbols. All that
  // follows the first point is relative to it, so that a shape can stand anywhere.
  const SHAPES = {
    circle: "M12 5a7 7 0 1 1 0 14a7 7 0 1 1 0-14Z",
    square: "M5.5 5.5h13v13h-13Z",
    diamond: "M12 3.4l8.6 8.6-8.6 8.6-8.6-8.6Z",
    triangle: "M12 3.2l9 16.2h-18Z",
    hexagon: "M12 3.8l7.1 4.1v8.2l-7.1 4.1-7.1-4.1v-8.2Z",
    drop: "M12 2.8c3.4 4.4 6 7.4 6 10.9a6 6 0 1 1-12 0c0-3.5 2.6-6.5 6-10.9Z",
    star: "M12 2.6l2.6 6.3 6.8.5-5.2 4.4 1.7 6.6-5.9-3.6-5.9 3.6 1.7-6.6-5.2-4.4 6.8-.5Z",
    cross: "M8.3 4.2l3.7 3.7 3.7-3.7 4.1 4.1-3.7 3.7 3.7 3.7-4.1 4.1-3.7-3.7-3.7 3.7-4.1-4.1 3.7-3.7-3.7-3.7Z",
    ring: "M12 7.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9Z",
    dot: "M12 8.5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 1 1 0-7Z",
  };

  /** A shape as part of the ``d`` of a path, with its middle at x,y. */
  mendmap.symbolAt = (shape, x, y) => {
    const [, left, top, rest] = /^M([\d.]+) ([\d.]+)(.*)$/.exec(SHAPES[shape] || SHAPES.circle);
    return `M${(x + Number(left) - 12).toFixed(1)} ${(y + Number(top) - 12).toFixed(1)}${rest}`;
  };

  /** The symbol of a layer as an SVG element of ``size`` pixels; its colour is the custom property --layer. */
  mendmap.symbol = (shape, size = 24) =>
    mendmap.svg(
      "svg",
      { class: `symbol symbol-${shape}`, viewBox: "0 0 24 24", width: size, height: size, "aria-hidden": "true", focusable: "false" },
      mendmap.svg("path", { class: "symbol-halo", d: SHAPES[shape] || SHAPES.circle }),
      mendmap.svg("path", { class: "symbol-shape", d: SHAPES[shape] || SHAPES.circle }),
    );

  /** A swatch of a line or of an area, as the map draws it. */
  mendmap.shapeSymbol = (form, basis, width) =>
    mendmap.svg(
      "svg",
      { class: "symbol", viewBox: "0 0 24 24", width: 24, height: 24, "aria-hidden": "true", focusable: "false" },
      mendmap.svg("path", { class: `shape ${form} basis-${basis}`, d: form === "area" ? "M3 9 9 4l11 3 1 9-7 5-10-3Z" : "M2 16c5 0 6-8 10-8s5 6 10 4", "stroke-width": width }),
    );

  /** The key of a basis: a disc and a line, drawn as places known that well are. */
  mendmap.basisSymbol = (basis) =>
    mendmap.svg(
      "svg",
      { class: "symbol", viewBox: "0 0 44 24", width: 44, height: 24, "aria-hidden": "true", focusable: "false" },
      mendmap.svg("circle", { class: `disc basis-${basis} in-key`, cx: 11, cy: 12, r: 9 }),
      mendmap.svg("circle", { class: "disc-centre", cx: 11, cy: 12, r: 2.5 }),
      mendmap.svg("path", { class: `shape line basis-${basis}`, d: "M25 12h18", "stroke-width": 3 }),
    );

  /** The key of what stands for others: a symbol and an outline, drawn twice. */
  mendmap.othersSymbol = () =>
    mendmap.svg(
      "svg",
      { class: "symbol", viewBox: "0 0 44 24", width: 44, height: 24, "aria-hidden": "true", focusable: "false" },
      ...[3, 0].map((by) =>
        mendmap.svg("g", { class: "in-key", transform: `translate(${by} ${-by})` }, mendmap.svg("circle", { cx: 10, cy: 13, r: 5 }), mendmap.svg("path", { d: "M25 17l2-8 11-1 2 9Z" })),
      ),
    );

  /** What each basis means to a reader, in the order of the key. */
  mendmap.BASES = {
    published: say("Published position"),
    estimated: say("Estimated position"),
    schematic: say("Somewhere inside the ring"),
    hypothesis: say("A guess, not a fact"),
  };

  /** A feature's name in the page's language, or in any. */
  mendmap.nameOf = (properties) => {
    const wanted = `name_${(document.documentElement.lang || "en").toLowerCase().replace("-", "_")}`;
    const other = Object.keys(properties).find((key) => key.startsWith("name_"));
    return String(properties[wanted] || properties[other] || properties.id);
  };

  /** How well a place is known, in a few words. */
  mendmap.knownAs = ({ basis, accuracy_m: off }) => {
    const metres = Number(off);
    switch (basis) {
      case "published":
        return metres ? say("published, within {metres} m", { metres }) : say("published");
      case "estimated":
        return metres ? say("estimated, within {metres} m", { metres }) : say("estimated");
      case "schematic":
        return say("somewhere within {metres} m", { metres });
      case "hypothesis":
        return say("hypothesis");
      default:
        return say("no position is known");
    }
  };

  // Signs of the map's tools, each in a box of 24, drawn as lines.
  const ICONS = {
    home: "M4 11 12 4l8 7M6.500 9.500V20h11V9.500M10 20v-6h4v6",
    locate: "M12 2v4M12 18v4M2 12h4M18 12h4M12 7a5 5 0 1 1 0 10a5 5 0 1 1 0-10Z",
    fullscreen: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
    link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.700-5.700l-1.500 1.500M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.700 5.700l1.500-1.500",
    print: "M7 9V4h10v5M7 17H4v-8h16v8h-3M7 14h10v6H7Z",
  };

  /** The sign of a tool. */
  mendmap.icon = (name) =>
    mendmap.svg("svg", { class: "icon", viewBox: "0 0 24 24", width: 18, height: 18, "aria-hidden": "true", focusable: "false" }, mendmap.svg("path", { d: ICONS[name] }));
})();
