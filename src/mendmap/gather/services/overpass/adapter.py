"""OpenStreetMap, asked through an Overpass API, for what an expression of tags selects in a box.

Objects that touch the box come whole: a way with all its places, a relation with all its ways. Of a layer of
watercourses only ways are asked for, and which waterway relation each is of; they are joined to rivers, and cut to the
extent of the catalogue, as rivers are longer than any place. OpenStreetMap's data is under the ODbL.

Written from the pages "Overpass API/Overpass QL", "Overpass API", "Relation:multipolygon" and "Relation:waterway" of
the OpenStreetMap wiki, the Overpass API user's manual, and the rules that the operators of overpass-api.de gave in
issue 791 of drolbr/Overpass-API: who asks says who it is (else 406), asks one thing at a time, and stays away for 30
seconds after a 429 (``gather.asker``). Not here: the expression (``tags``), what an element is (``elements``), and
rivers (``rivers``).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson

from mendmap.catalogue.gathered import Recipe
from mendmap.errors import FeedError, shown
from mendmap.feeds.guarded import named
from mendmap.gather.model import Answer, Ask, Place, Service
from mendmap.gather.services.overpass import elements, tags
from mendmap.gather.services.overpass.outlines import LeftOutError, suited
from mendmap.gather.services.overpass.rivers import River, assembled
from mendmap.gather.services.overpass.tags import Selection
from mendmap.geo.bounds import Bounds
from mendmap.vectors.gathered import Found

URL = "https://overpass-api.de/api/interpreter"
_FORM = "application/x-www-form-urlencoded"
# Memory of the server that a question may take, in bytes: half of what is usual, which makes it wait less.
_MEMORY = 256 * 1024 * 1024
_TWICE = "it stands for a feature that is taken already"
_LABELS = ("label", "admin_centre")
_MAIN_STREAM = ("", "main_stream")
_SIDE_STREAM = ("side_stream", "anabranch")
Element = Mapping[str, Any]


def gather(recipe: Recipe, place: Place, ask: Ask) -> Answer:
    """What a recipe selects, as features of its layer. Raises FeedError where the expression or the answer cannot be
    read, where the server gave up before the end, and where there is more than may be."""
    layer = next(each for each in place.geodata.catalogue.layers if each.id == recipe.layer)
    rivers = layer.role == "watercourse"
    url, most = recipe.url or URL, place.settings.max_gather_features
    selection = _selection(recipe)
    # The server may let a question wait in line as long as it then takes over it.
    asked = question(selection, place.box, int(place.settings.pull_timeout_seconds / 2), most, rivers=rivers)
    body = ask(url, urlencode({"data": asked}).encode(), _FORM)
    found = _elements(body, named(url))
    of_one = [each for key, each in found.items() if not (rivers and key.startswith("relation/"))]
    if max(len(of_one), len(found) - len(of_one)) > most:
        raise FeedError(
            f"more than {most} features (setting MENDMAP_MAX_GATHER_FEATURES); select fewer, or in a smaller box"
        )
    features, left_out = _features(of_one, named(url))
    if rivers:
        extent = place.geodata.catalogue.extent
        features, more = assembled(features, _rivers(found, named(url)), extent, "OpenStreetMap")
        left_out += more
    else:
        once = _each_once(features, found, selection, areas=bool({"Polygon", "MultiPolygon"} & set(layer.geometry)))
        left_out.update({_TWICE: len(features) - len(once)})
        features = once
    return Answer(_suited(features, layer.geometry, left_out), left_out=+left_out)


def question(selection: Selection, box: Bounds, timeout_s: int, most: int, *, rivers: bool = False) -> str:
    """The question in Overpass QL. The box stands with each alternative, and not once for all, so that nothing that
    belongs to an object is cut off; the server gives up after ``timeout_s``, and at one more than ``most``."""
    corners = ",".join(f"{each:.7f}" for each in (box.south, box.west, box.north, box.east))
    kind = "way" if rivers else "nwr"
    lines = [f"  {kind}{''.join(tag.overpass for tag in each)}({corners});" for each in selection]
    head = f"[out:json][timeout:{max(1, timeout_s)}][maxsize:{_MEMORY}];"
    found = ["(", *lines, ")->.found;", f".found out body geom qt {most + 1};"]
    along = ['rel(bw.found)["type"="waterway"];', f"out body qt {most + 1};"] if rivers else []
    return "\n".join([head, *found, *along, ""])


def _selection(recipe: Recipe) -> Selection:
    try:
        return tags.parse(recipe.select or "")
    except ValueError as error:
        raise FeedError(f"select: {error}") from None


def _elements(body: Path, where: str) -> dict[str, Element]:
    """The elements of an answer by their ids. A remark means that the server stopped before the end, and what stands
    before it is short."""
    try:
        document = orjson.loads(body.read_bytes())
    except orjson.JSONDecodeError:
        begun = body.read_bytes()[:60].decode(errors="replace")
        raise FeedError(f"{where}: answered something else than JSON: {shown(begun)}") from None
    if not isinstance(document, dict) or not isinstance(document.get("elements"), list):
        raise FeedError(f"{where}: an answer without elements, which an Overpass API gives: {shown(document)}")
    if remark := document.get("remark"):
        raise FeedError(
            f"{where}: the server stopped before the end: {shown(remark, 200)}; select fewer, in a smaller box, or "
            "give it longer (setting MENDMAP_PULL_TIMEOUT_SECONDS)"
        )
    found: dict[str, Element] = {}
    for nth, each in enumerate(document["elements"]):
        if not isinstance(each, dict):
            raise FeedError(f"{where}, elements[{nth}]: no element: {shown(each)}")
        found.setdefault(elements.ident(each, f"{where}, elements[{nth}]"), each)
    return found


def _features(found: Sequence[Element], where: str) -> tuple[list[Found], Counter[str]]:
    features: list[Found] = []
    left_out: Counter[str] = Counter()
    for each in found:
        try:
            features.append(elements.feature(each, f"{where}, {each['type']}/{each['id']}"))
        except LeftOutError as error:
            left_out[str(error)] += 1
    return features, left_out


def _each_once(
    features: Sequence[Found], found: Mapping[str, Element], selection: Selection, *, areas: bool
) -> list[Found]:
    """The features but for those that are one with a relation among them, and tagged the same: the ways that are its
    outline; and its label, where ``areas`` are wanted, or else, where there is a label, the relation."""
    keys = {tag.key for each in selection for tag in each if tag.asks}
    twice = set[str]()
    for each in features:
        if not each.id.startswith("relation/"):
            continue
        relation = found[each.id]
        own = {(key, value) for key, value in relation.get("tags", {}).items() if key in keys}
        for member in relation["members"]:
            name = f"{member.get('type')}/{member.get('ref')}"
            if own.isdisjoint(found.get(name, {}).get("tags", {}).items()):
                continue
            if member["role"] in ("", "outer"):
                twice.add(name)
            elif member["role"] in _LABELS:
                twice.add(name if areas else each.id)
    return [each for each in features if each.id not in twice]


def _rivers(found: Mapping[str, Element], where: str) -> list[River]:
    rivers: list[River] = []
    for name, each in found.items():
        if not name.startswith("relation/"):
            continue
        members = each.get("members")
        if not isinstance(members, list) or not all(isinstance(member, dict) for member in members):
            raise FeedError(f"{where}, {name}: a relation without its members, which were asked for: {shown(each)}")
        ways = [(member.get("role"), f"way/{member.get('ref')}") for member in members if member.get("type") == "way"]
        main = frozenset(way for role, way in ways if role in _MAIN_STREAM)
        aside = frozenset(way for role, way in ways if role in _SIDE_STREAM)
        rivers.append(River(name, elements.names(elements.tags(each, f"{where}, {name}")), main, aside))
    return rivers


def _suited(features: Sequence[Found], types: Sequence[str], left_out: Counter[str]) -> list[Found]:
    kept: list[Found] = []
    for each in features:
        try:
            kept.append(suited(each, types))
        except LeftOutError as error:
            left_out[str(error)] += 1
    return kept


SERVICE = Service(
    name="overpass",
    documentation="https://wiki.openstreetmap.org/wiki/Overpass_API/Overpass_QL",
    gather=gather,
    url=URL,
    # The public address hands its questions on to machines below it.
    hosts=("*.overpass-api.de",),
    needs=("layer", "select"),
)
