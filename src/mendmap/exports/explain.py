"""What every download is: its title, its rows, and the meaning of each column. Not here: making it."""

from collections.abc import Iterator
from dataclasses import dataclass

from mendmap.atlas.fields import columns
from mendmap.atlas.model import Atlas
from mendmap.catalogue.records import TABLES, names
from mendmap.exports.tables import DOWNLOADS, reading_fields, record_fields
from mendmap.words.fields import Field


@dataclass(frozen=True, slots=True)
class Download:
    """One file to download: ``rows`` is how many features or rows it holds."""

    name: str
    title: str
    description: str
    rows: int
    fields: tuple[Field, ...]


def downloads(atlas: Atlas) -> Iterator[Download]:
    """Every download, layers first."""
    languages = atlas.place.languages
    for layer in atlas.layers.values():
        fields = columns(layer.id, layer.role, layer.fields, languages)
        yield Download(f"{layer.id}.geojson", names(layer.name), layer.description, len(layer.features), fields)
    # A site has the series of its stations too; each is counted where it was taken.
    count = sum(series.count for each in atlas.features.values() for series in each.series if series.station == each.id)
    yield Download("readings.csv", "Readings", "Every reading, as its source prints it.", count, reading_fields())
    for table, kind in DOWNLOADS.items():
        described = (TABLES[kind].__doc__ or "").strip()
        yield Download(
            f"{table}.csv", table.capitalize(), described, len(getattr(atlas, table)), record_fields(kind, languages)
        )
