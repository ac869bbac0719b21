"""A feature told whole: what is known of it and how well, its works, readings, figures and their sources.

The pages and their JSON twins are made of the same description. Not here: HTML.
"""

from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import Any

import shapely

from mendmap.atlas.fields import columns
from mendmap.atlas.model import Atlas, Feature, Join, Layer
from mendmap.catalogue.records import Figure, Source, Work, to_plain
from mendmap.lake.contents import SeriesRow
from mendmap.web import along, findings
from mendmap.words.vocabulary import BASES, FLAGS, JOINS, QUALITIES, TRUSTS


def feature(atlas: Atlas, found: Feature) -> dict[str, Any]:
    """Everything known of one feature, as JSON holds it. ``answers`` are what was last assessed of its series, as
    ``findings`` tells them; ``unassessed`` what was not, and why, by series."""
    layer = atlas.layers[found.layer]
    given = found.properties
    meanings = {each.name: each for each in columns(layer.id, layer.role, layer.fields, ())}
    shown = (
        "size",
        "length_km",
        "area_ha",
        "elevation_m",
        "valid_from",
        "valid_to",
        "medium",
        "operator",
        *layer.fields,
    )
    answers = findings.of_feature(atlas, found)
    point = None if found.geometry is None else shapely.get_coordinates(shapely.point_on_surface(found.geometry))[0]
    return {
        "id": found.id,
        "layer": layer.id,
        "layer_name": dict(layer.name),
        "role": layer.role,
        "kind": given["kind"],
        "kind_name": layer.kinds[given["kind"]],
        "name": dict(found.name),
        "basis": given["basis"],
        "basis_meaning": BASES[given["basis"]],
        "accuracy_m": given.get("accuracy_m"),
        "method": given.get("method"),
        "lon": None if point is None else round(float(point[0]), 6),
        "lat": None if point is None else round(float(point[1]), 6),
        "source": source(atlas, given["source"]),
        "note": given.get("note"),
        "facts": [
            {"name": name, "meaning": meanings[name].meaning, "value": given[name], "unit": meanings[name].unit}
            for name in shown
            if name in meanings and given.get(name) is not None
        ],
        "states": [_cited(atlas, to_plain(state)) for state in found.states],
        "works": [work(atlas, each) for each in found.works],
        "joins": [_join(atlas, each, each.station if layer.role == "site" else each.site) for each in found.joins],
        "along": along.places(atlas, found.id),
        "series": [series(atlas, each) for each in found.series],
        "answers": answers,
        "unassessed": findings.without_answers(atlas, found, answers),
        "newest_reading": found.newest_reading.isoformat() if found.newest_reading else None,
        "figures": [figure(atlas, each) for each in found.figures],
    }


def source(atlas: Atlas, ident: str) -> dict[str, Any]:
    """A document: id, title, publisher, address, date, licence, note."""
    found: Source = atlas.sources[ident]
    return to_plain(found)


def work(atlas: Atlas, found: Work) -> dict[str, Any]:
    """A work with its quantities and the documents of each."""
    return {
        **_cited(atlas, to_plain(found)),
        "quantities": [_cited(atlas, to_plain(each)) for each in atlas.quantities_of(found.id)],
    }


def figure(atlas: Atlas, found: Figure) -> dict[str, Any]:
    """A published figure with its document."""
    return _cited(atlas, to_plain(found))


def series(atlas: Atlas, found: SeriesRow) -> dict[str, Any]:
    """A series summed up: what it measures, how many readings, the newest as its source prints it."""
    parameter = atlas.parameters[found.parameter]
    station = atlas.features[found.station]
    return {
        "id": found.id,
        "station": found.station,
        "station_name": dict(station.name),
        "parameter": parameter.id,
        "parameter_name": dict(parameter.name),
        "symbol": parameter.symbol,
        "averaging": found.averaging,
        "method": found.method,
        "readings": found.count,
        "missing": found.missing,
        "first": found.first.isoformat(),
        "last": found.last.isoformat(),
        "greatest": found.greatest,
        "canonical_unit": parameter.unit,
        "qualifier": found.qualifier or "",
        "value": found.latest_value,
        "unit": found.latest_unit,
        "start": found.start.isoformat() if found.start else None,
        "end": found.end.isoformat() if found.end else None,
        "quality": found.quality,
        "quality_meaning": QUALITIES.get(found.quality or "", ""),
        "flags": [{"id": each, "meaning": FLAGS[each]} for each in (found.flags or "").split(",") if each],
        "source": source(atlas, found.source) if found.source else None,
    }


def cited(atlas: Atlas, rows: Iterable[dict[str, Any]]) -> list[Source]:
    """The documents that rows name, each once, in the catalogue's order."""
    wanted = {row["source"]["id"] for row in rows if row.get("source")}
    return [each for each in atlas.sources.values() if each.id in wanted]


def _cited(atlas: Atlas, row: dict[str, Any]) -> dict[str, Any]:
    """A row with its source told whole, and the meaning of its trust."""
    meaning = {"trust_meaning": TRUSTS[row["trust"]]} if row.get("trust") else {}
    return {**row, **meaning, "source": source(atlas, row["source"])}


def _join(atlas: Atlas, found: Join, other: str) -> dict[str, Any]:
    at = atlas.features[other]
    return {
        "id": other,
        "name": dict(at.name),
        "layer": at.layer,
        "how": found.how,
        "how_meaning": JOINS[found.how],
        "distance_m": None if found.distance_m is None else round(found.distance_m),
        "uncertainty_m": None if found.uncertainty_m is None else round(found.uncertainty_m),
        "assumed": found.assumed,
    }


def listing(atlas: Atlas, layers: Sequence[Layer], most: int) -> tuple[list[dict[str, Any]], int]:
    """A short row a feature, for tables: the twin of what the map draws. At most ``most`` rows, and how many more
    features there are."""
    rows = [
        {
            "id": each.id,
            "layer": each.layer,
            "layer_name": dict(atlas.layers[each.layer].name),
            "kind_name": atlas.layers[each.layer].kinds[each.properties["kind"]],
            "name": dict(each.name),
            "basis": each.properties["basis"],
            "accuracy_m": each.properties.get("accuracy_m"),
            "size": each.properties.get("size"),
            "state": to_plain(each.state) if each.state else None,
            "works": [{"id": done.id, "name": dict(done.name), "status": done.status} for done in each.works],
            "readings": sum(series.count for series in each.series),
            "newest_reading": each.newest_reading.isoformat() if each.newest_reading else None,
        }
        for each in islice(chain.from_iterable(layer.features for layer in layers), most)
    ]
    return rows, sum(len(layer.features) for layer in layers) - len(rows)
