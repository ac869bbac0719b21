"""Writes all tiles of a layer or a picture into one file, a PMTiles archive, that any file host can serve.

The same tiles give the same bytes: nothing in an archive tells when, where or on how many processors it was made.
Not here: which tiles there are, and what is in them (``pyramid``, ``imagery``).

The format: https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md. Its directories, header and numbers of tiles
are the ``pmtiles`` package's; not so its writer, which tells equal tiles by a hash of 64 bits, and leaves them in the
order they come in.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from pmtiles.tile import Compression, Entry, TileType, zxy_to_tileid
from pmtiles.writer import finalize_header

from mendmap.atlas.model import Layer, Place
from mendmap.geo.bounds import Bounds
from mendmap.geo.grid import EXTENT, steps_to_lonlat
from mendmap.tiles.described import vector_layer
from mendmap.tiles.pyramid import Made, Whole, made, packed

MEDIA_TYPE = "application/vnd.pmtiles"


@dataclass(frozen=True, slots=True)
class Archive:
    """What was written: its highest zoom, how many tiles it holds, and its size."""

    max_zoom: int
    tiles: int
    size_bytes: int


class _Kept(NamedTuple):
    """A tile that stands in a file: its number in the archive, the SHA-256 of its bytes, and where these are."""

    number: int
    digest: bytes
    offset: int
    length: int


def write(
    path: Path, layer: Layer, place: Place, *, max_zoom: int, max_drawn: int, executor: Executor | None = None
) -> Archive:
    """Writes the archive of a layer's tiles, from zoom 0 to ``max_zoom``, to ``path``: whole, or not at all.

    Below the highest zoom a tile draws about ``max_drawn`` features at most; at it, all. Of a layer that holds nothing
    with a position, the only tile is that of zoom 0, without layers: the format knows no archive without tiles.
    Branches of the pyramid are made on ``executor``, or here where there is none. Raises OSError where the file cannot
    be written.
    """
    tiles = Whole(layer, max_zoom, max_drawn)
    header = {"tile_type": TileType.MVT, "tile_compression": Compression.GZIP, **_box(_extent(tiles))}
    count = _written(path, made(tiles, executor), packed(b""), header, _metadata(layer, place, max_zoom))
    return Archive(max_zoom, count, path.stat().st_size)


def write_picture(
    path: Path, tiles: Iterable[Made], blank: bytes, told: Mapping[str, Any], bounds: Bounds, max_zoom: int
) -> Archive:
    """Writes an archive of a picture's tiles, which are WebP images, to ``path``: whole, or not at all. ``told`` is
    what it says of itself; ``blank`` is the one tile, of zoom 0, of a picture on which nothing is. Raises OSError where
    the file cannot be written."""
    header = {"tile_type": TileType.WEBP, "tile_compression": Compression.NONE, **_box(bounds)}
    return Archive(max_zoom, _written(path, tiles, blank, header, told), path.stat().st_size)


def _written(
    path: Path, tiles: Iterable[Made], blank: bytes, header: Mapping[str, Any], told: Mapping[str, Any]
) -> int:
    """Writes the file; how many tiles it holds."""
    with _renamed(path) as file, tempfile.TemporaryFile(dir=path.parent) as store:
        kept = _stored(tiles, store, blank)
        entries, contents = _laid_out(kept)
        size = sum(each.length for each in contents)
        laid = finalize_header(dict(header), len(kept), entries, len(contents), dict(told), True, size)  # type: ignore[no-untyped-call]
        file.writelines(laid)
        for each in contents:
            store.seek(each.offset)
            file.write(store.read(each.length))
    return len(kept)


@contextmanager
def _renamed(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to, which has its name only once it is whole."""
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _stored(tiles: Iterable[Made], store: IO[bytes], blank: bytes) -> list[_Kept]:
    """Keeps tiles in a file in the order they come in, and says where each is; ``blank`` where there is none."""
    kept = []
    for each in tiles:
        number, digest = zxy_to_tileid(*each.tile), hashlib.sha256(each.body).digest()
        kept.append(_Kept(number, digest, store.tell(), len(each.body)))
        store.write(each.body)
    if not kept:
        kept.append(_Kept(0, b"", 0, store.write(blank)))
    return sorted(kept)


def _laid_out(kept: Sequence[_Kept]) -> tuple[list[Entry], list[_Kept]]:
    """The directory of tiles in the order of their numbers, and which of them stand in the archive: of equal ones the
    first."""
    entries: list[Entry] = []
    contents: dict[bytes, tuple[int, _Kept]] = {}
    end = 0
    for each in kept:
        offset, _ = contents.setdefault(each.digest, (end, each))
        end += each.length if offset == end else 0
        last = entries[-1] if entries else None
        if last and (last.offset, last.tile_id + last.run_length) == (offset, each.number):
            last.run_length += 1
        else:
            entries.append(Entry(each.number, offset, each.length, 1))
    return entries, [first for _, first in contents.values()]


def _extent(tiles: Whole) -> Sequence[float]:
    """The box of a layer in degrees; the world where it has none."""
    widths = tiles.places.boxes
    if not len(widths):
        return -180.0, -85.0, 180.0, 85.0
    corners = np.stack(([widths[:, 0].min(), widths[:, 3].max()], [widths[:, 2].max(), widths[:, 1].min()]))
    found: list[float] = steps_to_lonlat(corners.clip(0, 1) * EXTENT, 0).ravel().tolist()
    return found


def _box(box: Sequence[float]) -> dict[str, int]:
    """A box as the header has it, in ten millionths of a degree."""
    names = ("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7")
    return {name: round(degrees * 1e7) for name, degrees in zip(names, box, strict=True)}


def _metadata(layer: Layer, place: Place, max_zoom: int) -> dict[str, Any]:
    """What an archive says of itself, as PMTiles and TileJSON name it."""
    return {
        "name": layer.id,
        "description": layer.description,
        "attribution": place.attribution,
        "type": "overlay",
        "generator": f"mendmap {version('mendmap')}",
        "vector_layers": [vector_layer(layer, place.languages, max_zoom)],
    }
