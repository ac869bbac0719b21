/* Tiles of pictures of the ground (imagery, relief), in panes of their own beneath all that the map draws: of a service,
   or, on a page of a published copy, in an archive. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const { h } = mendmap;
  // What lies over what, from below: backgrounds, pictures, and of two pictures that of the left half.
  const HEIGHTS = { ground: 110, imagery: 120, "imagery-left": 121 };
  const CLOSEST = 22; // beyond the last zoom that a picture has, its pixels are drawn larger

  /** The name of a pane beneath the tiles of features, which is made where a map does not have it yet. */
  mendmap.groundPane = (map, name) => {
    if (!map.getPane(name)) map.createPane(name).style.zIndex = HEIGHTS[name];
    return name;
  };

  /** A layer of a picture, as /rasters.json and TileJSON describe one, within what it shows, at the screen's own
      resolution. Tiles are asked of the ``service`` itself, "" for that of the page; ``options`` are those of
      L.TileLayer. */
  mendmap.pictureTiles = ({ id, bounds, minzoom, maxzoom, attribution }, service, options) => {
    const [west, south, east, north] = bounds;
    const finer = L.Browser.retina ? 1 : 0; // tiles of half the size, each of one zoom more
    const address = `${service}/rasters/${encodeURIComponent(id)}`;
    const whole = {
      bounds: [[south, west], [north, east]],
      minNativeZoom: Math.max(0, minzoom - finer),
      maxNativeZoom: Math.max(0, maxzoom - finer),
      maxZoom: CLOSEST,
      detectRetina: true,
      attribution: attribution ? h("span", { text: attribution }).innerHTML : undefined, // Leaflet writes HTML; ours is text
      ...options,
    };
    return mendmap.isCopy ? mendmap.archivedPicture(`${address}.pmtiles`, whole) : L.tileLayer(`${address}/{z}/{x}/{y}.webp`, whole);
  };
})();
