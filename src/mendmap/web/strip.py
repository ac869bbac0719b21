"""What flows into what, told: features, the connections between them, and what stands at each: stations and works.

One description, of which the strip map, the list beside it and the JSON are made. It has the connections that the
catalogue lists, and the rivers that flow into each other as they are drawn. Every text is a phrase, and names are in
all their languages. Not here: HTML (``strip.html``), and the drawing itself (``charts.strip``).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from fastapi import Request
from markupsafe import Markup

from mendmap.atlas.model import Atlas, Feature
from mendmap.atlas.rivers import Along
from mendmap.atlas.verdicts import Verdict
from mendmap.catalogue.records import Connection, Work, names, to_plain
from mendmap.charts.lanes import downstream
from mendmap.charts.strip import Link, Mark, Node, Strip, draw
from mendmap.web import describe, spoken
from mendmap.web.keeper import Served, page_of
from mendmap.words.dates import Period
from mendmap.words.labels import label
from mendmap.words.languages import Language
from mendmap.words.phrases import Phrase, counted, joined, say

# Features in one strip; it says how many more there are.
MOST = 500
Row = dict[str, Any]

_SURE = {
    "stated": Phrase(""),
    "assumed": say("assumed, not stated"),
    "disputed": say("disputed: sources contradict each other"),
    "hypothesis": say("a hypothesis, not a fact"),
}
_TRUST = {
    "claimed": say("claimed, not checked"),
    "reported": say("reported"),
    "checked": say("checked"),
    "drawn": say("as the map draws it"),
}
_STATUS = {
    "planned": say("planned"),
    "ongoing": say("ongoing"),
    "finished": say("finished"),
    "unknown": say("progress not known"),
}


def graph(atlas: Atlas, most: int = MOST) -> Row:
    """The ``nodes``, upstream before downstream, and the ``links`` between them, as JSON holds them; ``left_out`` are
    the features, beyond ``most``, that are connected too."""
    reports = list(_reports(atlas))
    ids = list(dict.fromkeys(ident for each in reports for ident in (each["from"], each["to"]) if ident))
    kept = dict.fromkeys(ids[:most])
    links: dict[tuple[str, str | None], Row] = {}
    for each in reports:
        if each["from"] in kept and (each["to"] is None or each["to"] in kept):
            # Where nobody says where it goes, two reports may mean two places.
            key = (each["from"], each["to"] or f"?{each['id']}")
            links.setdefault(key, _link(atlas, each))["reports"].append(each)
    for found in links.values():
        found["certainty"] = _certainty([each["certainty"] for each in found["reports"]])
    order = downstream(kept, ((each["from"], each["to"]) for each in links.values() if each["to"]))
    place = {ident: nth for nth, ident in enumerate(order)}
    return {
        "nodes": [_node(atlas, atlas.features[ident], kept) for ident in order],
        "links": sorted(links.values(), key=lambda each: place[each["from"]]),
        "left_out": len(ids) - len(kept),
    }


def shown(request: Request, served: Served, atlas: Atlas) -> Row:
    """The ``graph`` of an atlas as a page takes it: with its ``drawing``, as SVG to stand in the page."""
    found, strip = told(request, served, atlas)
    drawing = draw(strip, alone=False)
    more = left_out(found["left_out"]) if found["left_out"] else ""
    return {**found, "more": more, "drawing": Markup(drawing)}  # noqa: S704 - charts.strip escapes every text


def told(request: Request, served: Served, atlas: Atlas) -> tuple[Row, Strip]:
    """The ``graph`` of an atlas, and its drawing in the reader's language, whose links keep to that and to the time."""
    language = served.language(spoken.chosen(request, atlas))
    past = {} if atlas is served.atlas else {"as-of": str(atlas.snapshot.number)}
    found = graph(atlas, min(MOST, served.settings.max_rows))
    return found, drawn(atlas, found, language, spoken.suffix(request, **past))


