"""A synthetic place for tests: Testford, with a lake, a dump, a river and two stations. Nothing in it is real."""

import copy
import csv
import json
from pathlib import Path
from typing import Any

HEAD = """
[catalogue]
id = "testford"
name_en = "Testford (synthetic)"
summary_en = "A made-up place for tests."
contact = "mailto:tests@testford.example"
licence = "CC0-1.0"
attribution = "Synthetic data"
near_m = 1000
languages = ["en", "sr-Latn"]
extent = [20, 44, 21, 45]
"""
LAYER = """
[[layer]]
id = "{id}"
name_en = "{name}"
description = "Synthetic."
role = "{role}"
crs = "{crs}"
file = "{file}"
licence = "CC0-1.0"
source = "synthetic"
geometry = {geometry}
{more}
[layer.kinds]
{kind} = "Synthetic {kind}"
"""
TABLE = """
[[table]]
kind = "{kind}"
file = "{file}"
licence = "CC0-1.0"
source = "synthetic"
"""
READINGS = """
[[readings]]
file = "readings.csv"
licence = "Terms not stated"
source = "synthetic"
"""
STATEMENTS = """
[[statement]]
id = "tenfold"
claim = "Metal fell to a tenth."
claimant = "Works Ltd"
sites = ["mirror"]
source = "survey"
check = "ratio"
figures = ["f2024", "f2018"]
claimed = 0.1
unit = "1"
tolerance = 0.05
wanted = "Readings by someone else."
"""
MAP = """
[map]
id = "public"
title_en = "Testford"
[[layer]]
id = "lakes"
color = "#336699"
shape = "drop"
[[layer]]
id = "dumps"
color = "#663300"
[[layer]]
id = "stations"
color = "#000066"
[[layer]]
id = "rivers"
color = "#3366ff"
"""
LAKE = [[20.5, 44.5], [20.51, 44.5], [20.51, 44.51], [20.5, 44.51], [20.5, 44.5]]
RIVER = [[20.4, 44.6], [20.5, 44.55], [20.6, 44.5]]


def feature(ident: str, kind: str, geometry: Any, **more: Any) -> dict[str, Any]:
    """A GeoJSON feature with the columns that are required; ``more`` replaces or adds, None takes away."""
    usual = {"name_en": ident.capitalize(), "basis": "published", "accuracy_m": 10, "source": "survey"}
    properties = {"id": ident, "kind": kind, **usual, **more}
    given = {name: value for name, value in properties.items() if value is not None}
    return {"type": "Feature", "properties": given, "geometry": geometry}


def point(x: float, y: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [x, y]}


def polygon(ring: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [ring]}


