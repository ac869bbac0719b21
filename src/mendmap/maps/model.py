"""A map as data: which layers it shows, how each is drawn, and what it shows first.

``maps/{id}.toml`` has one ``[map]`` and a ``[[layer]]`` for each layer, drawn in that order.
Not here: the page and the script that draw it (``maps.page``).
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mendmap.catalogue import files
from mendmap.catalogue.records import Names
from mendmap.errors import Fault, not_one_of, shown
from mendmap.geo.bounds import Bounds
from mendmap.words.fields import Field, Row, read_row

SHAPES = ("circle", "square", "diamond", "triangle", "hexagon", "drop", "star", "cross", "ring", "dot")
MAP = (
    Field("id", "id", "Id of the map, used in its address.", required=True),
    Field("title", "names", "Title of the map", required=True),
    Field("text", "names", "What to know before reading it"),
)
STYLE = (
    Field("id", "id", "Layer of the catalogue.", required=True),
    Field("color", "text", "Colour, as #rrggbb.", required=True),
    Field("shape", "word", "Shape of the symbol of a point, so that colour is never alone.", choices=SHAPES),
    Field("width", "amount", "Width of lines in pixels."),
    Field("quiet", "ids", "Kinds drawn as small dots without a name."),
    Field("from_zoom", "integer", "Zoom from which the names of its features are written."),
)


@dataclass(frozen=True, slots=True)
class Style:
    """How a map draws one layer. ``shown`` is whether the reader sees it before choosing; ``quiet`` are kinds of
    feature drawn as small dots without a name."""

    id: str
    color: str
    shape: str = "circle"
    width: float = 3.0
    from_zoom: int | None = None
    shown: bool = True
    quiet: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MapSpec:
    """A map: ``view`` is the box it shows first; None is whatever holds its features."""

    id: str
    title: Names
    text: Names
    view: Bounds | None
    layers: tuple[Style, ...]


def read(
    path: Path, layer_ids: Collection[str], languages: Sequence[str], max_bytes: int
) -> tuple[MapSpec | None, list[Fault]]:
    """The map of one file, and its faults."""
    name = f"{path.parent.name}/{path.name}"
    try:
        text = files.text(path, max_bytes)
        document = files.toml(text)
        rows = files.toml_tables(text, document, "layer")
    except ValueError as error:
        return None, [Fault(name, *files.place(error))]
    line = files.line_of(text, "map")
    given = document.get("map")
    head, complaints = read_row(MAP, _but(given, "view") if isinstance(given, dict) else {}, languages)
    complaints += [
        (each, not_one_of("unknown table", each, ("map", "layer"))) for each in set(document) - {"map", "layer"}
    ]
    if head["id"] and head["id"] != path.stem:
        complaints.append(("id", f"{shown(head['id'])} differs from the name of the file"))
    view = None
    try:
        view = Bounds.parse(given["view"]) if isinstance(given, dict) and "view" in given else None
    except ValueError as error:
        complaints.append(("view", str(error)))
    faults = [Fault(name, line, *each) for each in complaints]
    styles: list[Style] = []
    for line, cells in rows:
        style, complaints = _style(cells, layer_ids, languages)
        faults += [Fault(name, line, *each) for each in complaints]
        styles.append(style)
    return MapSpec(head["id"] or path.stem, head["title"], head["text"], view, tuple(styles)), faults


def _but(cells: Mapping[str, Any], name: str) -> Row:
    return {key: value for key, value in cells.items() if key != name}


def _style(
    cells: Mapping[str, Any], layer_ids: Collection[str], languages: Sequence[str]
) -> tuple[Style, list[tuple[str, str]]]:
    row, complaints = read_row(STYLE, _but(cells, "shown"), languages)
    if row["id"] and row["id"] not in layer_ids:
        complaints.append(("id", not_one_of("no such layer", row["id"], layer_ids)))
    if row["color"] and not re.fullmatch(r"#[0-9a-fA-F]{6}", row["color"]):
        complaints.append(("color", f"not a colour like #1a2b3c: {shown(row['color'])}"))
    if not isinstance(cells.get("shown", True), bool):
        complaints.append(("shown", f"not true or false: {shown(cells['shown'])}"))
    style = Style(
        row["id"] or "",
        row["color"] or "",
        row["shape"] or "circle",
        row["width"] or 3.0,
        row["from_zoom"],
        cells.get("shown", True) is True,
        row["quiet"],
    )
    return style, complaints


def plain(spec: MapSpec) -> Row:
    """A map as the lake keeps it. ``from_plain`` reads it back."""
    return {
        "id": spec.id,
        "title": dict(spec.title),
        "text": dict(spec.text),
        "view": None if spec.view is None else list(spec.view),
        "layers": [{name: getattr(style, name) for name in Style.__dataclass_fields__} for style in spec.layers],
    }


def from_plain(body: Mapping[str, Any]) -> MapSpec:
    """A map that ``plain`` wrote."""
    view = None if body["view"] is None else Bounds(*body["view"])
    layers = tuple(Style(**{**style, "quiet": tuple(style["quiet"])}) for style in body["layers"])
    return MapSpec(body["id"], body["title"], body["text"], view, layers)
