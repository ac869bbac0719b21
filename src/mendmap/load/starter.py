"""Writes a small, commented folder of geodata for a new place, which passes ``check`` as it is.

The tables are empty but for their headers, and ``COLUMNS.md`` explains every column: both are made from the
fields themselves, so they cannot fall behind. No example data: what is not known of a place is not invented.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mendmap.catalogue.model import CATALOGUE, LAYER, NETWORK, READINGS
from mendmap.catalogue.records import TABLES
from mendmap.errors import MendmapError, shown
from mendmap.geo.bounds import Bounds
from mendmap.maps.model import CLASS, CLASSED, CONTROLS, MAP, STYLE
from mendmap.readings.fields import READING
from mendmap.readings.mapping import COLUMN_KEYS, KEYS
from mendmap.vectors.fields import FEATURE, STATION, WATERCOURSE
from mendmap.words import vocabulary
from mendmap.words.fields import Field, expanded, fields_of

_LANGUAGES = ("en",)
_PLURALS = {table: f"{table}s" for table in TABLES} | {
    "quantity": "quantities",
    "index": "indices",
    "zonal": "zonal",
    "match": "matches",
}
# The tables whose rows are long texts, and what these are.
_LONG = {
    "statement": "Published claims",
    "recipe": "What mendmap gather fetches from public services",
}
_WORDS = {
    "basis": vocabulary.BASES,
    "trust": vocabulary.TRUSTS,
    "quality": vocabulary.QUALITIES,
    "shows, of a raster": vocabulary.SHOWS,
    "classes, of a raster": vocabulary.CLASSIFIED,
    "palette, of an index": vocabulary.PALETTES,
    "statistic, of zonal": vocabulary.ZONAL,
    "service, of a recipe": vocabulary.SERVICES,
    "decision, of a match": vocabulary.DECISIONS,
}


@dataclass(frozen=True, slots=True)
class Empty:
    """A layer of the folder, which holds nothing yet: its id is ``restored`` for sites, and otherwise the plural of
    what it holds; ``kinds`` are ids and plain names, ``style`` its colour and shape on the map."""

    role: str
    id: str
    name: str
    about: str
    geometry: tuple[str, ...]
    kinds: Mapping[str, str]
    style: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known of a new place beforehand: its layers, its zone, how near a station is to the site that it is
    joined to, the box that its map opens with (west, south, east, north), and rows of its tables, by kind and then by
    column; those of the long ones are the text of the file instead."""

    layers: Sequence[Empty]
    zone: str = "UTC"
    near_m: int = 1000
    view: Sequence[float] = ()
    attribution: str = "The makers of this map"
    rows: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


