// Cuts tiles with geojson-vt: node geojsonvt.mjs FILE.geojson TILES.json, where TILES maps a name to [[z, x, y], ...].
// Prints, for each name, the milliseconds of every tile and what the first one holds, as JSON. The index is made
// beforehand, and so is the parent of each tile: what is timed is one split and one transformation. Where all tiles of
// a name are the same one, each is cut from an index of its own.
import { readFileSync } from "node:fs";
import geojsonvt from "geojson-vt"; // a class since version 5, a function before: new does for both

const [file, asked] = process.argv.slice(2).map((name) => JSON.parse(readFileSync(name, "utf8")));
// A margin and a tolerance like ours: 128 steps, and half a pixel, 8 steps.
const options = { maxZoom: 16, buffer: 128, tolerance: 8, indexMaxZoom: 5 };
let index = new geojsonvt(file, options);
const found = {};
for (const [name, tiles] of Object.entries(asked)) {
  const taken = [];
  let first = null;
  const same = new Set(tiles.map(String)).size === 1;
  for (const [z, x, y] of tiles) {
    if (same && first) index = new geojsonvt(file, options);
    if (z > 6) index.getTile(z - 1, x >> 1, y >> 1);
    const begun = performance.now();
    const tile = index.getTile(z, x, y);
    taken.push(performance.now() - begun);
    first = first || tile.features.map((each) => ({ id: each.tags.id, rings: each.geometry }));
  }
  found[name] = { ms: taken, first };
}
process.stdout.write(JSON.stringify(found));