def line(vertices: list[list[float]]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": vertices}


def _layer(role: str, kind: str, geometry: str, features: list[dict[str, Any]], more: str = "") -> dict[str, Any]:
    return {"role": role, "kind": kind, "geometry": geometry, "more": more, "features": features}


LAYERS: dict[str, dict[str, Any]] = {
    "lakes": _layer(
        "site",
        "lake",
        '["Point", "Polygon"]',
        [
            feature("mirror", "lake", polygon(LAKE), name_sr_latn="Ogledalo", watercourses="brook"),
            feature("puddle", "lake", point(20.7, 44.7), basis="schematic", accuracy_m=500, size="small"),
        ],
    ),
    "dumps": _layer(
        "site",
        "dump",
        '["Point", "Polygon"]',
        [feature("heap", "dump", point(20.8, 44.8), accuracy_m=100)],
        'media = ["air"]',
    ),
    "stations": _layer(
        "station",
        "gauge",
        '["Point"]',
        [
            feature("inlet", "gauge", point(20.505, 44.505), medium="surface_water"),
            feature("chimney", "gauge", point(20.805, 44.8), medium="air"),
            feature("ghost", "gauge", None, basis="unknown", accuracy_m=None, medium="air", monitors="heap"),
        ],
    ),
    "rivers": _layer("watercourse", "river", '["LineString"]', [feature("brook", "river", line(RIVER))]),
}


def _rows(columns: str, *rows: str) -> list[dict[str, str]]:
    """Rows written as cells between bars, under columns written the same."""
    names = [each.strip() for each in columns.split("|")]
    return [dict(zip(names, (cell.strip() for cell in row.split("|")), strict=True)) for row in rows]


TABLES: dict[str, list[dict[str, str]]] = {
    "source": _rows("id|title|url", "survey|Synthetic survey|https://testford.example/survey"),
    "parameter": _rows(
        "id|name_en|symbol|medium|unit", "so2|Sulphur dioxide|SO₂|air|ug/m3", "cu|Copper|Cu|surface_water|ug/L"
    ),
    "state": _rows(
        "id|site|since|state|trust|source",
        "mirror_red|mirror|1990|red|reported|survey",
        "mirror_clear|mirror|2021|clear|claimed|survey",
    ),
    "work": _rows(
        "id|sites|type|name_en|begun|finished|status|trust|source",
        "liming|mirror|treatment|Liming|2020-03|2021|finished|claimed|survey",
        "somewhere||planting|Planting|||unknown|claimed|survey",
    ),
    "quantity": _rows(
        "id|work|role|what|value|unit|date|trust|source",
        "q1|liming|planned|lime|10|t||claimed|survey",
        "q2|liming|achieved|lime|8|t|2021|claimed|survey",
    ),
    "figure": _rows(
        "id|place|feature|medium|what|value|unit|period|basis|claimant|source",
        "f2018|Mirror|mirror|emission|metal out|10|t|2018|verbatim|Works Ltd|survey",
        "f2024|Mirror|mirror|emission|metal out|1|t|2024|verbatim|Works Ltd|survey",
    ),
    "limit": _rows(
        "id|jurisdiction|instrument|parameter|type|averaging|value|unit|allowed_exceedances|basis|source",
        "l1|EU|Directive 2008/50/EC|so2|limit|1h|350|ug/m3|24|read|survey",
    ),
}
ROWS = _rows(
    "station|parameter|averaging|start|end|qualifier|value|unit|detection_limit|quality|flags|source",
    "inlet|cu|sample|2020-05-01T10:00+02:00|2020-05-01T10:00+02:00|<|0.5|mg/L|0.5|valid||survey",
    "inlet|cu|sample|2021-05-01T10:00+02:00|2021-05-01T10:00+02:00||120|ug/L||valid||survey",
    "chimney|so2|1h|2021-01-01T00:00Z|2021-01-01T01:00Z||10|ug/m3||preliminary|hour_label_ambiguous|survey",
    "chimney|so2|1h|2021-01-01T01:00Z|2021-01-01T02:00Z|||ug/m3||missing||survey",
    "ghost|so2|1h|2020-01-01T00:00Z|2020-01-01T01:00Z||400|ug/m3||preliminary||survey",
)


class Testford:
    """The folder as values that a test may change before it is written."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.head = HEAD
        self.layers = copy.deepcopy(LAYERS)
        self.tables = copy.deepcopy(TABLES)
        self.statements = STATEMENTS
        self.rows = copy.deepcopy(ROWS)
        self.maps = {"public": MAP}
        self.tail = ""

    def feature(self, layer: str, nth: int = 0) -> dict[str, Any]:
        """One feature of a layer, to be changed in place."""
        found: dict[str, Any] = self.layers[layer]["features"][nth]
        return found

    def write(self) -> Path:
        """Writes the folder and returns it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        parts = [self.head]
        for name, layer in self.layers.items():
            file = layer.get("file", f"{name}.geojson")
            known = {each: layer[each] for each in ("kind", "role", "geometry", "more")}
            crs = layer.get("crs", "OGC:CRS84")
            parts.append(LAYER.format(id=name, name=name.capitalize(), file=file, crs=crs, **known))
            if file.endswith(".geojson"):
                body = {"type": "FeatureCollection", "features": layer["features"]}
                (self.folder / file).write_text(json.dumps(body, ensure_ascii=False), "utf-8")
        for kind, rows in self.tables.items():
            parts.append(TABLE.format(kind=kind, file=f"{kind}.csv"))
            write_csv(self.folder / f"{kind}.csv", rows)
        parts.append(TABLE.format(kind="statement", file="statements.toml"))
        (self.folder / "statements.toml").write_text(self.statements, "utf-8")
        write_csv(self.folder / "readings.csv", self.rows)
        (self.folder / "maps").mkdir(exist_ok=True)
        for name, text in self.maps.items():
            (self.folder / "maps" / f"{name}.toml").write_text(text, "utf-8")
        (self.folder / "catalogue.toml").write_text("".join([*parts, READINGS, self.tail]), "utf-8")
        return self.folder


def write_csv(path: Path, rows: list[dict[str, str]]) -> None:
    """Rows as CSV; the header has every column that any row has."""
    columns = list(dict.fromkeys(name for row in rows for name in row)) or ["id"]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        writer.writerows(rows)
