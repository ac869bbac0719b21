"""A map as data: which layers it shows, how each is drawn, and what it shows first.

``maps/{id}.toml`` has one ``[map]`` and a ``[[layer]]`` for each layer, drawn in that order.
Not here: the page and the script that draw it (``maps.page``).
"""

import re
import tomllib
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
_MAP = (
    Field("id", "id", "Id of the map, used in its address.", required=True),
    Field("title", "names", "Title of the map", required=True),
    Field("text", "names", "What to know before reading it"),
)
_LAYER = (
    Field("id", "id", "Layer of the catalogue.", required=True),
    Field("color", "text", "Colour, as #rrggbb.", required=True),
    Field("shape", "word", "Shape of the symbol of a point, so that colour is never alone.", choices=SHAPES),
    Field("width", "number", "Width of lines in pixels."),
    Field("from_zoom", "integer", "Zoom from which the names of its features are written."),
)


@dataclass(frozen=True, slots=True)
class Style:
    """How a map draws one layer. ``shown`` is whether the reader sees it before choosing."""

    id: str
    color: str
    shape: str = "circle"
    width: float = 3.0
    from_zoom: int | None = None
    shown: bool = True


@dataclass(frozen=True, slots=True)
class MapSpec:
    """A map: ``view`` is the box it shows first."""

    id: str
    title: Names
    text: Names
    view: Bounds
    layers: tuple[Style, ...]


def read(
    path: Path, layer_ids: Collection[str], languages: Sequence[str], extent: Bounds, max_bytes: int
) -> tuple[MapSpec | None, list[Fault]]:
    """The map of one file, and its faults. ``extent`` is its first view where it states none."""
    name = f"{path.parent.name}/{path.name}"
    try:
        text = files.text(path, max_bytes)
        document = tomllib.loads(text)
    except ValueError as error:
        return None, [Fault(name, 0, "", f"not TOML: {error}")]
    faults: list[Fault] = []
    starts = [match.start() for match in re.finditer(r"^[ \t]*\[\[[ \t]*layer[ \t]*\]\]", text, re.MULTILINE)]
    given = document.get("map", {})
    head, complaints = read_row(_MAP, {k: v for k, v in given.items() if k != "view"}, languages)
    faults += [Fault(name, 1, *each) for each in complaints]
    if head["id"] and head["id"] != path.stem:
        faults.append(Fault(name, 1, "id", f"{shown(head['id'])} differs from the name of the file"))
    view = extent
    try:
        view = Bounds.of(*given["view"]) if "view" in given else extent
    except (ValueError, TypeError) as error:
        faults.append(Fault(name, 1, "view", str(error)))
    styles: list[Style] = []
    for start, cells in zip(starts, document.get("layer", []), strict=False):
        line = text.count("\n", 0, start) + 1
        style, complaints = _style(cells, layer_ids, languages)
        faults += [Fault(name, line, *each) for each in complaints]
        styles.append(style)
    return MapSpec(head["id"] or path.stem, head["title"], head["text"], view, tuple(styles)), faults


def _style(
    cells: Mapping[str, Any], layer_ids: Collection[str], languages: Sequence[str]
) -> tuple[Style, list[tuple[str, str]]]:
    row, complaints = read_row(_LAYER, {k: v for k, v in cells.items() if k != "shown"}, languages)
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
    )
    return style, complaints


def plain(spec: MapSpec) -> Row:
    """A map as the lake keeps it. ``from_plain`` reads it back."""
    return {
        "id": spec.id,
        "title": dict(spec.title),
        "text": dict(spec.text),
        "view": list(spec.view),
        "layers": [{name: getattr(style, name) for name in Style.__dataclass_fields__} for style in spec.layers],
    }


def from_plain(body: Mapping[str, Any]) -> MapSpec:
    """A map that ``plain`` wrote."""
    layers = tuple(Style(**style) for style in body["layers"])
    return MapSpec(body["id"], body["title"], body["text"], Bounds(*body["view"]), layers)
