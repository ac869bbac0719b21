"""Builds an atlas from what the lake held. Not here: how stations are joined (``joins``)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import geopandas
import pandas as pd

from mendmap.assess.model import ANSWERS, Answers
from mendmap.atlas.fields import columns
from mendmap.atlas.joins import join
from mendmap.atlas.model import Atlas, Feature, Join, Layer, Place
from mendmap.atlas.rivers import Along, Rivers, rivers
from mendmap.atlas.verdicts import Verdict, newest
from mendmap.catalogue.model import FRESH, Network
from mendmap.catalogue.records import (
    Connection,
    Figure,
    Limit,
    Parameter,
    Quantity,
    Rule,
    Source,
    State,
    Statement,
    Work,
    to_plain,
)
from mendmap.geo.bounds import Bounds
from mendmap.lake.contents import Contents, FeatureRow, SeriesRow
from mendmap.maps import model as maps
from mendmap.words.dates import length
from mendmap.words.fields import name_column

CRS = "OGC:CRS84"
_SITES_NAME = {"en": "All sites", "sr-Latn": "Sva mesta", "sr-Cyrl": "Сва места"}
_WORKS_NAME = {"en": "Works of remediation", "sr-Latn": "Radovi na sanaciji", "sr-Cyrl": "Радови на санацији"}


def build(contents: Contents) -> Atlas:
    """The atlas of one catalogue at one snapshot, with its answers. The same contents always give the same atlas."""
    # Contents that were read without their series have none.
    answers = Answers(ANSWERS.empty_table() if contents.answers is None else contents.answers)
    place = _place(contents.records["catalogue"][0])
    bodies = {body["id"]: body for body in contents.records.get("layer", ())}
    works, quantities = contents.of(Work), contents.of(Quantity)
    states, figures = contents.of(State), contents.of(Figure)
    roles = {name: body["role"] for name, body in bodies.items()}
    order = {name: nth for nth, name in enumerate(contents.records["catalogue"][0]["layers"])}
    rows = sorted(contents.features, key=lambda row: order[row.layer])
    sites = [row for row in rows if roles[row.layer] == "site"]
    stations = [row for row in rows if roles[row.layer] == "station"]
    media = {name: frozenset(body["media"]) for name, body in bodies.items()}
    joins = join(sites, stations, media, place.near_m)
    laid = rivers(rows, roles)
    limits, rules, parameters = contents.of(Limit), contents.of(Rule), contents.of(Parameter)
    law = {name: each for name, each in limits.items() if each.jurisdiction in place.jurisdictions}
    # Where the catalogue does not say whose limits are law, none goes before others.
    verdicts = newest(answers, law if place.jurisdictions else limits, rules, parameters)
    attached = _Attached(joins, laid, contents.series, works.values(), states.values(), figures.values(), verdicts)
    features = {row.id: attached.feature(row, roles[row.layer]) for row in rows}
    layers: dict[str, Layer] = {}
    by_layer = _grouped(features.values(), lambda each: (each.layer,))
    for name in order:
        own = tuple(by_layer.get(name, ()))
        layers[name] = _layer(bodies[name], own, place, _revision(contents, [name], own))
    of_sites = tuple(feature for name in layers if roles[name] == "site" for feature in layers[name].features)
    names = [name for name in layers if roles[name] == "site"]
    union = _union_body(layers, names)
    layers["sites"] = _layer(union, of_sites, place, _revision(contents, names, of_sites))
    layers["works"] = _works_layer(works.values(), quantities.values(), features, contents, place)
    return Atlas(
        snapshot=contents.snapshot,
        place=place,
        layers=layers,
        maps={body["id"]: maps.from_plain(body) for body in contents.records.get("map", ())},
        sources=contents.of(Source),
        parameters=parameters,
        limits=limits,
        works=works,
        quantities=quantities,
        figures=figures,
        states=states,
        statements=contents.of(Statement),
        features=features,
        rivers=laid,
        rules=rules,
        connections=contents.of(Connection),
        answers=answers,
    )


def _place(body: Mapping[str, Any]) -> Place:
    known = {name: body[name] for name in Place.__dataclass_fields__ if name in body}
    listed = {name: tuple(body.get(name, ())) for name in ("languages", "jurisdictions", "projections")}
    networks = tuple(Network(each["name"], each["url"], tuple(each["media"])) for each in body.get("networks", ()))
    fresh = length(body["fresh_for"]) if "fresh_for" in body else FRESH
    return Place(**{**known, **listed, "extent": Bounds(*body["extent"]), "fresh_for": fresh, "networks": networks})


class _Attached:
    """What belongs to each feature, looked up once."""

    def __init__(
        self,
        joins: Sequence[Join],
        laid: Rivers,
        series: Sequence[SeriesRow],
        works: Iterable[Work],
        states: Iterable[State],
        figures: Iterable[Figure],
        verdicts: Mapping[str, Sequence[Verdict]],
    ) -> None:
        self.along = laid.of
        self.of_site = _grouped(joins, lambda each: (each.site,))
        self.of_station = _grouped(joins, lambda each: (each.station,))
        self.series = _grouped(series, lambda each: (each.station,))
        self.works = _grouped(works, lambda each: each.sites)
        self.states = _grouped(states, lambda each: (each.site,))
        self.figures = _grouped(figures, lambda each: (each.feature,) if each.feature else ())
        held = (each for some in verdicts.values() for each in some)
        self.verdicts = _grouped(held, lambda each: (each.station,))

    def feature(self, row: FeatureRow, role: str) -> Feature:
        joins = (self.of_site if role == "site" else self.of_station).get(row.id, ())
        places = [row.id, *(each.station for each in joins)] if role == "site" else [row.id]
        series = [each for place in places for each in self.series.get(place, ())]
        series.sort(key=lambda each: (-(each.start or each.last).timestamp(), each.id))
        return Feature(
            row.layer,
            row.id,
            row.geometry,
            row.properties,
            joins=tuple(joins),
            along=self.along(row.id),
            series=tuple(series),
            works=tuple(self.works.get(row.id, ())),
            states=tuple(self.states.get(row.id, ())),
            figures=tuple(self.figures.get(row.id, ())),
            verdicts=tuple(each for place in places for each in self.verdicts.get(place, ())),
        )


Item = TypeVar("Item")


def _grouped(items: Iterable[Item], keys: Callable[[Item], Sequence[str]]) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for item in items:
        for key in keys(item):
            found.setdefault(key, []).append(item)
    return found


def _revision(contents: Contents, layers: Sequence[str], features: Sequence[Feature]) -> int:
    """The last number that changed the layers' features, or what is joined to them."""
    parts = [("features", name) for name in layers] + [("records", "layer"), ("records", "work"), ("records", "state")]
    stations = {join.station for feature in features for join in feature.joins} | {each.id for each in features}
    parts += [("readings", station) for station in stations]
    # Verdicts change with the law too.
    parts += [("records", kind) for kind in ("limit", "rule", "parameter")]
    if any(feature.joins or feature.along for feature in features):
        # A join or a kilometre changes with either of its ends, whichever layer that lies in.
        parts += [part for part in contents.revisions if part[0] == "features"]
    return max((contents.revisions.get(part, 0) for part in parts), default=0)


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


