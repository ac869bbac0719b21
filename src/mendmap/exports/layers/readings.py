"""The readings that go with a layer, for formats that hold tables beside it. Not here: how they are written."""

from dataclasses import replace

from mendmap.errors import BadRequestError
from mendmap.exports.layers.chosen import Chosen
from mendmap.exports.tables import Table, about, reading_fields
from mendmap.lake import contents
from mendmap.lake.connection import Lake
from mendmap.query.readings import ReadingQuery


def with_readings(chosen: Chosen, lake: Lake, most: int) -> Chosen:
    """The same with the readings of its features' series, less those taken back, and of the time that was asked for;
    at most so many. They are read when they are written. Raises BadRequestError."""
    series = sorted({each.id for feature in chosen.features for each in feature.series})
    if not series:
        return chosen
    atlas = chosen.atlas
    query = ReadingQuery(series=tuple(series), interval=chosen.interval)
    selection = contents.select(lake, atlas.snapshot, atlas.place.id, query)
    if selection.count > most:
        raise BadRequestError(
            f"{selection.count:,} readings go with these features, and one file has at most {most:,}; ask for less "
            "(bbox, filter, datetime), or take a format without readings"
        )
    fields = reading_fields()
    table = Table(
        "readings",
        fields,
        selection.count,
        lambda: contents.rows(lake, selection, [each.name for each in fields]),
        about(atlas, "readings", {}),
        atlas.snapshot.moment,
    )
    return replace(chosen, readings=table)
