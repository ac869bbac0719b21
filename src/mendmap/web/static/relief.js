/* The relief of the ground, drawn of our own model of it: a quiet background beneath everything. It is there from the
   first, and can be turned off; where the reader agreed to a background map of someone else's, that stands in its place. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { h, say } = mendmap;

  /** What ``maps.elements.Relief`` calls. ``address`` is that of the picture's TileJSON. */
  mendmap.relief = (map, { address }) => {
    const bench = mendmap.bench(map);
    const drawn = new Map(); // map -> its layer: a comparison has two maps
    let picture = null;
    let on = true;
    let basemap = false;
    let other = null;

    const box = h("input", { type: "checkbox", checked: true, on: { change: () => use(box.checked) } });
    const said = h("span", { class: "count" });
    const element = h("div", { class: "layer-row relief-row", hidden: true }, h("label", {}, box, h("span", { class: "swatch" }, hill()), h("span", { class: "layer-name", text: say("Relief of the ground") }), said));
    (bench.frame.querySelector(".layers fieldset") || bench.side).append(element);

    const permalink = mendmap.permalink(map).part("relief", { read: (text) => use(text !== "off"), write: () => (on ? null : "off") });

    function use(wanted) {
      on = wanted;
      draw();
      permalink?.changed();
    }

    function draw() {
      const seen = on && !basemap;
      box.checked = on;
      element.classList.toggle("is-off", !seen);
      said.textContent = !on ? say("off") : basemap ? say("under the background map") : "";
      for (const [each, layer] of drawn) {
        if (seen && (each === map || each === other)) continue;
        layer.remove();
        drawn.delete(each);
      }
      for (const each of seen && picture ? [map, other] : []) {
        if (each && !drawn.has(each)) drawn.set(each, tiles(each).addTo(each));
      }
      map.getContainer().classList.toggle("has-relief", drawn.size > 0);
    }

    const tiles = (each) => mendmap.pictureTiles(picture, bench.service, { pane: mendmap.groundPane(each, "ground"), className: "relief-tiles" });

    map.on("basemap", ({ shown }) => {
      basemap = shown;
      draw();
    });
    map.on("mirrored", (event) => {
      other = event.other;
      draw();
    });
    described(bench.service + address).then(
      (found) => {
        if (!found.ready) return;
        picture = found;
        element.hidden = false;
        draw();
      },
      (error) => console.info("the relief could not be fetched", error.message), // the map is whole without it
    );
  };

  async function described(address) {
    const answer = await fetch(await mendmap.located(address));
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return answer.json();
  }

  /** Its sign: a hill with light from the north-west. */
  const hill = () =>
    mendmap.svg(
      "svg",
      { viewBox: "0 0 24 24", width: 22, height: 22, "aria-hidden": "true", focusable: "false", class: "relief-sign" },
      mendmap.svg("path", { class: "relief-lit", d: "M2 19 11 6v13Z" }),
      mendmap.svg("path", { class: "relief-shaded", d: "M11 6l11 13H11Z" }),
    );
})();
