/* Mapbox Vector Tiles and PMTiles archives, as the features that GeoJSON tiles hold. A module, because the libraries that
   read them are; ``sources.js`` imports it when a layer first asks for it. */
import { PbfReader } from "./vendor/pbf/index.js";
import { VectorTile } from "./vendor/vector-tile/index.js";

const { mendmap } = window;
const { say } = mendmap;
const EMPTY = { features: [], omitted: 0 };
const NO_RANGES = "HTTP Byte Serving"; // what the library says of a host that sends the whole in place of a part
const archives = new Map(); // address -> promise of what answers for an archive
let library = null;

/** A tile of a service that hands out Mapbox Vector Tiles. */
export async function mvt(url, at, signal) {
  const answer = await fetch(L.Util.template(url, at), { signal });
  if (!answer.ok) throw new Error(`tile ${answer.url}: status ${answer.status}`);
  const found = features(await answer.arrayBuffer(), at);
  return { features: found, omitted: Number(answer.headers.get("Mendmap-Omitted") || 0) };
}

/** A tile of an archive, read through Range requests; beyond the archive's highest zoom, the part of a lower one. An
    archive that was replaced meanwhile is read anew, by the library where its ETag tells, else when it is asked for
    again: what failed is not kept. */
export async function pmtiles(url, at, signal) {
  if (!archives.has(url)) archives.set(url, opened(url));
  const archive = archives.get(url);
  try {
    return await tileOf(await archive, at, signal);
  } catch (error) {
    if (!signal.aborted && archives.get(url) === archive) archives.delete(url);
    throw error.message.includes(NO_RANGES) ? Object.assign(error, { told: say("The host does not answer Range requests, without which an archive of tiles cannot be read.") }) : error;
  }
}

async function tileOf(archive, { z, x, y }, signal) {
  const { minZoom, maxZoom } = await archive.getHeader();
  if (z < minZoom) return EMPTY;
  const over = Math.max(0, z - maxZoom);
  const at = { z: z - over, x: x >> over, y: y >> over };
  const found = await archive.getZxy(at.z, at.x, at.y, signal);
  if (!found) return EMPTY;
  const held = features(found.data, at);
  return { features: held, omitted: held.reduce((sum, { properties }) => sum + (properties.stands_for || 1) - 1, 0) };
}

async function opened(url) {
  library ||= script(new URL("./vendor/pmtiles/pmtiles.js", import.meta.url).href);
  const { PMTiles } = await library;
  return new PMTiles(new URL(await mendmap.located(url), window.location.href).href);
}

/** The library of archives is a script of the older kind, which leaves a global name. */
function script(src) {
  return new Promise((done, refuse) => {
    const element = document.createElement("script");
    const failed = () => {
      library = null; // asked for again when an archive is
      refuse(new Error(`cannot be fetched: ${src}`));
    };
    Object.assign(element, { src, onload: () => done(window.pmtiles), onerror: failed });
    document.head.append(element);
  });
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
