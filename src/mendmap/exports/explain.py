"""What every download is: its title, its rows, its formats and filters, and the meaning of each column.

Not here: making it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from mendmap.atlas.fields import columns
from mendmap.atlas.model import Atlas
from mendmap.catalogue.records import names
from mendmap.exports.assessed import ABOUT, FIELDS, count_of
from mendmap.exports.files import FORMATS, MEDIA
from mendmap.exports.layers import formats as layers
from mendmap.exports.layers import parquet, sheet
from mendmap.exports.layers.chosen import FILTERS
from mendmap.exports.tables import DOWNLOADS, filters, held, licence, reading_fields, record_fields
from mendmap.words.fields import Field
from mendmap.words.phrases import say

_TITLES = {
    "readings": say("Readings"),
    "verdicts": say("Verdicts"),
    "answers": say("Answers"),
    "figures": say("Figures"),
    "works": say("Works"),
    "quantities": say("Quantities"),
    "states": say("States"),
    "connections": say("Connections"),
    "limits": say("Limits"),
    "rules": say("Rules"),
    "statements": say("Statements"),
    "parameters": say("Parameters"),
    "sources": say("Sources"),
    "rasters": say("Rasters"),
    "indices": say("Indices"),
    "zonal": say("Zonal statistics"),
    "differences": say("Differences"),
}
_READINGS = say(
    "Every reading, as its source prints it, less those that the source took back (quality=withdrawn has them)."
)
# What a row of each table of records is.
_RECORDS = {
    "figures": say(
        "A published value, range, ratio or total. Shown and cited; never averaged or assessed as a reading."
    ),
    "works": say("A dated act of remediation at one or more sites."),
    "quantities": say(
        "How much a work planned or achieved, as one report says. Reports that conflict stand side by side."
    ),
    "states": say("What a site was like from a date on, as someone says."),
    "connections": say(
        "A way that water, or what is in it, takes from one feature to another, as one source says. Sources stand side "
        "by side, a row each."
    ),
    "limits": say("A legal or guideline value that a statistic of a series can be held against."),
    "rules": say(
        "How a limit is held against readings, as a law says: which statistic, of what, and how complete it must be."
    ),
    "statements": say("A published claim, with the computation that would check it."),
    "parameters": say("Something that is measured."),
    "sources": say("A document that rows are taken from."),
    "rasters": say("A grid of pixels, a scene or a model of the ground, with the SHA-256 of its file."),
    "indices": say("A number computed for each pixel of a scene, and how; ours, and those of the catalogue."),
    "zonal": say("What is computed of an index inside outlines for each scene: the readings whose method it is."),
    "differences": say("What an index became from one time to another: which times, and what counts as a change."),
}


@dataclass(frozen=True, slots=True)
class Download:
    """One thing to download, in each of ``formats``: ``rows`` is how many features or rows it holds, ``licence`` its
    terms, and ``filters`` the query parameters that choose among them; ``layer`` tells that it is one, and no table."""

    name: str
    title: str
    description: str
    rows: int
    licence: str
    fields: tuple[Field, ...]
    formats: tuple[str, ...] = FORMATS
    filters: tuple[str, ...] = ()
    layer: bool = False

    @property
    def anchor(self) -> str:
        """Where it is on the page of downloads; a layer and a table may share a name."""
        return f"{'layer' if self.layer else 'table'}-{self.name}"

    @property
    def media(self) -> dict[str, str]:
        """The media type of each format."""
        return {form: MEDIA.get(form) or layers.FORMATS[form].media for form in self.formats}

    def added(self, form: str) -> tuple[Field, ...]:
        """The columns that a format adds: those that say where a feature is."""
        if not self.layer:
            return ()
        whole = (*sheet.PLACE, sheet.GEOMETRY)
        # A zip of Shapefiles has the CSV too.
        return {"csv": whole, "shp.zip": whole, "xlsx": sheet.PLACE, "parquet": parquet.PLACE}.get(form, ())


def _forms(layer: str) -> tuple[str, ...]:
    """The formats of a layer. That of works shares its name with the table of works, which has those of tables."""
    return tuple(form for form in layers.FORMATS if layer not in DOWNLOADS or form not in FORMATS)


def downloads(atlas: Atlas) -> Iterator[Download]:
    """Every download, layers first. Readings are counted by their series, not one by one."""
    languages = atlas.place.languages
    for layer in atlas.layers.values():
        fields = columns(layer.id, layer.role, layer.fields, languages)
        told, rows = layer.description, len(layer.features)
        forms = _forms(layer.id)
        yield Download(layer.id, names(layer.name), told, rows, layer.licence, fields, forms, FILTERS, layer=True)
    # A site has the series of its stations too; each is counted where it was taken.
    count = sum(
        series.count for each in atlas.features.joined_to() for series in each.series if series.station == each.id
    )
    yield _table(atlas, "readings", _READINGS, count, reading_fields())
    for name, told in ABOUT.items():
        yield _table(atlas, name, told, count_of(atlas, name), FIELDS[name])
    for table, kind in DOWNLOADS.items():
        yield _table(atlas, table, _RECORDS[table], len(held(atlas, table)), record_fields(kind, languages))


def _table(atlas: Atlas, name: str, told: str, rows: int, fields: tuple[Field, ...]) -> Download:
    return Download(name, _TITLES[name], told, rows, licence(atlas, name), fields, filters=filters(name))
