/* Where tiles come from, and in which form: GeoJSON or Mapbox Vector Tiles from a service, or either's features from a
   PMTiles archive on any file host. What reads the last two is fetched when a layer first needs it. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const here = document.currentScript?.src || window.location.href;
  let reading = null;

  /** The tile {z, x, y} of a layer as GeoJSON features with text ids, and how many it left out; ``form`` is geojson,
      mvt or pmtiles. */
  mendmap.tileOf = async (url, form, at, signal) => {
    if (form && form !== "geojson") {
      reading ||= import(new URL("vector-tiles.js", here).href);
      return (await reading)[form](url, at, signal);
    }
    const answer = await fetch(L.Util.template(url, at), { signal });
    if (!answer.ok) throw new Error(`tile ${answer.url}: status ${answer.status}`);
    return answer.json();
  };
})();
