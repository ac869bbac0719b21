"""A small Overpass API for tests, over a made-up landscape: it parses the questions that are asked, strictly, and
answers what they mean, so that a wrong question gets a wrong answer. Nothing in it is real.

Of Overpass QL it knows the settings out, timeout and maxsize; unions of node, way, relation and nwr with filters of
tags and a box; ``rel(bw.set)``; named sets; and ``out`` with body, geom, qt and a limit. Anything else is the 400 with
a page of HTML that the real one answers.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import shapely
from feed_server import Asked, FeedServer, Reply

PATH = "/api/interpreter"
JSON = {"Content-Type": "application/json"}
Point = tuple[float, float]
Tags = Mapping[str, str]
_STRING = r'"((?:[^"\\]|\\.)*)"'
_FILTER = re.compile(rf"\[(!?){_STRING}(?:(=|!=|~|!~){_STRING}(,i)?)?\]")
_STATEMENT = re.compile(r"(node|way|relation|nwr)(\[.*\])\((-?[\d.]+),(-?[\d.]+),(-?[\d.]+),(-?[\d.]+)\);")
_OUT = re.compile(r"(?:\.(\w+) )?out((?: (?:body|geom|qt|\d+))+);")
_HEAD = re.compile(r"\[out:json\]\[timeout:([1-9]\d*)\]\[maxsize:([1-9]\d*)\];")


class QuestionError(Exception):
    """A question that is not understood."""


@dataclass
class Landscape:
    """Objects by type and id, as OpenStreetMap has them: ``nodes`` are (place, tags), ``ways`` (ids of nodes, tags),
    ``relations`` (members as (type, id, role), tags). Places that are the same are the same node."""

    nodes: dict[int, tuple[Point, Tags]] = field(default_factory=dict)
    ways: dict[int, tuple[list[int], Tags]] = field(default_factory=dict)
    relations: dict[int, tuple[list[tuple[str, int, str]], Tags]] = field(default_factory=dict)

    def node(self, place: Sequence[float], ident: int = 0, /, **tags: str) -> int:
        """A node at a place; the one that is there, where it is to have no tags."""
        found = next((key for key, each in self.nodes.items() if each[0] == tuple(place)), 0)
        if not found or tags:
            found = ident or len(self.nodes) + 1
            self.nodes[found] = (float(place[0]), float(place[1])), _spelt(tags)
        return found

    def way(self, places: Iterable[Sequence[float]], ident: int = 0, /, **tags: str) -> int:
        """A way along some places."""
        ident = ident or len(self.ways) + 1
        self.ways[ident] = [self.node(each) for each in places], _spelt(tags)
        return ident

    def relation(self, members: Iterable[tuple[str, int, str]], ident: int = 0, /, **tags: str) -> int:
        """A relation of some members: their types, ids and roles."""
        ident = ident or len(self.relations) + 1
        self.relations[ident] = list(members), _spelt(tags)
        return ident

    def places(self, way: int) -> list[Point]:
        return [self.nodes[each][0] for each in self.ways[way][0]]

    def tags(self, kind: str, ident: int) -> Tags:
        return {"node": self.nodes, "way": self.ways, "relation": self.relations}[kind][ident][1]

    def touches(self, kind: str, ident: int, box: shapely.Polygon) -> bool:
        """Whether an object has a place or a stretch in a box; a relation, whether any member of it has."""
        if kind == "node":
            return bool(box.intersects(shapely.Point(self.nodes[ident][0])))
        if kind == "way":
            return bool(box.intersects(shapely.LineString(self.places(ident))))
        return any(each != "relation" and self.touches(each, ref, box) for each, ref, _ in self.relations[ident][0])

    def element(self, kind: str, ident: int, *, geom: bool) -> dict[str, Any]:
        """An object as ``out body`` prints it, and with ``geom``."""
        found: dict[str, Any] = {"type": kind, "id": ident}
        if kind == "node":
            found |= _place(self.nodes[ident][0])
        elif kind == "way":
            found["nodes"] = self.ways[ident][0]
            found |= {"geometry": [_place(each) for each in self.places(ident)]} if geom else {}
        else:
            found["members"] = [self._member(*each, geom=geom) for each in self.relations[ident][0]]
        return found | ({"tags": dict(own)} if (own := self.tags(kind, ident)) else {})

    def _member(self, kind: str, ref: int, role: str, *, geom: bool) -> dict[str, Any]:
        found = {"type": kind, "ref": ref, "role": role}
        if geom and kind == "way" and ref in self.ways:
            found["geometry"] = [_place(each) for each in self.places(ref)]
        if geom and kind == "node" and ref in self.nodes:
            found |= _place(self.nodes[ref][0])
        return found


def _spelt(tags: Mapping[str, str]) -> Tags:
    """Tags of which a double underscore stands for the colon, which no argument may have."""
    return {key.replace("__", ":"): value for key, value in tags.items()}


def _place(point: Point) -> dict[str, float]:
    return {"lat": point[1], "lon": point[0]}


@dataclass
class Overpass:
    """A server of a landscape. ``change`` may spoil the document that it answers; ``questions`` are those it got."""

    landscape: Landscape
    change: Callable[[dict[str, Any]], object] = lambda document: None
    questions: list[str] = field(default_factory=list)

    def install(self, server: FeedServer) -> str:
        """Puts it on a server; its address."""
        server.answers[PATH] = self.reply
        return f"{server.url}{PATH}"

    def reply(self, asked: Asked) -> Reply:
        """What the real one would answer to a question in a form."""
        if asked.headers.get("Content-Type") != "application/x-www-form-urlencoded":
            return page("no form", 400)
        (question,) = parse_qs(asked.body.decode(), strict_parsing=True)["data"]
        self.questions.append(question)
        try:
            document = {"version": 0.6, "osm3s": {}, "elements": _Run(self.landscape, question).elements}
        except QuestionError as error:
            return page(f"parse error: {error}", 400)
        self.change(document)
        return Reply(json.dumps(document).encode(), headers=JSON)


def page(text: str, status: int = 200, **headers: str) -> Reply:
    """A page of HTML, as the real one answers what goes wrong."""
    return Reply(f"<html><body>Error: {text}</body></html>".encode(), status, {"Content-Type": "text/html"} | headers)


class _Run:
    """Runs a question, statement by statement."""

    def __init__(self, landscape: Landscape, question: str) -> None:
        self.landscape, self.elements = landscape, list[dict[str, Any]]()
        self.sets: dict[str, list[tuple[str, int]]] = {"_": []}
        lines = [each.strip() for each in question.strip().split("\n")]
        if not _HEAD.fullmatch(lines[0]):
            raise QuestionError(lines[0])
        union: list[tuple[str, int]] | None = None
        for line in lines[1:]:
            if line == "(" and union is None:
                union = []
            elif union is not None and (end := re.fullmatch(r"\)->\.(\w+);", line)):
                self.sets[end[1]] = list(dict.fromkeys(union))
                union = None
            elif union is not None:
                union += self._selected(line)
            elif found := _OUT.fullmatch(line):
                self._out(found[1] or "_", found[2].split())
            elif found := re.fullmatch(r"rel\(bw\.(\w+)\)(.*);", line):
                self.sets["_"] = self._above(found[1], found[2])
            else:
                raise QuestionError(line)

    def _selected(self, line: str) -> list[tuple[str, int]]:
        found = _STATEMENT.fullmatch(line)
        if not found:
            raise QuestionError(line)
        kind, tests, *corners = found.groups()
        south, west, north, east = map(float, corners)
        if south > north:
            raise QuestionError(line)
        area, wanted = shapely.box(west, south, east, north), filters(tests)
        kinds = ("node", "way", "relation") if kind == "nwr" else (kind,)
        return [each for each in self._all(kinds, wanted) if self.landscape.touches(*each, area)]

    def _all(self, kinds: Iterable[str], wanted: Callable[[Tags], bool]) -> list[tuple[str, int]]:
        tables = {"node": self.landscape.nodes, "way": self.landscape.ways, "relation": self.landscape.relations}
        every = [(kind, ident) for kind in kinds for ident in tables[kind]]
        return [each for each in every if wanted(self.landscape.tags(*each))]

    def _above(self, name: str, text: str) -> list[tuple[str, int]]:
        ways = {ident for kind, ident in self.sets[name] if kind == "way"}
        found = self._all(("relation",), filters(text))
        return [
            each
            for each in found
            if any(kind == "way" and ref in ways for kind, ref, _ in self.landscape.relations[each[1]][0])
        ]

    def _out(self, name: str, words: Sequence[str]) -> None:
        if "body" not in words:
            raise QuestionError("out without body")
        most = next((int(each) for each in words if each.isdecimal()), 10**9)
        self.elements += [self.landscape.element(*each, geom="geom" in words) for each in self.sets[name][:most]]


def filters(text: str) -> Callable[[Tags], bool]:
    """What filters of tags mean."""
    found, at = list[Callable[[Tags], bool]](), 0
    while at < len(text):
        match = _FILTER.match(text, at)
        if not match:
            raise QuestionError(text[at:])
        found.append(_filter(*match.groups()))
        at = match.end()
    return lambda tags: all(each(tags) for each in found)


def _filter(absent: str, key: str, sign: str | None, value: str | None, case: str | None) -> Callable[[Tags], bool]:
    key = _unescaped(key)
    if sign is None:
        return (lambda tags: key not in tags) if absent else (lambda tags: key in tags)
    wanted = _unescaped(value or "")
    if sign in ("=", "!="):
        return lambda tags: (tags.get(key) == wanted) == (sign == "=")
    pattern = re.compile(wanted, re.IGNORECASE if case else 0)
    return lambda tags: (key in tags and bool(pattern.search(tags[key]))) == (sign == "~")


def _unescaped(text: str) -> str:
    known = {"n": "\n", "t": "\t"}
    return re.sub(r"\\(.)", lambda found: known.get(found[1], found[1]), text)
