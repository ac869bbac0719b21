"""What a package is of: the whole of an atlas, or some sites, parameters and a period.

A site narrows all that has a place; parameters narrow what is measured and its limits; a period narrows what is
measured. Works, states, figures and statements of a site are its history, and stand whole. Not here: the files
(``members``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mendmap.atlas.model import Atlas, Layer
from mendmap.atlas.select import Rows
from mendmap.errors import BadRequestError
from mendmap.exports.asked import ids, places
from mendmap.exports.assessed import assessed
from mendmap.exports.tables import Places, records
from mendmap.query.times import interval
from mendmap.statements.model import Outcome
from mendmap.statements.outcome import outcomes
from mendmap.words.fields import Field, value

_MEASURED = ("site", "parameter", "datetime")
# The filters of a package that narrow each table; those that are not named here stand whole.
NARROWED: Mapping[str, tuple[str, ...]] = {
    "readings": _MEASURED,
    "verdicts": _MEASURED,
    "answers": _MEASURED,
    "limits": ("parameter",),
    "works": ("site",),
    "quantities": ("site",),
    "states": ("site",),
    "connections": ("site",),
    "figures": ("site",),
    "statements": ("site",),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What is packed. ``given`` has the filters by name, as an address has them: ``site`` and ``parameter`` are comma
    lists of ids, ``datetime`` an interval. ``prepared_by`` and ``remarks`` stand on the cover page."""

    atlas: Atlas = field(repr=False)
    given: Mapping[str, str] = field(default_factory=dict)
    prepared_by: str = ""
    remarks: str = ""

    def narrowed(self, table: str) -> dict[str, str]:
        """The filters that narrow a table; with them its download holds the same rows."""
        return {name: self.given[name] for name in NARROWED.get(table, ()) if name in self.given}

    def places(self, table: str) -> Places:
        """The rows of a table that are packed."""
        return places(self.atlas, self.narrowed(table))

    def rows(self, layer: Layer) -> Rows:
        """The features of a layer that are packed, as positions in its frame: for sites these, their stations, the
        works done there, and the watercourses that any of them lies on."""
        features = self.places("works").features
        if features is None:
            return np.arange(len(layer.features))
        on = {place.watercourse for each in features for place in self.atlas.features[each].along}
        if layer.id == "works":
            return np.flatnonzero([each in features for each in layer.column("site")])
        return np.flatnonzero([each in features | on for each in layer.ids])

    def exceeding(self, most: int) -> list[dict[str, Any]]:
        """The rows of the verdicts that are packed by which a limit is not kept, at most so many of them, each with
        whether the limit is ``law`` here; law first, then limits in force, then the newest."""
        table = assessed(self.atlas, "verdicts", self.places("verdicts"), {})
        found = [row for batch in table.rows() for row in batch.to_pylist() if row["outcome"] == "exceeds"]
        found = [row | {"law": row["jurisdiction"] in self.atlas.place.jurisdictions} for row in found]
        found.sort(key=lambda row: (row["law"], row["in_force"], row["period"]), reverse=True)
        return found[:most]

    def outcomes(self) -> list[Outcome]:
        """The statements that are packed, each with what came of checking it."""
        table = records(self.atlas, "statements", self.places("statements"), {})
        wanted = {ident for batch in table.rows() for ident in batch.column("id").to_pylist()}
        return [each for each in outcomes(self.atlas) if each.statement.id in wanted]


def scope(
    atlas: Atlas, site: str = "", parameter: str = "", datetime: str = "", prepared_by: str = "", remarks: str = ""
) -> Scope:
    """What the texts of a request ask for; a blank one asks for everything. Ids are put in order, so that the same
    question is the same package. Raises BadRequestError with the choices."""
    given = {}
    if site:
        given["site"] = ",".join(
            sorted(set(ids("site", site, [each for layer in atlas.layers_of("site") for each in layer.ids])))
        )
    if parameter:
        given["parameter"] = ",".join(sorted(set(ids("parameter", parameter, atlas.parameters))))
    if datetime:
        interval(datetime)  # refuses what is none
        given["datetime"] = datetime
    return Scope(atlas, given, _text("prepared-by", prepared_by), _text("remarks", remarks))


def _text(name: str, text: str) -> str:
    try:
        return value(Field(name, "text", ""), text) or ""
    except ValueError as error:
        raise BadRequestError(f"{name}: {error}") from None
