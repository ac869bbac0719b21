/* Tiles of pictures in a published copy, which has all of a picture in one archive: drawn on canvases, because the policy
   of our pages allows no image that a script has made an address for. */
(() => {
  "use strict";
  const mendmap = (window.mendmap = window.mendmap || {});
  const here = document.currentScript?.src || window.location.href;
  let reader = null;

  /** A layer of a picture's archive; ``address`` is that of the service, and ``options`` are those of L.TileLayer. */
  mendmap.archivedPicture = (address, options) => new Archived(address, options);

  const Archived = L.TileLayer.extend({
    createTile(coords, done) {
      const tile = L.DomUtil.create("canvas");
      tile.asked = new AbortController();
      const at = { z: this._getZoomForUrl(), x: coords.x, y: coords.y };
      this._draw(tile, at).then(
        () => done(null, tile),
        (error) => tile.asked.signal.aborted || done(error, tile),
      );
      return tile;
    },

    async _draw(tile, at) {
      reader ||= import(new URL("archive.js", here).href).catch((error) => {
        reader = null; // asked for again with the next tile
        throw error;
      });
      const { archived } = await reader;
      const found = await archived(this._url, at, tile.asked.signal);
      if (!found) return; // the archive has no tile on which nothing is
      const image = await createImageBitmap(new Blob([found.data], { type: "image/webp" }));
      Object.assign(tile, { width: image.width, height: image.height });
      tile.getContext("2d").drawImage(image, 0, 0);
      image.close();
    },

    // Those of L.TileLayer are of images: what is drawn already stays until its zoom is gone.
    _abortLoading() {},

    _removeTile(key) {
      this._tiles[key]?.el.asked.abort();
      L.GridLayer.prototype._removeTile.call(this, key);
    },
  });
})();