# As long as nobody has said more.
WORLD = Bounds(-180, -90, 180, 90)
_POINTS = ("Point",)
UNKNOWN = Plan(
    (
        Empty(
            "site",
            "restored",
            "Sites",
            "What is being restored.",
            ("Point", "Polygon"),
            {"site": "Site"},
            ("#9b2226", "square"),
        ),
        Empty(
            "station",
            "stations",
            "Stations",
            "Where readings are taken.",
            _POINTS,
            {"station": "Station"},
            ("#1d4e89", "circle"),
        ),
        Empty(
            "watercourse",
            "watercourses",
            "Rivers",
            "Drawn downstream.",
            ("LineString",),
            {"river": "River"},
            ("#3a7ca5", "circle"),
        ),
        Empty(
            "context",
            "places",
            "Places",
            "Places that help to find one's way.",
            _POINTS,
            {"settlement": "Settlement"},
            ("#6c757d", "dot"),
        ),
    )
)
_HEAD = """\
# What this folder holds, and on what terms. Every data file is listed here; a file that is not listed is a fault.
# To see what is wrong:    mendmap check {name}
# To put it on the map:    mendmap load {name}, then mendmap serve
# What each column means:  COLUMNS.md

[catalogue]
id = "{name}"
name_en = "{name}"
# A sentence or two that lead the map.
summary_en = "What is being put right here, who says so, and what would prove it."
# Where a reader can report a mistake. An address under .example reaches nobody: put your own here.
contact = "mailto:geodata@mendmap.example"
licence = "CC-BY-4.0"
attribution = "{attribution}"
# Names and summaries may stand in several languages: add "sr-Latn" here, and the column name_sr_latn there.
languages = ["en"]
# West, south, east, north in degrees. A feature outside is a fault, so draw it close around your place.
extent = {extent}
# A station that nothing else joins to a site is joined to the nearest one within this many metres.
near_m = {near_m}
# Where its days, months and years begin and end. Elsewhere: zone = "Europe/Paris".
zone = "{zone}"
"""
_LAYER = """
[[layer]]
id = "{id}"
name_en = "{name}"
description = "{description}"
# site: what is restored; station: where readings are taken; watercourse: rivers, drawn downstream; context: the rest.
role = "{role}"
crs = "OGC:CRS84"
file = "layers/{id}.geojson"
licence = "CC-BY-4.0"
source = "Where this file comes from"
geometry = [{geometry}]
# The kinds of feature, each with its name in plain words.
[layer.kinds]
{kinds}
"""
_TABLE = """
[[table]]
kind = "{kind}"
file = "{file}"
licence = "CC-BY-4.0"
source = "Compiled from the documents in sources.csv"
"""
_READINGS = """
# A file taken from others is guarded by its hash: origin = "others", and mendmap check --accept writes the hash.
[[readings]]
file = "readings/readings.csv"
licence = "CC-BY-4.0"
source = "Where these readings come from"
origin = "own"
# A file in another format is named with it: format = "auto" (or eea_aq, wise6, wqx, sensorthings).
# Times without an offset need their zone: zone = "Europe/Paris".
# A wide table, a column a station or a parameter, is named with a mapping file: mapping = "readings/notices.toml".
"""
_MAP = """\
# A map as data: the layers it shows, and how. A layer that no map names is loaded, and drawn nowhere.
# Colours are #rrggbb; shapes keep colour from being alone; from_zoom is the zoom from which names are written.
# The map opens where its features are; view = [west, south, east, north] opens it elsewhere.
# It is offered in every language of the catalogue, unless languages = ["en"] names some of them.
# It has every control, unless without = ["locate"] leaves some out: {controls}.
# A second map is another file beside this one, at /maps/ and its id.

[map]
id = "public"
title_en = "{name}"
"""
_STYLE = """
[[layer]]
id = "{id}"
color = "{color}"
shape = "{shape}"
from_zoom = 8
"""
_CLASSES = """
# Features of a layer can be told apart, by {by}:
# add by = "basis" to the layer, and after it a table for each class; its colour and shape may be left out.
# [[layer.class]]
# value = "hypothesis"
# name_en = "Only a guess"
# color = "#6c757d"
# shape = "ring"
"""
_EMPTY = '{"type":"FeatureCollection","features":[\n]}\n'


