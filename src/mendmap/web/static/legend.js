/* The key of what the reader sees: each layer's symbol, its classes, and how a position is known. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { h, say } = mendmap;

  /** What ``maps.elements.Legend`` calls: a key at the map's lower left, of the layers that are shown. */
  mendmap.legend = (map) => {
    const bench = mendmap.bench(map);
    const control = L.control({ position: "bottomleft" });
    const element = h("div", { class: "legend", role: "region", "aria-label": say("Key") });
    control.onAdd = () => element;
    control.addTo(map);
    bench.follow(() => element.replaceChildren(mendmap.keyOf(bench)));
  };

  /** The key of the layers shown now, as a list. */
  mendmap.keyOf = (bench) => {
    const rows = bench.shown.flatMap((layer) => [
      entry(mendmap.swatch(layer), layer.options.name, layer.options.color),
      ...mendmap.classesOf(layer).map(({ symbol, name, color }) => entry([symbol], name, color, "is-class")),
    ]);
    const others = bench.shown.some((layer) => layer.summary().others) ? [mendmap.othersKey()] : [];
    return h("ul", { class: "key-list" }, ...rows, ...others, ...mendmap.basesOf(bench));
  };

  /** The row of the key for what stands for others. */
  mendmap.othersKey = () => h("li", { class: "is-others" }, mendmap.othersSymbol(), h("span", { text: say("Stands for others too: zoom in") }));

  const entry = (symbols, text, color, more = "") => {
    const row = h("li", { class: more }, h("span", { class: "swatch" }, ...symbols), h("span", { text }));
    row.style.setProperty("--layer", color);
    return row;
  };

  /** A layer's symbol as it is drawn now, in a list; one of which nothing is in sight, by its role. Of a layer whose
      features are all in classes, these are the key. */
  mendmap.swatch = (layer) => {
    const { classes, shape, width, role } = layer.options;
    const { form, bases, classed } = layer.summary();
    if (classes && classed) return [];
    const drawn = form || (role === "watercourse" ? "line" : "points");
    return [drawn === "points" ? mendmap.symbol(shape, 22) : mendmap.shapeSymbol(drawn, [...bases][0] || "published", width)];
  };

  /** The classes of a layer, each with its symbol, as the reader can tell them apart. */
  mendmap.classesOf = ({ options }) =>
    (options.classes || []).map(({ value, name, color, shape }) => ({
      value, name, color: color || options.color, symbol: mendmap.symbol(shape || options.shape, 18),
    }));

  /** The rows of the key that say how positions are known, of the features in sight. */
  mendmap.basesOf = (bench) => {
    const seen = new Set(bench.shown.flatMap((layer) => [...layer.summary().bases]));
    return Object.entries(mendmap.BASES)
      .filter(([basis]) => seen.has(basis))
      .map(([basis, words]) => h("li", { class: "is-basis" }, mendmap.basisSymbol(basis), h("span", { text: say(words) })));
  };
})();
