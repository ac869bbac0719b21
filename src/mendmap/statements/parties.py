"""Whose a piece of evidence is: the claimant's own, someone else's, or nobody says.

The claimant is known by the names that the statement gives it (``claimant`` and ``claimant_also``), letter case and
spaces aside. A figure is the claimant's where its claimant or the publisher of its document bears one of them, or
where it stands in the very document that the claim stands in. A series or a surveyed feature is the claimant's where
the operator of the station or the publisher of the document bears one; of imagery, which nobody takes on the spot,
the publisher alone. It is independent where none of these hold and somebody is named; where nobody is, its standing is
unknown, and it can support nothing.

Not here: who pays for a measurement. Only what the catalogue writes down is known.
"""

from collections.abc import Iterable

from mendmap.atlas.model import Atlas, Feature
from mendmap.catalogue.records import Figure, Statement
from mendmap.lake.contents import SeriesRow
from mendmap.statements.model import together


def of_figure(atlas: Atlas, statement: Statement, figure: Figure) -> str:
    """The standing of a figure, a word of ``vocabulary.STANDINGS``."""
    if figure.source == statement.source:
        return "claimant"
    return _standing(statement, figure.claimant, _publisher(atlas, figure.source))


def of_series(atlas: Atlas, statement: Statement, series: SeriesRow) -> str:
    """The standing of a series, by who runs its station and who published its newest reading."""
    return of_readings(atlas, statement, series, (series.source,))


def of_readings(atlas: Atlas, statement: Statement, series: SeriesRow, sources: Iterable[str | None]) -> str:
    """The standing of some readings of a series, by who runs its station and who published their ``sources``."""
    imagery = series.method in atlas.zonal or series.method in atlas.differences
    operator = None if imagery else atlas.features[series.station].properties.get("operator")
    return together(_standing(statement, operator, _publisher(atlas, each)) for each in sources)


def of_station(statement: Statement, station: Feature) -> str:
    """The standing of what a station will measure, by who runs it."""
    return _standing(statement, station.properties.get("operator"))


def of_feature(atlas: Atlas, statement: Statement, feature: Feature) -> str:
    """The standing of a feature's position or outline, by the document it is taken from."""
    source = feature.properties["source"]
    return "claimant" if source == statement.source else _standing(statement, _publisher(atlas, source))


def _publisher(atlas: Atlas, source: str | None) -> str | None:
    found = atlas.sources.get(source or "")
    return found.publisher if found else None


def _standing(statement: Statement, *parties: str | None) -> str:
    own = {_known(each) for each in (statement.claimant, *(statement.claimant_also or "").split(";"))}
    named = {_known(each) for each in parties if each}
    if named & own:
        return "claimant"
    return "independent" if named else "unknown"


def _known(name: str) -> str:
    return " ".join(name.split()).casefold()
