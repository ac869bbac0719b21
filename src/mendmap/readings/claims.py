"""Claims: readings as a source states them, in our columns but not yet believed.

Every format brings its rows into this form; ``settle`` checks it, converts it, and turns it into readings.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from mendmap.readings.opened import Opened
from mendmap.words.fields import Field

# Runs one statement on the DuckDB connection that ingests; the result is fetched from what it returns.
# Errors of the statement come as mendmap.errors.QueryError.
Query = Callable[..., Any]

# The columns of a claim, all VARCHAR but file_row (BIGINT). A blank is NULL or ''. Those of MAY_BE_TYPED may also be
# numbers and times as Parquet has them; their blanks are NULL.
CLAIM = (
    "file_row",  # row of the file, the first after the header is 1; several claims may come from one row
    "station",  # id of a station of the catalogue, or what the format calls it (see prefix)
    "parameter",  # id of a parameter of the catalogue, or what the format calls it
    "averaging",  # one of readings.fields.AVERAGING
    "method",  # id of the method, where one feature has two series of the same parameter
    "start",  # ISO 8601 date-time, with or without an offset; a date alone is that whole day
    "end",  # the same; blank: start and averaging give it
    "qualifier",  # '<', '>' or blank
    "value",  # decimal point, no thousands separator; for '<' the limit, or blank where detection_limit has it
    "unit",  # as readings.units spells it
    "detection_limit",
    "uncertainty",  # half-width of the interval, in the same unit
    "samples",  # how many values it was made of: a whole number, not below 0
    "quality",  # one of vocabulary.QUALITIES
    "flags",  # words of vocabulary.FLAGS, separated by commas
    "source",  # id of a source of the catalogue; blank: the one the ingest names
    "note",
)
MAY_BE_TYPED = ("start", "end", "value", "detection_limit", "uncertainty", "samples")
# Two hashes that a claim may have beside these columns: where they are the same, so is all that it tells in words.
WORDS = ("words", "words_again")


@dataclass(frozen=True, slots=True)
class Options:
    """What the person who ingests says of a file, because the file does not.

    ``zone`` is the IANA zone of times without an offset; ``label`` says whether a single time label begins or
    ends its interval, and is blank where nobody knows (then it is taken as the beginning, and flagged).
    ``mapping`` is the parsed mapping file of the wide formats.
    """

    zone: str = ""
    label: str = ""
    source: str = ""
    mapping: Mapping[str, Any] = field(default_factory=dict)

    @property
    def header_row(self) -> int:
        """The record of a CSV, or the row of a sheet, that holds the header, from 1."""
        return int(self.mapping.get("header_row", 1))


class Format(Protocol):
    """One format. ``prefix`` names its vocabulary: the claim's station and parameter are looked up among the ids
    of the catalogue, and among their ``aliases`` under ``prefix:``."""

    name: str
    about: str
    prefix: str
    columns: tuple[Field, ...]  # the source's own columns, as documented

    def recognises(self, file: Opened) -> bool:
        """Whether the content is of this format. Looks at ``file`` only, never at its name."""

    def raw(self, query: Query, file: Opened, options: Options) -> None:
        """Makes the temporary table or view ``raw``: ``file_row`` and the file's own columns, as text but for those
        that ``file.typed`` names."""

    def claims(self, file: Opened, options: Options) -> str:
        """The SELECT over ``raw`` that gives the columns of ``CLAIM`` in their order."""
