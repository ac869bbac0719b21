/* PMTiles archives, read through Range requests. A module, because its readers are; it brings the library, which is large,
   when an archive is first asked for. */
const { mendmap } = window;
const { say } = mendmap;
const NO_RANGES = "HTTP Byte Serving"; // what the library says of a host that sends the whole in place of a part
const archives = new Map(); // address -> promise of what answers for an archive
let library = null;

/** A tile of an archive: its bytes and where in the grid these are, which beyond the archive's highest zoom is the tile of
    a lower one; null where it has none. An archive that was replaced meanwhile is read anew, by the library where its ETag
    tells, else when it is asked for again: what failed is not kept. */
export async function archived(url, at, signal) {
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
  if (z < minZoom) return null;
  const over = Math.max(0, z - maxZoom);
  const at = { z: z - over, x: x >> over, y: y >> over };
  const found = await archive.getZxy(at.z, at.x, at.y, signal);
  return found ? { data: found.data, at } : null;
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
