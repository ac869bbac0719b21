"""A map as data: which layers it shows, how each is drawn, what it shows first, and what it does without.

``maps/{id}.toml`` has one ``[map]`` and a ``[[layer]]`` for each layer, drawn in that order; a layer whose features are
drawn apart by what they are has a ``[[layer.class]]`` for each of their kinds.
Not here: the page and the script that draw it (``maps.page``).
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mendmap.catalogue import files
from mendmap.catalogue.records import Names, Work
from mendmap.errors import Fault, not_one_of, shown
from mendmap.geo.bounds import Bounds
from mendmap.words.fields import Complaint, Field, Row, fields_of, read_row
from mendmap.words.vocabulary import BASES, TRUSTS

SHAPES = ("circle", "square", "diamond", "triangle", "hexagon", "drop", "star", "cross", "ring", "dot")
# What stands on a map and can be left out of it.
CONTROLS = (
    *("time", "compare", "search", "layers", "relief", "imagery"),
    *("scale", "home", "locate", "fullscreen", "link", "print"),
)
# By what a layer's features can be drawn apart, and the words of each. A verdict is the gravest of the newest ones;
# how fresh a place is, tells the age of its newest reading: at most 31 days, a year, more, or no reading at all.
CLASSED: Mapping[str, tuple[str, ...]] = {
    "kind": (),
    "basis": tuple(BASES),
    "status": next(each.choices for each in fields_of(Work) if each.name == "status"),
    "trust": (*TRUSTS, "none"),
    "verdict": ("exceeds", "undecidable", "within", "none"),
    "freshness": ("month", "year", "older", "none"),
}
MAP = (
    Field("id", "id", "Id of the map, used in its address.", required=True),
    Field("title", "names", "Title of the map", required=True),
    Field("text", "names", "What to know before reading it"),
    Field("languages", "words", "Languages that it is offered in; all of the catalogue's where none is named."),
    Field("without", "words", "What the map does without.", choices=CONTROLS),
)
STYLE = (
    Field("id", "id", "Layer of the catalogue.", required=True),
    Field("color", "text", "Colour, as #rrggbb.", required=True),
    Field("shape", "word", "Shape of the symbol of a point, so that colour is never alone.", choices=SHAPES),
    Field("width", "amount", "Width of lines in pixels."),
    Field("quiet", "ids", "Kinds drawn as small dots without a name."),
    Field("from_zoom", "integer", "Zoom from which the names of its features are written."),
    Field("by", "word", "By what its features are drawn apart, in classes.", choices=tuple(CLASSED)),
)
CLASS = (
    Field("value", "word", "What the features of the class are.", required=True),
    Field("name", "names", "What the key calls it", required=True),
    Field("color", "text", "Colour, as #rrggbb; that of the layer where none is given."),
    Field("shape", "word", "Shape of the symbol, so that colour is never alone.", choices=SHAPES),
)


@dataclass(frozen=True, slots=True)
class Class:
    """Features of a layer that are drawn alike: those of one ``value``. A blank colour or shape is the layer's."""

    value: str
    name: Names
    color: str = ""
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Style:
    """How a map draws one layer. ``shown`` is whether the reader sees it before choosing; ``quiet`` are kinds of
    feature drawn as small dots without a name. Where it has ``classes``, they are ``by`` one of ``CLASSED``; features
    of no class are drawn as the layer is."""

    id: str
    color: str
    shape: str = "circle"
    width: float = 3.0
    from_zoom: int | None = None
    shown: bool = True
    quiet: tuple[str, ...] = ()
    by: str = ""
    classes: tuple[Class, ...] = ()


@dataclass(frozen=True, slots=True)
class MapSpec:
    """A map: ``view`` is the box it shows first; None is whatever holds its features. No ``languages`` are all of the
    catalogue's; ``without`` are those of ``CONTROLS`` that it leaves out."""

    id: str
    title: Names
    text: Names
    view: Bounds | None
    layers: tuple[Style, ...]
    languages: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


def read(
    path: Path, kinds: Mapping[str, Collection[str]], languages: Sequence[str], max_bytes: int
) -> tuple[MapSpec | None, list[Fault]]:
    """The map of one file, and its faults. ``kinds`` are those of each layer that there is."""
    name = f"{path.parent.name}/{path.name}"
    try:
        text = files.text(path, max_bytes)
        document = files.toml(text)
        rows = files.toml_tables(text, document, "layer")
    except ValueError as error:
        return None, [Fault(name, *files.place(error))]
    line = files.line_of(text, "map")
    head, view, complaints = _head(document, path.stem, languages)
    faults = [Fault(name, line, *each) for each in complaints]
    styles: list[Style] = []
    starts = files.lines_of(text, r"\[\[[ \t]*layer[ \t]*\.[ \t]*class[ \t]*\]\]")
    for line, cells in rows:
        style, complaints = _style(cells, kinds, languages)
        faults += [Fault(name, line, *each) for each in complaints]
        classes, wrong = _classes(cells, kinds, languages)
        own = [each for each in starts if each > line][: len(classes)]
        faults += [Fault(name, own[nth] if nth < len(own) else line, *each) for nth, *each in wrong]
        styles.append(replace(style, classes=classes))
    twins = {each.id for each in styles if sum(other.id == each.id for other in styles) > 1}
    faults += [Fault(name, line, "id", f"{shown(each)} is drawn twice") for each in sorted(twins - {""})]
    found = (head["id"] or path.stem, head["title"], head["text"], view, tuple(styles))
    return MapSpec(*found, head["languages"] or (), head["without"] or ()), faults


