/* The table twin of a map that stands outside the service's own pages: each layer shown, as a table of what is known,
   fetched when it is opened. The pages of the service have theirs in their HTML. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { counted, h, say } = mendmap;
  const MOST = 100;
  const PATIENCE_MS = 15000;

  /** What ``maps.elements.Twin`` calls. */
  mendmap.twin = (map) => {
    const bench = mendmap.bench(map);
    const parts = new Map(bench.layers.map((layer) => [layer, part(bench, layer)]));
    bench.frame.after(h("section", { class: "twin", "aria-label": say("The same as a table") }, h("h2", { text: say("The same as a table") }), ...parts.values()));
    bench.follow(() => parts.forEach((element, layer) => (element.hidden = !map.hasLayer(layer))));
  };

  function part(bench, layer) {
    const body = h("div", { class: "twin-body" });
    const element = h("details", { class: "twin-part", on: { toggle: () => element.open && !body.hasChildNodes() && fill() } }, h("summary", { text: layer.options.name }), body);
    const fill = async () => {
      body.replaceChildren(h("p", { role: "status", text: say("Fetching …") }));
      try {
        const id = encodeURIComponent(layer.options.id);
        // A copy has no service that pages through a layer, but its download.
        const address = mendmap.isCopy ? `/downloads/${id}.geojson` : `${bench.service}/ogc/collections/${id}/items?f=json&limit=${MOST}`;
        const answer = await fetch(await mendmap.located(address), { signal: AbortSignal.timeout(PATIENCE_MS) });
        if (!answer.ok) throw new Error(`status ${answer.status}`);
        body.replaceChildren(...table(bench, layer, await answer.json()));
      } catch {
        const again = h("button", { type: "button", class: "button", text: say("Try again"), on: { click: fill } });
        body.replaceChildren(h("p", { role: "status", text: say("The table could not be fetched.") }), again);
      }
    };
    return element;
  }

  /** A table of features, and what to say where there are more. */
  function table(bench, layer, { features: all, numberMatched = all.length }) {
    const features = all.slice(0, MOST);
    const heads = [say("Name"), say("Kind"), say("Position known as"), say("Readings"), say("Newest reading")];
    const rows = features.map(({ id, properties }) => {
      const link = h("a", { href: mendmap.spoken(layer.options.page + encodeURIComponent(id)), text: mendmap.nameOf(properties) });
      const newest = properties.newest_reading ? mendmap.localDay(properties.newest_reading) : say("none");
      const kind = layer.options.kinds?.[properties.kind] || properties.kind || "";
      const cells = [kind, mendmap.knownAs(properties), mendmap.number(properties.readings || 0), newest];
      return h("tr", {}, h("th", { scope: "row" }, link), ...cells.map((text) => h("td", { text })));
    });
    const caption = counted("{number} place in all", "{number} places in all", numberMatched);
    const whole = h("table", {}, h("caption", { text: caption }), h("thead", {}, h("tr", {}, ...heads.map((text) => h("th", { scope: "col", text })))), h("tbody", {}, ...rows));
    const left = numberMatched - features.length;
    const more = left > 0 ? [h("p", { class: "missing", text: counted("{number} more is in the service's downloads.", "{number} more are in the service's downloads.", left) })] : [];
    return [h("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": caption }, whole), ...more];
  }
})();
