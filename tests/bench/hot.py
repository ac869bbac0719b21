"""Hot tiles over HTTP: how many requests a second are answered for one tile of about 4 kB that everyone asks for, by
one worker of ours, by nginx out of a file, and by tipg, pygeoapi and MapServer, which make it each time.

All are driven alike, by ``wrk`` with 64 connections. nginx serves the bytes that we do, as they are and compressed
beforehand. pygeoapi makes its tiles out of PostGIS, as tipg does.
"""

import gzip
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import agree
import kept
import peers
import prepared
import urllib3
from cold import POLYGONS
from conftest import Service
from driven import driven
from goals import Found
from postgis import postgis

from mendmap.geo.grid import Tile

WANTED = 4000  # bytes
# Of FlatGeobuf, MapServer 8.0 leaves out one feature of each box, and may.
WANTING = {"MapServer": 1}
PATH = "/tiles/features/{z}/{x}/{y}.{form}"


def measure(where: Path, python: Path, *, quick: bool = False) -> Iterable[Found]:
    """Checks that all serve the same, and measures."""
    seconds = 2 if quick else 8
    land = kept.land(where, POLYGONS // 20 if quick else POLYGONS)
    with _service(land, where) as url:
        tile = _of_size(url, land)
        path, vector = (PATH.format(**tile._asdict(), form=form) for form in ("geojson", "mvt"))
        plain, packed = _body(url + path), _body(url + path, "gzip")
        print(f"  tile {tile.z}/{tile.x}/{tile.y}: {len(plain):,} bytes, {len(packed):,} compressed", flush=True)
        ours = driven(url, [path], seconds).rate
        ours_packed = driven(url, [path], seconds, "Accept-Encoding: gzip").rate
        ours_vector = driven(url, [vector], seconds).rate
        expected = agree.proper(agree.of_mvt(_body(url + vector)))
    with _nginx(path, plain, packed) as url:
        assert _body(url + path) == plain
        yield Found("hot_nginx", ours, "nginx", driven(url, [path], seconds).rate)
        yield Found("hot_gzip", ours_packed, "nginx", driven(url, [path], seconds, "Accept-Encoding: gzip").rate)
    for name, url in _peers(land, python):
        path = peers.TILES[name].format(**tile._asdict())
        # Each has a margin of its own.
        theirs = agree.proper(agree.of_mvt(_body(url + path)))
        assert not (wrong := agree.differ(expected, theirs, WANTING.get(name, 0))), f"{name}: {wrong}"
        print(f"  {name} and ours agree: {len(theirs)} features within a pixel", flush=True)
        yield Found(f"hot_{name.lower()}", ours_vector, name, driven(url, [path], 10).rate)


@contextmanager
def _service(land: kept.Land, where: Path) -> Iterator[str]:
    service = Service(land.lake, where / "serve.log")
    yield service.url
    service.stop()


def _of_size(url: str, land: kept.Land) -> Tile:
    """The tile whose GeoJSON is nearest to the size that is wanted."""
    found = prepared.within(land.box, 14, 40)
    return min(found, key=lambda tile: abs(len(_body(url + PATH.format(**tile._asdict(), form="geojson"))) - WANTED))


@contextmanager
def _nginx(path: str, plain: bytes, packed: bytes) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / path[1:]
        file.parent.mkdir(parents=True)
        file.write_bytes(plain)
        # Where the service sends it as it is, so does nginx.
        file.with_name(f"{file.name}.gz").write_bytes(packed if packed != plain else gzip.compress(plain))
        with peers.nginx(folder, peers.FILES.format(root=folder), path) as url:
            yield url


def _peers(land: kept.Land, python: Path) -> Iterator[tuple[str, str]]:
    """The name and address of each, one after the other."""
    frame = land.frame
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with postgis(frame) as base:
            with peers.tipg(python, base) as url:
                yield "tipg", url
            with peers.pygeoapi_tiles(python, base, folder / "pygeoapi") as url:
                yield "pygeoapi", url
        with peers.mapserver(frame, folder / "mapserver") as url:
            yield "MapServer", url


def _body(url: str, encoding: str = "identity") -> bytes:
    """A body as it comes over the line."""
    answer = urllib3.request("GET", url, headers={"Accept-Encoding": encoding}, preload_content=False)
    body = answer.read(decode_content=False)
    assert answer.status == 200, f"{url}: {answer.status} {body[:500]!r}"
    return body
