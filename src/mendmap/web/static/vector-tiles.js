/* Mapbox Vector Tiles, of a service or an archive, as the features that GeoJSON tiles hold. A module, because the
   libraries that read them are; ``sources.js`` imports it when a layer first asks for it. */
import { archived } from "./archive.js";
import { PbfReader } from "./vendor/pbf/index.js";
import { VectorTile } from "./vendor/vector-tile/index.js";

const EMPTY = { features: [], omitted: 0 };

/** A tile of a service that hands out Mapbox Vector Tiles. */
export async function mvt(url, at, signal) {
  const answer = await fetch(L.Util.template(url, at), { signal });
  if (!answer.ok) throw new Error(`tile ${answer.url}: status ${answer.status}`);
  const found = features(await answer.arrayBuffer(), at);
  return { features: found, omitted: Number(answer.headers.get("Mendmap-Omitted") || 0) };
}

/** A tile of an archive; beyond the archive's highest zoom, the part of a lower one. */
export async function pmtiles(url, at, signal) {
  const found = await archived(url, at, signal);
  if (!found) return EMPTY;
  const held = features(found.data, found.at);
  return { features: held, omitted: held.reduce((sum, { properties }) => sum + (properties.stands_for || 1) - 1, 0) };
}

/** The features of all layers of a tile. What names a feature is its property ``id``; its number does not last. */
function features(bytes, { z, x, y }) {
  if (!bytes.byteLength) return [];
  const { layers } = new VectorTile(new PbfReader(new Uint8Array(bytes)));
  return Object.values(layers).flatMap((layer) =>
    Array.from({ length: layer.length }, (_, nth) => {
      const feature = layer.feature(nth).toGeoJSON(x, y, z);
      feature.properties.layer ??= layer.name;
      return { ...feature, id: feature.properties.id ?? `${layer.name}.${feature.id ?? nth}` };
    }),
  );
}
