"""Who may see what: the contents of a catalogue as a role sees them, in which restricted things do not exist.

A catalogue restricts itself, a layer, or a property of a layer to a role of ``vocabulary.ACCESS``. What hangs on a
restricted feature goes with it: its readings, states, figures and answers, works that were done nowhere else,
statements that rest on it, and the documents and parameters that nothing else names. Everything
that is told is made of such contents, before anything is joined, and the lake is read through a ``screen.Screen``.
Not here: whose key has which role (``keys``).
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from mendmap.catalogue.records import TABLES
from mendmap.lake.connection import Lake
from mendmap.lake.contents import Contents
from mendmap.lake.features import Features
from mendmap.words.fields import fields_of
from mendmap.words.vocabulary import ACCESS

Body = Mapping[str, Any]
Records = Mapping[str, tuple[Body, ...]]
# A series and a source that some of its readings name.
Measured = Iterable[tuple[str, str]]
PUBLIC, *_, EVERYTHING = ACCESS


@dataclass(frozen=True, slots=True)
class Rules:
    """What a role may not see: the ``whole`` catalogue, ``layers``, and pairs of a layer and a property of it."""

    whole: bool = False
    layers: frozenset[str] = frozenset()
    properties: frozenset[tuple[str, str]] = frozenset()

    def __or__(self, other: "Rules") -> "Rules":
        whole, layers = self.whole or other.whole, self.layers | other.layers
        return Rules(whole, layers, self.properties | other.properties)

    def hides(self, layer: str, name: str) -> bool:
        """Whether a property of a layer's features is hidden."""
        return (layer, name) in self.properties


@dataclass(frozen=True, slots=True)
class View:
    """What a role may see: what is ``hidden`` from it now, and what ``ever`` was. Whatever is kept longer than a
    snapshot is kept by this and not by the role alone: else what is hidden today would be shown as it was kept."""

    role: str
    hidden: Rules
    ever: Rules

    @property
    def name(self) -> str:
        """The same for the same view, and no other, in every process; it tells nothing of what is hidden."""
        told = [(each.whole, sorted(each.layers), sorted(each.properties)) for each in (self.hidden, self.ever)]
        return hashlib.sha256(repr((self.role, told)).encode()).hexdigest()


def rules(bodies: Iterable[Body], role: str) -> Rules:
    """What catalogues and layers, as the lake keeps them, hide from a role."""
    seen = list(ACCESS).index(role)

    def hidden(access: str | None) -> bool:
        # A word that is not known hides, rather than shows.
        return access not in list(ACCESS)[: seen + 1]

    found = Rules()
    for body in bodies:
        withheld = hidden(body.get("access", PUBLIC))
        if "layers" in body:
            found |= Rules(whole=withheld)
            continue
        kept = {(body["id"], name) for name, access in body.get("restricted", {}).items() if hidden(access)}
        found |= Rules(layers=frozenset([body["id"]] if withheld else []), properties=frozenset(kept))
    return found


def history(lake: Lake, catalogue: str) -> list[tuple[Body, bool]]:
    """Every version of a catalogue's own record and of its layers, and whether it is the last of its kind: what a layer
    that is gone said last still holds of it."""
    sql = """
        SELECT body, row_number() OVER (PARTITION BY kind, id ORDER BY recorded DESC) = 1 FROM records
        WHERE catalogue = ? AND kind IN ('catalogue', 'layer') ORDER BY recorded, kind, id"""
    with lake.steady():
        return [(orjson.loads(body), last) for body, last in lake.query(sql, [catalogue]).fetchall()]


def measured(lake: Lake, number: int, catalogue: str) -> list[tuple[str, str]]:
    """Every series up to a number, with each source that its readings name."""
    sql = "SELECT DISTINCT series, coalesce(source, '') FROM readings WHERE catalogue = ? AND recorded <= ?"
    with lake.steady():
        return lake.query(sql, [catalogue, number]).fetchall()


def seen(whole: Contents, hidden: Rules, known: Measured) -> Contents:
    """The contents without what is hidden and what hangs on it. ``known`` are all series with their sources."""
    shown = whole.features.where(lambda layer: layer not in hidden.layers)
    visible = set(shown.ids)
    away = frozenset(whole.features.where(hidden.layers.__contains__).ids) - visible
    features = Features(
        table.less(frozenset(name for layer, name in hidden.properties if layer == table.layer), away)
        for table in shown.tables.values()
    )
    gone = _Gone(away)
    records = {kind: tuple(gone.kept(kind, whole.records.get(kind, ()))) for kind in _ORDER}
    kinds = _kinds(whole.records.get("layer", ()), hidden)
    own = {name: tuple(_own(name, whole.records.get(name, ()), hidden, kinds)) for name in _OWN}
    rest = {kind: bodies for kind, bodies in whole.records.items() if kind not in {*_ORDER, *_OWN}}
    return replace(
        whole,
        features=features,
        records=_cited({**rest, **own, **records}, whole, features, visible, known),
        series=tuple(each for each in whole.series if each.station in visible),
        samples=tuple(each for each in whole.samples if each.series.partition(".")[0] in visible),
        answers=None if whole.answers is None else _answers(whole.answers, visible, gone.ids["work"]),
        revisions={
            (table, part): number
            for (table, part), number in whole.revisions.items()
            if not (table == "features" and part in hidden.layers) and not (table == "readings" and part not in visible)
        },
    )