def drawn(atlas: Atlas, found: Row, language: Language, suffix: str = "") -> Strip:
    """What the drawing of a ``graph`` is to show, in a language; addresses end in ``suffix``."""
    languages = (language.id, *atlas.place.languages)
    sources = {each["id"]: nth for nth, each in enumerate(documents(found), start=1)}
    name = {each["id"]: names(each["name"], languages) for each in found["nodes"]}

    def mark(each: Row) -> Mark:
        title = _titled(each["kind"], names(each["name"], languages), there=each["at"] is not None)
        return Mark(each["sign"], language.say(title), language.say(each["says"]), f"{each['href']}{suffix}")

    def reports(link: Row) -> Iterator[tuple[str, str]]:
        said: dict[str, list[str]] = {}
        for each in link["reports"]:
            place = name[link["to"]] if link["to"] else say("where, is not stated")
            title = language.say(say("{how} → {place}", how=each["how_says"], place=place))
            cited = f"[{sources[each['source']['id']]}]"
            said.setdefault(title, []).append(f"{language.say(each['says'])} {cited}")
        return ((title, " · ".join(words)) for title, words in said.items())

    return Strip(
        title=language.say(say("What flows into what, downstream")),
        nodes=tuple(
            Node(
                id=each["id"],
                name=name[each["id"]],
                href=f"{each['href']}{suffix}",
                words=language.say(each["says"]),
                role=each["role"],
                placed=each["basis"] != "unknown",
                marks=tuple(mark(one) for one in each["items"]),
            )
            for each in found["nodes"]
        ),
        links=tuple(Link(each["from"], each["to"], each["certainty"], tuple(reports(each))) for each in found["links"]),
        # Titles of documents are cited as they are.
        foot=tuple(
            f"[{nth}] " + ", ".join(filter(None, (each["title"], each.get("publisher"))))
            for nth, each in enumerate(documents(found), start=1)
        ),
        language=atlas.place.languages[0],
        left_out=language.say(left_out(found["left_out"])) if found["left_out"] else "",
        empty=language.say(say("Nothing here says what flows into what.")),
    )


def documents(found: Row) -> list[Row]:
    """The documents that the links of a graph are taken from, each once, in the order in which they are numbered."""
    cited = {one["source"]["id"]: one["source"] for each in found["links"] for one in each["reports"]}
    return list(cited.values())


def left_out(count: int) -> Phrase:
    """That so many features more are connected than a strip shows."""
    return counted(
        "{number} more feature is connected; the download of connections has all.",
        "{number} more features are connected; the download of connections has all.",
        count,
    )


def _link(atlas: Atlas, report: Row) -> Row:
    to = report["to"]
    name = dict(atlas.features[to].name) if to else None
    return {"from": report["from"], "to": to, "to_name": name, "reports": []}


def _reports(atlas: Atlas) -> Iterator[Row]:
    """Every connection that the catalogue lists; and of rivers that flow into each other, those that it does not."""
    listed = set()
    for each in atlas.connections.values():
        listed.add((each.from_feature, each.to_feature))
        yield _report(atlas, each)
    for river in atlas.rivers.watercourses.values():
        for mouth in river.outflows:
            if (river.id, mouth.watercourse) not in listed:
                yield _as_drawn(atlas, river.id, mouth.watercourse)


def _report(atlas: Atlas, found: Connection) -> Row:
    plain, time = to_plain(found), _time(found.since, found.until)
    return {
        **{name: plain[name] for name in ("id", "how", "since", "until", "certainty", "trust", "note")},
        "from": found.from_feature,
        "to": found.to_feature,
        "how_says": label(found.how),
        "says": joined("; ", (_SURE[found.certainty], time, _TRUST[found.trust])),
        "source": describe.source(atlas, found.source),
    }


def _as_drawn(atlas: Atlas, upper: str, lower: str) -> Row:
    rivers = (atlas.features[upper].properties, atlas.features[lower].properties)
    certainty = "hypothesis" if "hypothesis" in {each["basis"] for each in rivers} else "stated"
    return {
        **{"id": None, "how": "flows_into", "since": None, "until": None, "trust": None, "note": None},
        "certainty": certainty,
        "from": upper,
        "to": lower,
        "how_says": label("flows_into"),
        "says": joined("; ", (_SURE[certainty], _TRUST["drawn"])),
        "source": describe.source(atlas, rivers[0]["source"]),
    }


def _certainty(found: Sequence[str]) -> str:
    """How sure a link is of which several reports tell: where any disputes it, disputed; else as sure as the surest."""
    return "disputed" if "disputed" in found else next(each for each in _SURE if each in found)


def _time(begun: Period | None, finished: Period | None) -> Phrase:
    if begun and finished:
        return say("{begun} to {finished}", begun=begun, finished=finished)
    if begun:
        return say("since {begun}", begun=begun)
    return say("until {finished}", finished=finished) if finished else Phrase("")


def _node(atlas: Atlas, feature: Feature, nodes: Mapping[str, Any]) -> Row:
    layer, given = atlas.layers[feature.layer], feature.properties
    return {
        "id": feature.id,
        "name": dict(feature.name),
        "layer": layer.id,
        "role": layer.role,
        "href": f"{page_of(layer)}{feature.id}",
        "basis": given["basis"],
        "accuracy_m": given.get("accuracy_m"),
        "says": _known(layer.kinds[given["kind"]], given["basis"], given.get("accuracy_m")),
        "items": list(_items(atlas, feature, nodes)),
    }


