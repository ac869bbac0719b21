/* The first view of a map, how far one may go from it, and the button that brings it back. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { say } = mendmap;
  const CLOSE = 15; // a first view is no closer, though its map may be of a single point
  const CLOSEST = 18;
  const SPOT = 13; // the zoom in which a spot is shown that an address names

  /** What ``maps.elements.FirstView`` calls. ``view`` is [[south, west], [north, east]]; ``button`` whether there is one. */
  mendmap.firstView = (map, { view, button = true }) => {
    const bench = mendmap.bench(map);
    const { WIDE } = mendmap;
    let going = false;
    let atFirst = false;
    map.setMaxZoom(CLOSEST);
    /** The whole, clear of what stands at the map's left. */
    const first = () => {
      const side = bench.frame.querySelector(".layers[open]");
      const left = WIDE.matches && side ? side.offsetWidth + 20 : 10;
      going = true;
      map.fitBounds(view, { animate: false, maxZoom: CLOSE, paddingTopLeft: [left, 10], paddingBottomRight: [10, 30] });
      going = false;
      atFirst = true;
    };
    map.on("movestart", () => (atFirst = atFirst && going));
    WIDE.addEventListener("change", () => atFirst && first());
    if (button) bench.tool("home", say("Show the whole map again"), () => { first(); permalink.changed(); });
    const permalink = mendmap.permalink(map);
    first();
    // As far out as four times the first view, whatever its size. Leaflet would glide to it from farther out.
    map.setMinZoom(Math.max(0, Math.min(CLOSE, map.getBoundsZoom(view)) - 2));
    permalink.part("view", {
      read: (text) => goTo(map, text),
      write: () => (atFirst ? null : written(map)),
    });
    // What pages of features link to: a spot of the map.
    permalink.part("at", { read: (text) => goTo(map, `${text},${SPOT}`), write: () => null });
    map.on("moveend", () => permalink.changed());
  };

  const written = (map) => {
    const { lat, lng } = map.getCenter().wrap();
    return `${lat.toFixed(5)},${lng.toFixed(5)},${map.getZoom()}`;
  };

  /** Goes to "lat,lon,zoom"; where that is none, the map stays where it is. */
  function goTo(map, text) {
    const numbers = text.split(",").map((each) => (/^-?\d{1,3}(\.\d{1,12})?$/.test(each) ? Number(each) : NaN));
    const [lat, lon, zoom] = numbers;
    if (numbers.length !== 3 || !(Math.abs(lat) <= 85 && Math.abs(lon) <= 180 && zoom >= 0 && zoom <= CLOSEST)) return;
    map.setView([lat, lon], zoom, { animate: false });
  }
})();
