"""Builds atlases from what the lake held, one after another. Not here: how stations are joined (``joins``)."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import pyarrow as pa

from mendmap.assess.model import ANSWERS, Answers
from mendmap.atlas.feature import Attached, Feature, Features, FeaturesById, Join, placed
from mendmap.atlas.joins import join
from mendmap.atlas.model import Atlas, Layer, Place
from mendmap.atlas.rivers import Rivers, rivers
from mendmap.atlas.verdicts import Verdict, newest
from mendmap.catalogue.gathered import Recipe
from mendmap.catalogue.imagery import Difference, Index, Raster, Zonal
from mendmap.catalogue.model import FRESH, Network
from mendmap.catalogue.records import (
    Connection,
    Figure,
    Limit,
    Parameter,
    Quantity,
    RecordT,
    Rule,
    Source,
    State,
    Statement,
    Work,
    to_plain,
)
from mendmap.geo.bounds import Bounds
from mendmap.lake import features as recorded
from mendmap.lake.contents import Contents, SeriesRow
from mendmap.maps import model as maps
from mendmap.words.dates import length
from mendmap.words.fields import name_column

Body = Mapping[str, Any]
Made = TypeVar("Made")
# What a layer's record says of it.
_OF_BODY = ("id", "name", "description", "role", "kinds", "fields", "licence", "source")
_SITES_NAME = {"en": "All sites", "sr-Latn": "Sva mesta", "sr-Cyrl": "Сва места"}
_WORKS_NAME = {"en": "Works of remediation", "sr-Latn": "Radovi na sanaciji", "sr-Cyrl": "Радови на санацији"}


def build(contents: Contents) -> Atlas:
    """The atlas of one catalogue at one snapshot, with its answers. The same contents always give the same atlas."""
    return Builder().build(contents)


class Builder:
    """Builds one atlas after another. What is made of the same things as the time before is the very same object, and
    costs nothing: so a layer that did not change stays, with all that others made of it."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[Any, Any]] = {}
        self._made: dict[Hashable, tuple[Any, Any]] = {}

    def _once(self, name: Hashable, given: Sequence[Any], make: Callable[..., Made]) -> Made:
        """What is made of what is given, if that is what was given the last time."""
        last = self._kept.get(name)
        self._made[name] = last if last and last[0] == given else (given, make(*given))
        found: Made = self._made[name][1]
        return found

    def build(self, contents: Contents) -> Atlas:
        """The atlas of one catalogue at one snapshot. Not safe to use from several threads at once."""
        found = self._build(contents)
        self._kept, self._made = self._made, {}
        return found

    def _of(self, table: type[RecordT], contents: Contents) -> dict[str, RecordT]:
        bodies = contents.records.get(table.kind, ())
        return self._once(table.kind, (bodies,), lambda _: contents.of(table))

    def _build(self, contents: Contents) -> Atlas:
        # Contents that were read without their series have none.
        empty = self._once("no answers", (), ANSWERS.empty_table)
        answers = self._once("answers", (empty if contents.answers is None else contents.answers,), Answers)
        place = self._once("place", (contents.records["catalogue"][0],), _place)
        bodies = {body["id"]: body for body in contents.records.get("layer", ())}
        roles = {name: body["role"] for name, body in bodies.items()}
        rows = contents.features.only(contents.records["catalogue"][0]["layers"])
        laid = self._once("rivers", (_of_rivers(rows, roles), roles), lambda *_: rivers(rows, roles))
        joined = self._once(
            "joined",
            (
                self._joins(rows, bodies, place),
                laid,
                contents.series,
                self._of(Work, contents),
                self._of(State, contents),
                self._of(Figure, contents),
                self._verdicts(contents, place, answers),
            ),
            _joined,
        )
        own, layers = {}, {}
        for name in contents.records["catalogue"][0]["layers"]:
            table = rows.tables.get(name)
            own[name] = self._once(("features", name), (table, joined), _features)
            layers[name] = self._layer(contents, place, bodies[name], [name], [own[name]])
        sites = [name for name in own if roles[name] == "site"]
        union = _union_body(layers, sites)
        layers["sites"] = self._layer(contents, place, union, sites, [own[name] for name in sites])
        features = FeaturesById(own)
        layers["works"] = self._works(contents, place, features)
        return Atlas(
            snapshot=contents.snapshot,
            place=place,
            layers=layers,
            maps={body["id"]: maps.from_plain(body) for body in contents.records.get("map", ())},
            sources=self._of(Source, contents),
            parameters=self._of(Parameter, contents),
            limits=self._of(Limit, contents),
            works=self._of(Work, contents),
            quantities=self._of(Quantity, contents),
            figures=self._of(Figure, contents),
            states=self._of(State, contents),
            statements=self._of(Statement, contents),
            features=features,
            rivers=laid,
            rules=self._of(Rule, contents),
            connections=self._of(Connection, contents),
            rasters=self._of(Raster, contents),
            indices=self._of(Index, contents),
            zonal=self._of(Zonal, contents),
            differences=self._of(Difference, contents),
            recipes=self._of(Recipe, contents),
            samples=contents.samples,
            answers=answers,
        )

    def _joins(self, rows: recorded.Features, bodies: Mapping[str, Any], place: Place) -> Sequence[Join]:
        of_role = {role: [each for each in rows.tables if bodies[each]["role"] == role] for role in ("site", "station")}
        sites, stations = rows.only(of_role["site"]), rows.only(of_role["station"])
        media = {name: frozenset(body["media"]) for name, body in bodies.items()}
        given = (list(sites.tables.values()), list(stations.tables.values()), media, place.near_m)
        return self._once("joins", given, lambda *_: join(sites, stations, media, place.near_m))

    def _verdicts(self, contents: Contents, place: Place, answers: Answers) -> Mapping[str, Sequence[Verdict]]:
        limits = self._of(Limit, contents)
        law = {name: each for name, each in limits.items() if each.jurisdiction in place.jurisdictions}
        # Where the catalogue does not say whose limits are law, none goes before others.
        held = law if place.jurisdictions else limits
        return self._once("verdicts", (answers, held, self._of(Rule, contents), self._of(Parameter, contents)), newest)

    def _layer(
        self, contents: Contents, place: Place, body: Body, names: Sequence[str], parts: Sequence[Features]
    ) -> Layer:
        # The revision first: where it differs nothing else is compared.
        given = (_revision(contents, names, parts), body, place.languages, *parts)
        return self._once(("layer", body["id"]), given, _layer)

    def _works(self, contents: Contents, place: Place, features: FeaturesById) -> Layer:
        works, quantities = self._of(Work, contents).values(), self._of(Quantity, contents).values()
        at = {site: features[site] for work in works for site in work.sites}
        parts = [("features", each.layer) for each in at.values()] + [("records", "work"), ("records", "quantity")]
        revision = max((contents.revisions.get(part, 0) for part in parts), default=0)
        given = (revision, place, list(works), list(quantities), at)
        return self._once("works", given, _works_layer)


