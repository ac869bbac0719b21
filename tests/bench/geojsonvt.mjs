// Cuts tiles with geojson-vt: node geojsonvt.mjs FILE.geojson TILES.json, where TILES maps a name to [[z, x, y], ...].
// Prints, for each name, as JSON: "ms", the milliseconds of every tile, where the index and the tile's parent are there
// already, so that what is timed is one split, one transformation, and the features as text; "drilled", the same where
// only the index is there, and every zoom between is split when it is met; and what the first tile holds.
import { readFileSync } from "node:fs";
import Index from "geojson-vt"; // a class since version 5, a function before: new does for both

const [file, asked] = process.argv.slice(2).map((name) => JSON.parse(readFileSync(name, "utf8")));
// A margin and a tolerance like ours: 128 steps, and half a pixel, 8 steps. What is smaller than that it leaves out, so
// the tile of all would be empty; where all of them are wanted nothing is simplified.
const made = (tolerance) => new Index(file, { maxZoom: 16, buffer: 128, tolerance, indexMaxZoom: 5 });

function timed(index, [z, x, y]) {
  const begun = performance.now();
  const tile = index.getTile(z, x, y);
  const size = JSON.stringify(tile.features).length;
  return { ms: performance.now() - begun, size, tile };
}

const found = {};
for (const [name, tiles] of Object.entries(asked)) {
  const drilling = made(8);
  const drilled = tiles.map((tile) => timed(drilling, tile).ms);
  const all = tiles.length === 1;
  const index = made(all ? 0 : 8);
  const cut = tiles.map(([z, x, y]) => {
    index.getTile(z - 1, x >> 1, y >> 1);
    return timed(index, [z, x, y]);
  });
  const features = cut[0].tile.features;
  const first = all ? [] : features.map((each) => ({ id: each.tags.id, rings: each.geometry }));
  const ms = cut.map((each) => each.ms);
  found[name] = { ms, drilled, first, features: features.length, size: cut[0].size };
}
process.stdout.write(JSON.stringify(found));
