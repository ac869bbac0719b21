"""The file that would decide a statement, with all that is known of it filled in and no value: readings in our own
columns, figures in those of their table, or the outline of a feature as GeoJSON.

Each can be filled in, given to ``mendmap statements --with``, and ingested or put into the folder as it is.
Not here: reading it back (``load.preview``).
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mendmap.atlas.model import Atlas, Feature
from mendmap.catalogue.records import Figure, Statement, names
from mendmap.readings.fields import AVERAGING, READING
from mendmap.statements import parties
from mendmap.statements.imagery import outlined
from mendmap.statements.measured import stations_of
from mendmap.words.dates import Period
from mendmap.words.fields import fields_of, name_column

_WANTS = {"readings": "readings", "length": "outline"}


def wants(atlas: Atlas, statement: Statement) -> str:
    """The kind of rows that would decide it, a word of ``vocabulary.WANTS``."""
    if statement.check == "vegetation" and not statement.wants:
        known = statement.parameter and outlined(atlas.features[statement.feature or ""])
        return "readings" if known else "outline"
    return statement.wants or _WANTS.get(statement.check, "figures")


def form(atlas: Atlas, statement: Statement) -> str:
    """The form of its template: csv or geojson."""
    return "geojson" if wants(atlas, statement) == "outline" else "csv"


def template(atlas: Atlas, statement: Statement) -> str:
    """The text of its template. A cell is blank where it is for the one who fills it in."""
    wanted = wants(atlas, statement)
    if wanted == "outline":
        return _outline(atlas, atlas.features[statement.feature or ""])
    if wanted == "readings":
        return _csv([each.name for each in READING], list(_readings(atlas, statement)))
    return _csv([each.name for each in fields_of(Figure)], list(_figures(atlas, statement)))


def _readings(atlas: Atlas, statement: Statement) -> Iterator[Mapping[str, object]]:
    """A row for each station that the claimant does not run; one without a station where none is known. What imagery
    shows is of the feature itself."""
    parameter = atlas.parameters.get(statement.parameter or "")
    if statement.check == "vegetation":
        stations, averaging = [statement.feature or ""], "sample"
    else:
        found = stations_of(atlas, statement)[0]
        stations = [each.id for each in found if parties.of_station(statement, each) != "claimant"]
        about = [atlas.limits[each].averaging for each in statement.limits]
        averaging = next((each for each in about if each in AVERAGING), "")
    for station in stations or [""]:
        yield {
            "station": station,
            "parameter": parameter.id if parameter else "",
            "averaging": averaging,
            "unit": parameter.unit if parameter else "",
        }


def _figures(atlas: Atlas, statement: Statement) -> Iterator[Mapping[str, object]]:
    """A row for each figure that the computation would take from someone else."""
    if statement.check == "ratio":
        for nth, ident in enumerate(statement.figures, start=1):
            yield _figure(atlas, statement, atlas.figures[ident], atlas.figures[ident].period, nth)
    elif statement.check in ("implied", "times"):
        time = statement.before if statement.check == "implied" else statement.after
        yield _figure(atlas, statement, atlas.figures[statement.figures[0]], time, 1)
    elif statement.check == "change":
        for nth, time in enumerate((statement.before, statement.after), start=1):
            yield _figure(atlas, statement, None, time, nth)
    else:
        yield _figure(atlas, statement, None, statement.period, 1)


def _figure(
    atlas: Atlas, statement: Statement, like: Figure | None, time: Period | None, nth: int
) -> Mapping[str, object]:
    feature = (like.feature if like else statement.feature) or next(iter(statement.sites), "")
    ident = (like.parameter if like else statement.parameter) or ""
    parameter = atlas.parameters.get(ident)
    named = names(atlas.features[feature].name, atlas.place.languages) if feature else ""
    return {
        "id": f"{statement.id}_{nth}",
        "place": like.place if like else named,
        "feature": feature,
        "medium": like.medium if like else parameter.medium if parameter else "",
        "what": like.what if like else names(parameter.name, atlas.place.languages) if parameter else "",
        "parameter": ident,
        "unit": like.unit if like else parameter.unit if parameter else "",
        "period": time or "",
        "basis": "verbatim",
    }


def _outline(atlas: Atlas, feature: Feature) -> str:
    """The feature with its columns, and none of those that a new position brings with it."""
    named = {name_column("name", language): feature.name.get(language) for language in atlas.place.languages}
    properties: dict[str, Any] = {
        "id": feature.id,
        "kind": feature.properties["kind"],
        **named,
        "basis": None,
        "accuracy_m": None,
        "source": None,
        "method": None,
    }
    body = {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": properties, "geometry": None}],
    }
    return json.dumps(body, ensure_ascii=False, indent=1) + "\n"


def _csv(columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()