def _of_rivers(rows: recorded.Features, roles: Mapping[str, str]) -> list[object]:
    """The tables that what lies along watercourses depends on."""
    return [
        table for name, table in rows.tables.items() if roles[name] == "watercourse" or table.naming("watercourses")
    ]


def _place(body: Mapping[str, Any]) -> Place:
    known = {name: body[name] for name in Place.__dataclass_fields__ if name in body}
    listed = {name: tuple(body.get(name, ())) for name in ("languages", "jurisdictions", "projections")}
    networks = tuple(Network(each["name"], each["url"], tuple(each["media"])) for each in body.get("networks", ()))
    fresh = length(body["fresh_for"]) if "fresh_for" in body else FRESH
    return Place(**{**known, **listed, "extent": Bounds(*body["extent"]), "fresh_for": fresh, "networks": networks})


def _joined(
    joins: Sequence[Join],
    laid: Rivers,
    series: Sequence[SeriesRow],
    works: Mapping[str, Work],
    states: Mapping[str, State],
    figures: Mapping[str, Figure],
    verdicts: Mapping[str, Sequence[Verdict]],
) -> dict[str, Attached]:
    """What is joined to each feature that has anything, by its id."""
    of_site = _grouped(joins, lambda each: (each.site,))
    of_station = _grouped(joins, lambda each: (each.station,))
    measured = _grouped(series, lambda each: (each.station,))
    done = _grouped(works.values(), lambda each: each.sites)
    stood = _grouped(states.values(), lambda each: (each.site,))
    told = _grouped(figures.values(), lambda each: (each.feature,) if each.feature else ())
    held = _grouped((each for some in verdicts.values() for each in some), lambda each: (each.station,))
    found = {}
    for ident in {**of_site, **of_station, **laid.placed, **measured, **done, **stood, **told, **held}:
        places = [ident, *(each.station for each in of_site.get(ident, ()))]
        taken = [each for place in places for each in measured.get(place, ())]
        taken.sort(key=lambda each: (-(each.start or each.last).timestamp(), each.id))
        found[ident] = Attached(
            joins=tuple(of_site.get(ident, of_station.get(ident, ()))),
            along=laid.of(ident),
            series=tuple(taken),
            works=tuple(done.get(ident, ())),
            states=tuple(stood.get(ident, ())),
            figures=tuple(told.get(ident, ())),
            verdicts=tuple(each for place in places for each in held.get(place, ())),
        )
    return found