def start(folder: Path, plan: Plan = UNKNOWN) -> list[Path]:
    """Writes the folder and returns the files written. Raises MendmapError where it is there and not empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise MendmapError(f"{shown(str(folder))} is there already and is not empty")
    name = re.sub(r"[^a-z0-9]+", "_", folder.resolve().name.lower())[:60].strip("_") or "place"
    written = []
    for path, text in _files(name, plan):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
        written.append(target)
    return written


def _files(name: str, plan: Plan) -> Iterator[tuple[str, str]]:
    tables = [(kind, f"{_PLURALS[kind]}.{'toml' if kind in _LONG else 'csv'}") for kind in TABLES]
    layers = [
        _LAYER.format(
            role=each.role,
            id=each.id,
            name=each.name,
            description=each.about,
            geometry=", ".join(f'"{one}"' for one in each.geometry),
            kinds="\n".join(f'{kind} = "{said}"' for kind, said in each.kinds.items()),
        )
        for each in plan.layers
    ]
    head = _HEAD.format(
        name=name,
        extent=[int(each) for each in WORLD],
        zone=plan.zone,
        near_m=plan.near_m,
        attribution=plan.attribution,
    )
    listed = "".join(_TABLE.format(kind=kind, file=file) for kind, file in tables)
    yield "catalogue.toml", head + "".join(layers) + listed + _READINGS
    for each in plan.layers:
        yield f"layers/{each.id}.geojson", _EMPTY
    for kind, file in tables:
        fields = expanded(fields_of(TABLES[kind]), _LANGUAGES)
        if kind in _LONG:
            yield file, _comment(_LONG[kind], kind, fields) + plan.texts.get(kind, "")
        else:
            yield file, _table([each.name for each in fields], plan.rows.get(kind, ()))
    yield "readings/readings.csv", ",".join(each.name for each in READING) + "\n"
    styles = "".join(
        _STYLE.format(id=each.id, color=each.style[0], shape=each.style[1]) for each in plan.layers if each.style
    )
    classes = _CLASSES.format(by=", ".join(CLASSED))
    view = f"view = [{', '.join(f'{each:g}' for each in plan.view)}]\n" if plan.view else ""
    yield "maps/public.toml", _MAP.format(name=name, controls=", ".join(CONTROLS)) + view + styles + classes
    yield "COLUMNS.md", "".join(_columns())


def _table(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _comment(what: str, kind: str, fields: tuple[Field, ...]) -> str:
    lines = "".join(f"# {each.name}: {each.meaning}\n" for each in fields)
    return f"# {what}, each as [[{kind}]] with these keys:\n{lines}"


def _columns() -> Iterator[str]:
    yield "# What every column means\n\nRequired columns are marked *. "
    yield "Dates are 2021, 2021-08, 2021-08-15, or two of these with `/` between.\n"
    yield _described("catalogue.toml, [catalogue]", expanded(CATALOGUE, _LANGUAGES))
    yield _described(
        "catalogue.toml, [[network]]: where current data stand, when those here are old", expanded(NETWORK, _LANGUAGES)
    )
    yield _described("catalogue.toml, [[layer]]", expanded(LAYER, _LANGUAGES))
    yield (
        "\nA layer also has `geometry` (a list of the types it may hold), `[layer.kinds]` (id and plain name of each "
        "kind of feature) and, where they are needed, `extent` and `[layer.fields]` (columns of its own, each with "
        "its meaning).\n"
    )
    yield _described("catalogue.toml, [[readings]]", READINGS)
    yield _described("readings/*.toml: mapping files", KEYS)
    yield _described('readings/*.toml, [columns."text of the header"]', COLUMN_KEYS)
    yield _described("maps/*.toml, [map]", expanded(MAP, _LANGUAGES))
    yield _described("maps/*.toml, [[layer]]", expanded(STYLE, _LANGUAGES))
    yield "\nA layer of a map also has `shown` (false: the reader sees it only after choosing it).\n"
    yield _described("maps/*.toml, [[layer.class]]", expanded(CLASS, _LANGUAGES))
    for by, values in CLASSED.items():
        listed = ", ".join(f"`{each}`" for each in values) or "a kind of the layer"
        yield f'\n`by = "{by}"`: `value` is {listed}.\n'
    yield _described("layers/*.geojson", expanded((*FEATURE, *STATION, *WATERCOURSE), _LANGUAGES))
    yield "\n`accuracy_m` is required wherever there is a geometry; without one, `basis` is `unknown`.\n"
    for kind, table in TABLES.items():
        yield _described(_PLURALS[kind], expanded(fields_of(table), _LANGUAGES))
    yield _described("readings/*.csv", READING)
    yield "\n## Words\n"
    for title, words in _WORDS.items():
        yield f"\n### {title}\n\n" + "".join(f"- `{word}`: {meaning}\n" for word, meaning in words.items())


def _described(title: str, fields: tuple[Field, ...]) -> str:
    rows = "".join(
        f"| `{each.name}`{' *' if each.required else ''} | {each.meaning} | "
        f"{', '.join(f'`{choice}`' for choice in each.choices if choice) or each.kind} |\n"
        for each in fields
    )
    return f"\n## {title}\n\n| column | meaning | values |\n| --- | --- | --- |\n{rows}"
