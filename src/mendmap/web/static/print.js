/* Prints the map alone: its title, the key of what is shown, the scale, the date of the data and the address. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { h, say } = mendmap;
  const PATIENCE_MS = 8000;
  const COMING = ":is(.imagery-tiles, .relief-tiles) .leaflet-tile:not(.leaflet-tile-loaded)";

  /** What ``maps.elements.Print`` calls. ``title`` is the map's, ``data`` says of when its data are. */
  mendmap.print = (map, { title = document.title, data = "" } = {}) => {
    const bench = mendmap.bench(map);
    bench.tool("print", say("Print the map"), async () => {
      // Until then nobody can tell which time the map shows.
      await Promise.race([map.mendmapTime?.started, pause(PATIENCE_MS)]);
      const tidy = sheet(bench, title, data);
      try {
        await drawn(bench);
        window.print();
      } finally {
        tidy();
      }
    });
  };

  /** Makes a sheet of the page, and returns what makes it a page again. */
  function sheet(bench, title, data) {
    const { frame, map } = bench;
    const centre = map.getCenter();
    const head = h("div", { class: "print-head" }, h("p", { class: "print-title", text: title }));
    const { address } = mendmap.permalink(map);
    const time = map.mendmapTime && mendmap.timeName(map.mendmapTime.month);
    const foot = h(
      "div",
      { class: "print-foot" },
      mendmap.keyOf(bench),
      time && h("p", { text: say("Time shown: {time}", { time }) }),
      imageryTold(frame),
      h("p", { text: say("Data of {data}; printed on {day}", { data, day: mendmap.day(new Date()) }) }),
      h("p", { class: "print-address", text: address }),
    );
    frame.before(head);
    frame.after(foot);
    const hidden = besides(frame, new Set([head, foot]));
    hidden.forEach((each) => each.classList.add("is-not-printed"));
    document.documentElement.classList.add("prints-map");
    map.invalidateSize({ pan: false }).setView(centre, map.getZoom(), { animate: false });
    return () => {
      document.documentElement.classList.remove("prints-map");
      hidden.forEach((each) => each.classList.remove("is-not-printed"));
      head.remove();
      foot.remove();
      map.invalidateSize({ pan: false }).setView(centre, map.getZoom(), { animate: false });
    };
  }

  /** What is said of the imagery that the map shows, whole. */
  function imageryTold(frame) {
    const told = frame.querySelector(".imagery-told:not([hidden])")?.cloneNode(true);
    told?.querySelectorAll("details").forEach((each) => (each.open = true));
    return told;
  }

  /** All that stands beside an element, and beside what holds it, but for what is kept. */
  function besides(element, kept) {
    const found = [];
    for (let each = element; each !== document.body; each = each.parentElement) {
      found.push(...[...each.parentElement.children].filter((other) => other !== each && !kept.has(other)));
    }
    return found;
  }

  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  /** Waits until the tiles of the sheet are there, but not for ever. */
  async function drawn({ frame, shown }) {
    const end = Date.now() + PATIENCE_MS;
    do await pause(150);
    while ((shown.some((layer) => layer.isLoading()) || frame.querySelector(COMING)) && Date.now() < end);
  }
})();