def _known(kind: str, basis: str, accuracy_m: float | None) -> Phrase:
    """What a feature is, and how well its place is known where that is not well."""
    if basis == "unknown":
        return say("{kind}; no position is known", kind=kind)
    if basis == "hypothesis":
        return say("{kind}; its place is a hypothesis, not a fact", kind=kind)
    if basis == "schematic":
        return say("{kind}; place known to {metres:,.10g} m", kind=kind, metres=accuracy_m)
    return say("{kind}", kind=kind)


def _items(atlas: Atlas, feature: Feature, nodes: Mapping[str, Any]) -> Iterator[Row]:
    """The works at a feature, its stations, and the sites along it that have no row of their own, in order."""
    yield from (_work(each, feature) for each in feature.works)
    named = {each.station for each in feature.joins if each.how in ("named", "inside")}
    yield from (_station(atlas, ident, None) for ident in sorted(named) if atlas.layers[feature.layer].role == "site")
    river = atlas.rivers.watercourses.get(feature.id)
    for place in river.along if river else ():
        if place.role == "station":
            yield _station(atlas, place.feature, place)
        elif place.role == "site" and place.feature not in nodes:
            site = atlas.features[place.feature]
            yield _item(atlas, site, "site", "site", joined("; ", (_kind(atlas, site), _where(place))))
            yield from (_work(each, site, _there(atlas, site)) for each in site.works)


def _item(atlas: Atlas, found: Feature, kind: str, sign: str, says: Phrase) -> Row:
    return {"kind": kind, **_there(atlas, found), "sign": sign, "says": says, "at": None}


def _there(atlas: Atlas, found: Feature) -> Row:
    return {"id": found.id, "name": dict(found.name), "href": f"{page_of(atlas.layers[found.layer])}{found.id}"}


def _kind(atlas: Atlas, found: Feature) -> Phrase:
    given = found.properties
    return _known(atlas.layers[found.layer].kinds[given["kind"]], given["basis"], given.get("accuracy_m"))


def _work(found: Work, feature: Feature, at: Row | None = None) -> Row:
    shared = f".{feature.id}" if len(found.sites) > 1 else ""
    time = _time(found.begun, found.finished) or say("no date stated")
    return {
        "kind": "work",
        "id": found.id,
        "name": dict(found.name),
        "href": f"/features/works/{found.id}{shared}",
        "sign": "work",
        "says": joined("; ", (_STATUS[found.status], time, _TRUST[found.trust])),
        "at": at,
    }


def _station(atlas: Atlas, ident: str, place: Along | None) -> Row:
    found = atlas.features[ident]
    own = [each for each in found.verdicts if each.station == ident]
    if own:
        sign, finding = _worst(own), _finding(own)
    elif found.series:
        sign, finding = "readings", say("readings, but none held against a limit")
    else:
        sign, finding = "no_data", say("no readings in hand")
    return _item(atlas, found, "station", sign, joined("; ", (_where(place) if place else Phrase(""), finding)))


def _where(place: Along) -> Phrase:
    if place.km is None:
        return say("place along it not known")
    if place.to_km is not None and place.to_km - place.km >= 0.01:
        return say("kilometre {begin:,.2f} to {end:,.2f}", begin=place.km, end=place.to_km)
    return say("kilometre {km:,.2f}", km=place.km)


def _counts(found: Iterable[Verdict]) -> dict[str, int]:
    counts = dict.fromkeys(("exceeds", "undecidable", "within", "no_data"), 0)
    for each in found:
        counts[each.answer.outcome] += 1
    return counts


def _worst(found: Iterable[Verdict]) -> str:
    return next(word for word, count in _counts(found).items() if count)


def _finding(found: Sequence[Verdict]) -> Phrase:
    """How many limits are kept and how many not, of the newest period of each."""
    exceeds, undecidable, within, no_data = _counts(found).values()
    newest = max((Period.parse(each.answer.period) for each in found), key=lambda each: each.last)
    said = (
        counted("{number} limit not kept", "{number} limits not kept", exceeds) if exceeds else "",
        counted("{number} undecidable", "{number} undecidable", undecidable) if undecidable else "",
        counted("{number} limit kept", "{number} limits kept", within) if within else "",
        counted("{number} without data", "{number} without data", no_data) if no_data else "",
    )
    return say("{findings} (newest: {period})", findings=joined(", ", said), period=newest)


def _titled(kind: str, name: str, *, there: bool) -> Phrase:
    """What stands at a place, named; ``there`` is the site that was named last."""
    if kind == "station":
        return say("Station: {name}", name=name)
    if kind == "site":
        return say("On it: {name}", name=name)
    return say("Work there: {name}", name=name) if there else say("Work: {name}", name=name)