def _features(table: recorded.FeatureTable | None, joined: Mapping[str, Attached]) -> Features:
    if table is None:
        return Features(recorded.Features(()), {})
    return Features(recorded.Features([table]), placed(table, joined))


Item = TypeVar("Item")


def _grouped(items: Iterable[Item], keys: Callable[[Item], Sequence[str]]) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for item in items:
        for key in keys(item):
            found.setdefault(key, []).append(item)
    return found


def _revision(contents: Contents, names: Sequence[str], parts: Sequence[Features]) -> int:
    """The last number that changed the features of layers, or what is joined to them."""
    # Verdicts change with the law too.
    kinds = ("layer", "work", "state", "limit", "rule", "parameter")
    changed = [("features", name) for name in names] + [("records", kind) for kind in kinds]
    joined = {join.station for part in parts for each in part.attached.values() for join in each.joins}
    changed += [("readings", station) for station in joined]
    read = pa.array([part for table, part in contents.revisions if table == "readings"], pa.large_string())
    for table in (table for part in parts for table in part.rows.tables.values()):
        changed += [("readings", each) for each in read.filter(table.positions(read).is_valid()).to_pylist()]
    if any(each.joins or each.along for part in parts for each in part.attached.values()):
        # A join or a kilometre changes with either of its ends, and neither is of a layer that is only drawn.
        context = {body["id"] for body in contents.records.get("layer", ()) if body["role"] == "context"}
        changed += [part for part in contents.revisions if part[0] == "features" and part[1] not in context]
    return max((contents.revisions.get(part, 0) for part in changed), default=0)


def _union_body(layers: Mapping[str, Layer], names: Sequence[str]) -> dict[str, Any]:
    parts = [layers[name] for name in names]
    return {
        "id": "sites",
        "name": _SITES_NAME,
        "description": "Every site of the catalogue, of all its layers.",
        "role": "site",
        "kinds": {kind: words for part in parts for kind, words in part.kinds.items()},
        "fields": {name: meaning for part in parts for name, meaning in part.fields.items()},
        "licence": "; ".join(dict.fromkeys(part.licence for part in parts)),
        "source": "; ".join(dict.fromkeys(part.source for part in parts)),
    }


def _layer(revision: int, body: Body, languages: tuple[str, ...], *parts: Features) -> Layer:
    known = {name: body[name] for name in _OF_BODY if name in body}
    features = parts[0] if len(parts) == 1 else Features.joined(parts)
    return Layer(**known, media=tuple(body.get("media", ())), languages=languages, revision=revision, features=features)


def _works_layer(
    revision: int, place: Place, works: Sequence[Work], quantities: Sequence[Quantity], at: Mapping[str, Feature]
) -> Layer:
    """A feature for each work and place it was done at, as well known as that place; one without a position for
    a work whose place no source tells."""
    by_work = _grouped(quantities, lambda each: (each.work,))
    rows = [row for work in works for row in _work_rows(work, by_work.get(work.id, []), at, place)]
    return Layer(
        id="works",
        name=_WORKS_NAME,
        description="Works of remediation, drawn where they were done, each as often as there are such places.",
        role="work",
        kinds={"work": "Work of remediation"},
        fields={},
        licence=place.licence,
        source="The works of the catalogue, placed at their sites",
        revision=revision,
        features=Features.of(Feature("works", row["id"], shape, {"name": row["names"], **row}) for row, shape in rows),
        languages=place.languages,
    )


def _work_rows(
    work: Work, quantities: Sequence[Quantity], features: Mapping[str, Feature], place: Place
) -> Iterator[tuple[dict[str, Any], Any]]:
    for site in work.sites or (None,):
        at = features[site] if site else None
        row: dict[str, Any] = {
            **{name: value for name, value in to_plain(work).items() if name not in ("name", "sites")},
            "id": f"{work.id}.{site}" if len(work.sites) > 1 else work.id,
            "kind": "work",
            "names": dict(work.name),
            **{name_column("name", language): work.name.get(language) for language in place.languages},
            "basis": at.properties["basis"] if at else "unknown",
            "accuracy_m": at.properties["accuracy_m"] if at else None,
            "method": "the position of its site" if at else "no source tells the place",
            "site": site,
            "valid_from": str(work.begun or "") or None,
            "valid_to": None,
            "planned": [_amount(each) for each in quantities if each.role == "planned"],
            "achieved": [_amount(each) for each in quantities if each.role == "achieved"],
        }
        yield row, at.geometry if at else None


def _amount(quantity: Quantity) -> dict[str, Any]:
    kept = ("what", "qualifier", "value", "unit", "date", "trust", "source")
    return {name: value for name, value in to_plain(quantity).items() if name in kept}
