/* Mapbox Vector Tiles and PMTiles archives, as the features that GeoJSON tiles hold. A module, because the libraries that
   read them are; ``sources.js`` imports it when a layer first asks for it. */
import { PbfReader } from "./vendor/pbf/index.js";
import { VectorTile } from "./vendor/vector-tile/index.js";

const EMPTY = { features: [], omitted: 0 };
const archives = new Map(); // address -> what answers for an archive
let library = null;

/** A tile of a service that hands out Mapbox Vector Tiles. */
export async function mvt(url, at, signal) {
  const answer = await fetch(L.Util.template(url, at), { signal });
  if (!answer.ok) throw new Error(`tile ${answer.url}: status ${answer.status}`);
  const found = features(await answer.arrayBuffer(), at);
  return { features: found, omitted: Number(answer.headers.get("Mendmap-Omitted") || 0) };
}

/** A tile of an archive, read through Range requests; beyond the archive's highest zoom, the part of a lower one. */
export async function pmtiles(url, at, signal) {
  const { archive, header } = await opened(url);
  let { z, x, y } = at;
  if (z < header.minZoom) return EMPTY;
  for (; z > header.maxZoom; z -= 1) [x, y] = [x >> 1, y >> 1];
  const found = await archive.getZxy(z, x, y, signal);
  return found ? { features: features(found.data, { z, x, y }), omitted: 0 } : EMPTY;
}

/** An archive with its header, which is asked for once, and again where that failed. */
async function opened(url) {
  if (!archives.has(url)) {
    archives.set(url, (async () => {
      library ||= script(new URL("./vendor/pmtiles/pmtiles.js", import.meta.url).href);
      const { PMTiles } = await library;
      const archive = new PMTiles(new URL(url, window.location.href).href);
      return { archive, header: await archive.getHeader() };
    })());
  }
  try {
    return await archives.get(url);
  } catch (error) {
    archives.delete(url);
    throw error;
  }
}

/** The library of archives is a script of the older kind, which leaves a global name. */
function script(src) {
  return new Promise((done, refuse) => {
    const element = document.createElement("script");
    Object.assign(element, { src, onload: () => done(window.pmtiles), onerror: () => refuse(new Error(`cannot be fetched: ${src}`)) });
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
      return { ...feature, id: feature.properties.id ?? `${layer.name}.${feature.id ?? nth}` };
    }),
  );
}
