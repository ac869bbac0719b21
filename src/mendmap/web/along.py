"""Where things lie along watercourses, told: kilometres with their accuracy, neighbours, and the works above.

A place whose kilometre is assumed has none here, and no distance to its neighbours. Not here: HTML, and readings
(``profile``).
"""

from typing import Any

from mendmap.atlas.model import Atlas
from mendmap.atlas.rivers import Above, Along, Neighbour, Watercourse
from mendmap.catalogue.records import Work
from mendmap.words.fields import Field
from mendmap.words.vocabulary import CHAINAGES

# The columns of what lies along a watercourse, as a file has them.
COLUMNS = (
    Field("id", "id", "What lies there."),
    Field("role", "word", "What it is: site, station, watercourse (that flows in) or context."),
    Field("name", "text", "Its name."),
    Field("km", "number", "Kilometre from the watercourse's zero, downstream; blank where it is assumed.", unit="km"),
    Field("to_km", "number", "Kilometre at which it ends; differs for reaches and areas.", unit="km"),
    Field("low_km", "number", "The true place lies no farther up than this kilometre.", unit="km"),
    Field("high_km", "number", "The true place lies no farther down than this kilometre.", unit="km"),
    Field("uncertainty_m", "number", "Accuracy of the place and of the line, together.", unit="m"),
    Field("moved_m", "number", "How far it was moved to lie on the line.", unit="m"),
    Field("how", "word", "How well its kilometre is known; assumed unless measured.", choices=tuple(CHAINAGES)),
)


def watercourse(atlas: Atlas, found: Watercourse) -> dict[str, Any]:
    """A watercourse as a coordinate: its zero, its length, what it flows into and what lies along it, in order."""
    return {
        "start_km": _kilometres(found.start_km),
        "end_km": _kilometres(found.end_km),
        "length_km": None if found.course is None else _kilometres(found.course.length_m / 1000),
        "flows_into": [
            {"id": each.watercourse, "name": dict(atlas.features[each.watercourse].name), **_where(each)}
            for each in found.outflows
        ],
        "along": [place(atlas, each) for each in found.along],
    }


def place(atlas: Atlas, found: Along) -> dict[str, Any]:
    """What lies at a place of a watercourse."""
    feature = atlas.features[found.feature]
    layer = atlas.layers[feature.layer]
    return {
        "id": found.feature,
        "name": dict(feature.name),
        "role": found.role,
        "layer": layer.id,
        "kind_name": layer.kinds[feature.properties["kind"]],
        "basis": feature.properties["basis"],
        "works": [{"id": each.id, "name": dict(each.name)} for each in feature.works],
        **_where(found),
    }


def places(atlas: Atlas, feature: str) -> list[dict[str, Any]]:
    """Where a feature lies on each of its watercourses, its neighbours and the works above it."""
    return [
        {
            "watercourse": each.watercourse,
            "watercourse_name": dict(atlas.features[each.watercourse].name),
            **_where(each),
            "upstream": [_neighbour(atlas, other) for other in atlas.rivers.upstream(each)],
            "downstream": [_neighbour(atlas, other) for other in atlas.rivers.downstream(each)],
            "works_upstream": [_work(atlas, *done) for done in atlas.works_above(each)],
        }
        for each in atlas.features[feature].along
    ]


def _where(found: Along) -> dict[str, Any]:
    return {
        "km": _kilometres(found.km),
        "to_km": _kilometres(found.to_km),
        "low_km": None if found.assumed else _kilometres(found.low_km),
        "high_km": None if found.assumed else _kilometres(found.high_km),
        "uncertainty_m": None if found.uncertainty_m is None else round(found.uncertainty_m),
        "moved_m": None if found.moved_m is None else round(found.moved_m),
        "assumed": found.assumed,
        "how": found.how,
        "how_meaning": CHAINAGES[found.how],
    }


def _neighbour(atlas: Atlas, found: Neighbour) -> dict[str, Any]:
    way = found.way
    return {
        "id": found.place.feature,
        "name": dict(atlas.features[found.place.feature].name),
        "watercourse": found.place.watercourse,
        "distance_km": None if way.assumed else _kilometres(way.km),
        "least_km": None if way.assumed else _kilometres(way.least_km),
        "most_km": None if way.assumed else _kilometres(way.most_km),
        "assumed": way.assumed,
    }


def _work(atlas: Atlas, work: Work, above: Above) -> dict[str, Any]:
    feature = atlas.features[above.feature]
    return {
        "id": work.id,
        "name": dict(work.name),
        "status": work.status,
        "trust": work.trust,
        "feature": above.feature,
        "feature_name": dict(feature.name),
        "feature_layer": feature.layer,
        "watercourse": above.watercourse,
        "assumed": above.assumed,
    }


def _kilometres(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