# Records that may name what is hidden, each after those that it names; and what a catalogue says of itself.
_ORDER = ("state", "connection", "work", "quantity", "figure", "statement")
_OWN = ("catalogue", "layer", "map")


class _Gone:
    """What is hidden so far, by what a column may refer to."""

    def __init__(self, features: AbstractSet[str]) -> None:
        self.ids: dict[str, set[str]] = {name: set(features) for name in ("feature", "site", "watercourse")}
        self.ids |= {kind: set() for kind in _ORDER}

    def kept(self, kind: str, bodies: Sequence[Body]) -> Iterable[Body]:
        """The records of a kind that name nothing hidden. Of a work, which names all places it was done at, the hidden
        ones are left out; a statement that names any cannot be told without it."""
        columns = [each for each in fields_of(TABLES[kind]) if each.refers in self.ids]
        for body in bodies:
            named = {each.name: body.get(each.name) for each in columns if body.get(each.name)}
            left = {name: self._left(each, value) for each in columns if (value := named.get(name := each.name))}
            if left == named or (kind == "work" and left.get("sites")):
                yield {**body, **left}
            else:
                self.ids[kind].add(body["id"])

    def _left(self, column: Any, value: Any) -> Any:
        hidden = self.ids[column.refers]
        if isinstance(value, list):
            return [each for each in value if each not in hidden]
        return None if value in hidden else value


def _kinds(layers: Iterable[Body], hidden: Rules) -> set[str]:
    """The kinds of feature that only hidden layers have."""
    found: dict[bool, set[str]] = {True: set(), False: set()}
    for body in layers:
        found[body["id"] in hidden.layers] |= body["kinds"].keys()
    return found[True] - found[False]


def _own(kind: str, bodies: Iterable[Body], hidden: Rules, kinds: AbstractSet[str]) -> Iterable[Body]:
    """What a catalogue says of itself, its layers and its maps, without hidden layers, the ``kinds`` that only they
    have, and who may see what."""
    for body in bodies:
        told = {name: value for name, value in body.items() if name not in ("access", "restricted")}
        if kind == "layer":
            if body["id"] in hidden.layers:
                continue
            told["fields"] = {name: each for name, each in body["fields"].items() if not hidden.hides(body["id"], name)}
        elif kind == "catalogue":
            told["layers"] = [each for each in body["layers"] if each not in hidden.layers]
        else:
            told["layers"] = [_style(each, kinds) for each in body["layers"] if each["id"] not in hidden.layers]
            if body["layers"] and not told["layers"]:
                continue
        yield told


def _style(style: Body, kinds: AbstractSet[str]) -> Body:
    """How a map draws a layer, without what it says of kinds."""
    told = {**style, "quiet": [each for each in style.get("quiet", ()) if each not in kinds]}
    if style.get("by") == "kind":
        told["classes"] = [each for each in style["classes"] if each["value"] not in kinds]
    return told


def _cited(
    records: Records, whole: Contents, features: Features, visible: AbstractSet[str], known: Measured
) -> Records:
    """The records without the documents and parameters that only hidden things name."""
    pairs = list(known)
    shown = [(series, source) for series, source in pairs if series.partition(".")[0] in visible]
    found = {"source": _sources(records, features, shown), "parameter": _parameters(records, shown)}
    every = {"source": _sources(whole.records, whole.features, pairs), "parameter": _parameters(whole.records, pairs)}
    gone = {kind: every[kind] - found[kind] for kind in every}
    return {
        kind: tuple(body for body in bodies if body["id"] not in gone[kind]) if kind in gone else bodies
        for kind, bodies in records.items()
    }


def _sources(records: Records, features: Features, pairs: Measured) -> set[str]:
    named = {source for _, source in pairs}.union(*(each.sources for each in features.tables.values()))
    bodies = (body for kind in TABLES if kind != "feed" for body in records.get(kind, ()))
    return named | {body["source"] for body in bodies if "source" in body}


def _parameters(records: Records, pairs: Measured) -> set[str]:
    named = {series.split(".")[1] for series, _ in pairs}
    columns = ("parameter", "depends_on")
    bodies = (body for kind in ("limit", "figure", "statement") for body in records.get(kind, ()))
    return named | {body[each] for body in bodies for each in columns if body.get(each)}


def _answers(table: pa.Table, visible: AbstractSet[str], works: AbstractSet[str]) -> pa.Table:
    station = pc.list_element(pc.split_pattern(table.column("series"), "."), 0)
    shown = pc.is_in(station, value_set=pa.array(sorted(visible), pa.string()))
    about = pc.is_in(table.column("against"), value_set=pa.array(sorted(works), pa.string()))
    return table.filter(pc.and_(shown, pc.invert(about)))