def _layer(body: Mapping[str, Any], features: tuple[Feature, ...], place: Place, revision: int) -> Layer:
    fields = columns(body["id"], body["role"], body["fields"], place.languages)
    rows = [{"layer": feature.layer, **_row(feature, place.languages)} for feature in features]
    frame = _frame([each.name for each in fields], rows, [feature.geometry for feature in features])
    known = {name: body[name] for name in Layer.__dataclass_fields__ if name in body}
    known["media"] = tuple(body.get("media", ()))
    return Layer(**known, revision=revision, features=features, frame=frame)


def _frame(
    names: Sequence[str], rows: Sequence[Mapping[str, Any]], geometries: Sequence[Any]
) -> geopandas.GeoDataFrame:
    # Object columns keep None as None and whole numbers whole, where pandas would make both floats.
    data = {name: pd.Series([row.get(name) for row in rows], dtype=object) for name in names}
    frame = geopandas.GeoDataFrame(data, geometry=geopandas.GeoSeries(list(geometries), crs=CRS), crs=CRS)
    return frame.set_index("id", drop=False)


def _row(feature: Feature, languages: Sequence[str]) -> dict[str, Any]:
    """A feature's columns, joined ones among them, as JSON would hold them."""
    state = feature.state
    with_names = {name_column("name", language): feature.name.get(language) for language in languages}
    # Ids in a cell are separated by commas, as in the file: so the download can be edited and loaded again.
    flat = {name: ",".join(each) if isinstance(each, list) else each for name, each in feature.properties.items()}
    newest = feature.newest_reading
    return {
        **{name: each or None if isinstance(each, str) else each for name, each in flat.items() if name != "name"},
        **with_names,
        "id": feature.id,
        "state": state.state if state else None,
        "state_since": str(state.since) if state else None,
        "state_until": str(state.until) if state and state.until else None,
        "state_trust": state.trust if state else None,
        "works": [work.id for work in feature.works],
        "stations": [_joined(each, each.station) for each in feature.joins],
        "sites": [_joined(each, each.site) for each in feature.joins],
        "chainage": [_placed(each) for each in feature.along],
        "readings": sum(series.count for series in feature.series),
        "newest_reading": newest.isoformat() if newest else None,
        "latest": [latest(series) for series in feature.series if series.start],
        "verdicts": [_verdict(each) for each in feature.verdicts],
    }