def _head(document: Row, stem: str, languages: Sequence[str]) -> tuple[Row, Bounds | None, list[Complaint]]:
    """What ``[map]`` says, the box that it shows first, and what is wrong with them."""
    given = document.get("map")
    cells = given if isinstance(given, dict) else {}
    head, complaints = read_row(MAP, _but(cells, "view"), languages)
    complaints += [
        (each, not_one_of("unknown table", each, ("map", "layer"))) for each in set(document) - {"map", "layer"}
    ]
    if head["id"] and head["id"] != stem:
        complaints.append(("id", f"{shown(head['id'])} differs from the name of the file"))
    for each in head["languages"] or ():
        if each not in languages:
            complaints.append(("languages", not_one_of("no such language", each, languages)))
    try:
        return head, Bounds.parse(cells["view"]) if "view" in cells else None, complaints
    except ValueError as error:
        return head, None, [*complaints, ("view", str(error))]


def _but(cells: Mapping[str, Any], *names: str) -> Row:
    return {key: value for key, value in cells.items() if key not in names}


def _style(
    cells: Mapping[str, Any], kinds: Mapping[str, Collection[str]], languages: Sequence[str]
) -> tuple[Style, list[Complaint]]:
    row, complaints = read_row(STYLE, _but(cells, "shown", "class"), languages)
    if row["id"] and row["id"] not in kinds:
        complaints.append(("id", not_one_of("no such layer", row["id"], kinds)))
    complaints += _colors(row, "color")
    if not isinstance(cells.get("shown", True), bool):
        complaints.append(("shown", f"not true or false: {shown(cells['shown'])}"))
    return (
        Style(
            row["id"] or "",
            row["color"] or "",
            row["shape"] or "circle",
            row["width"] or 3.0,
            row["from_zoom"],
            cells.get("shown", True) is True,
            row["quiet"] or (),
            row["by"] or "",
        ),
        complaints,
    )


def _classes(
    cells: Mapping[str, Any], kinds: Mapping[str, Collection[str]], languages: Sequence[str]
) -> tuple[tuple[Class, ...], list[tuple[int, str, str]]]:
    """The classes of a layer, and what is wrong with which of them, counted from 0."""
    given, by = cells.get("class", []), cells.get("by")
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        return (), [(0, "class", "write each as [[layer.class]], in a line of its own")]
    if bool(by) != bool(given):
        return (), [(0, "by", f"a layer with classes says by what they are ({', '.join(CLASSED)}), and no other does")]
    values = kinds.get(str(cells.get("id")), ()) if by == "kind" else CLASSED.get(str(by), ())
    classes: list[Class] = []
    complaints: list[tuple[int, str, str]] = []
    for nth, each in enumerate(given):
        row, wrong = read_row(CLASS, each, languages)
        wrong += _colors(row, "color")
        if row["value"] and row["value"] not in values:
            wrong.append(("value", not_one_of("not one of the choices", row["value"], values)))
        if row["value"] in (other.value for other in classes):
            wrong.append(("value", f"{shown(row['value'])} has a class already"))
        complaints += [(nth, *complaint) for complaint in wrong]
        classes.append(Class(row["value"] or "", row["name"], row["color"] or "", row["shape"] or ""))
    return tuple(classes), complaints


def _colors(row: Row, name: str) -> list[Complaint]:
    wrong = row[name] and not re.fullmatch(r"#[0-9a-fA-F]{6}", row[name])
    return [(name, f"not a colour like #1a2b3c: {shown(row[name])}")] if wrong else []


def plain(spec: MapSpec) -> Row:
    """A map as the lake keeps it. ``from_plain`` reads it back."""
    found = {name: getattr(spec, name) for name in ("id", "languages", "without")}
    return found | {
        "title": dict(spec.title),
        "text": dict(spec.text),
        "view": None if spec.view is None else list(spec.view),
        "layers": [asdict(style) for style in spec.layers],
    }


def from_plain(body: Mapping[str, Any]) -> MapSpec:
    """A map that ``plain`` wrote, or an earlier version of it, which knew of less."""
    view = None if body["view"] is None else Bounds(*body["view"])
    layers = tuple(_from_plain(style) for style in body["layers"])
    more = (tuple(body.get("languages", ())), tuple(body.get("without", ())))
    return MapSpec(body["id"], body["title"], body["text"], view, layers, *more)


def _from_plain(style: Mapping[str, Any]) -> Style:
    classes = tuple(Class(**each) for each in style.get("classes", ()))
    return Style(**{**style, "quiet": tuple(style["quiet"]), "classes": classes})
