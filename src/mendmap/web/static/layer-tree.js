/* The list of layers in plain words: what can be shown, how many of it are in view, and the key of what is. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { h, say } = mendmap;

  /** What ``maps.elements.LayerTree`` calls. */
  mendmap.layerTree = (map) => {
    const bench = mendmap.bench(map);
    const rows = bench.layers.map((layer) => layerRow(map, layer));
    const key = h("ul", { class: "key-list" });
    const others = h("ul", { class: "key-list key-others", hidden: true }, mendmap.othersKey());
    const element = h(
      "details",
      { class: "layers", open: mendmap.WIDE.matches },
      h("summary", {}, say("Layers and key")),
      h("fieldset", {}, h("legend", { text: say("Shown, and how many are in view") }), ...rows.map((row) => row.element)),
      others,
      h("div", { class: "key" }, h("p", { class: "key-title", text: say("How a position is known") }), key),
    );
    bench.side.append(element);
    let keyed = "";
    bench.follow(() => {
      rows.forEach((row) => row.refresh());
      others.hidden = !bench.shown.some((layer) => layer.summary().others);
      const now = [...new Set(bench.shown.flatMap((layer) => [...layer.summary().bases]))].sort().join();
      if (now !== keyed) key.replaceChildren(...mendmap.basesOf(bench));
      keyed = now;
    });
    remembered(bench);
  };

  function layerRow(map, layer) {
    const { id, name, color } = layer.options;
    const swatch = h("span", { class: "swatch" });
    const count = h("span", { class: "count" });
    const box = h("input", { type: "checkbox", id: `layer-${id}`, on: { change: () => (box.checked ? map.addLayer(layer) : map.removeLayer(layer)) } });
    const classes = classList(layer);
    const element = h("div", { class: "layer-row" }, h("label", { for: box.id }, box, swatch, h("span", { class: "layer-name", text: name }), count), classes);
    element.style.setProperty("--layer", color);
    let drawn = "";
    const refresh = () => {
      const on = map.hasLayer(layer);
      box.checked = on;
      const { form, bases, classed } = layer.summary();
      const now = `${form} ${[...bases][0]} ${classed}`;
      // A layer out of sight keeps the swatch that it had.
      if (!drawn || (form && now !== drawn)) swatch.replaceChildren(...mendmap.swatch(layer));
      drawn = now;
      element.classList.toggle("is-off", !on);
      if (classes) classes.hidden = !on;
      count.textContent = on ? inView(layer.summary()) : say("off");
    };
    return { element, refresh };
  }

  /** How many features are drawn in view, of how many that there are. */
  function inView({ within, total }) {
    if (total === within) return mendmap.number(within);
    return total === null ? say("{number} or more", { number: within }) : say("{number} of about {total}", { number: within, total });
  }

  function classList(layer) {
    const classes = mendmap.classesOf(layer);
    if (!classes.length) return null;
    const rows = classes.map(({ symbol, name, color }) => {
      const row = h("li", {}, h("span", { class: "swatch" }, symbol), h("span", { text: name }));
      row.style.setProperty("--layer", color);
      return row;
    });
    return h("ul", { class: "class-list" }, ...rows);
  }

  /** The layers shown are part of the map's link, where they are others than at first. */
  function remembered({ map, layers }) {
    const shown = () => layers.filter((layer) => map.hasLayer(layer)).map((layer) => layer.options.id).join(",");
    const first = shown();
    const permalink = mendmap.permalink(map);
    permalink.part("layers", {
      write: () => (shown() === first ? null : shown() || "none"),
      read: (text) => {
        const asked = text.split(",");
        if (text !== "none" && !layers.some((layer) => asked.includes(layer.options.id))) return;
        for (const layer of layers) map[asked.includes(layer.options.id) ? "addLayer" : "removeLayer"](layer);
      },
    });
    map.on("layeradd layerremove", ({ layer }) => layers.includes(layer) && permalink.changed());
  }
})();