def _verdict(found: Verdict) -> dict[str, Any]:
    return {
        "series": found.answer.series,
        "parameter": found.parameter.id,
        "limit": found.limit.id,
        "period": found.answer.period,
        "outcome": found.answer.outcome,
        "reason": found.answer.reason,
        "says": found.says,
    }


def _placed(each: Along) -> dict[str, Any]:
    return {
        "watercourse": each.watercourse,
        "km": None if each.km is None else round(each.km, 3),
        "to_km": None if each.to_km is None else round(each.to_km, 3),
        "uncertainty_m": None if each.uncertainty_m is None else round(each.uncertainty_m),
        "moved_m": None if each.moved_m is None else round(each.moved_m),
        "how": each.how,
    }


def _joined(each: Join, ident: str) -> dict[str, Any]:
    distance = None if each.distance_m is None else round(each.distance_m)
    uncertainty = None if each.uncertainty_m is None else round(each.uncertainty_m)
    return {
        "id": ident,
        "how": each.how,
        "distance_m": distance,
        "uncertainty_m": uncertainty,
        "assumed": each.assumed,
    }


def latest(series: SeriesRow) -> dict[str, Any]:
    """The newest reading of a series that has a value, as downloads hold it; in the source's own unit."""
    assert series.start and series.end
    return {
        "series": series.id,
        "station": series.station,
        "parameter": series.parameter,
        "averaging": series.averaging,
        "qualifier": series.qualifier,
        "value": series.latest_value,
        "unit": series.latest_unit,
        "start": series.start.isoformat(),
        "end": series.end.isoformat(),
        "quality": series.quality,
        "source": series.source,
    }


def _works_layer(
    works: Iterable[Work],
    quantities: Iterable[Quantity],
    features: Mapping[str, Feature],
    contents: Contents,
    place: Place,
) -> Layer:
    """A feature for each work and place it was done at, as well known as that place; one without a position for
    a work whose place no source tells."""
    by_work = _grouped(quantities, lambda each: (each.work,))
    rows = [row for work in works for row in _work_rows(work, by_work.get(work.id, []), features, place)]
    fields = columns("works", "site", {}, place.languages)
    made = tuple(Feature("works", row["id"], shape, {"name": row["names"], **row}) for row, shape in rows)
    frame = _frame([each.name for each in fields], [row for row, _ in rows], [shape for _, shape in rows])
    used = ("work", "quantity")
    revision = max(
        [number for (table, part), number in contents.revisions.items() if table == "features" or part in used],
        default=0,
    )
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
        features=made,
        frame=frame,
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
