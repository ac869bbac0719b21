/* Tiles of pictures of the ground (imagery, relief), in panes of their own beneath all that the map draws. */
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
      resolution; in a published copy it is drawn of the picture's archive. ``options`` are those of L.TileLayer. */
  mendmap.pictureTiles = ({ id, tiles, bounds, minzoom = 0, maxzoom, attribution }, options) => {
    const [west, south, east, north] = bounds;
    const finer = L.Browser.retina ? 1 : 0; // tiles of half the size, each of one zoom more
    const shared = {
      bounds: [[south, west], [north, east]],
      minNativeZoom: Math.max(0, minzoom - finer),
      maxNativeZoom: Math.max(0, maxzoom - finer),
      maxZoom: CLOSEST,
      detectRetina: true,
      attribution: attribution ? h("span", { text: attribution }).innerHTML : undefined, // Leaflet writes HTML; ours is text
      ...options,
    };
    if (mendmap.isCopy) return mendmap.archivedPicture(`/rasters/${id}.pmtiles`, shared);
    return L.tileLayer(typeof tiles === "string" ? tiles : tiles[0], shared);
  };
})();
