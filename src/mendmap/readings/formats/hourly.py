"""A wide hourly table, a column a station and parameter: the layout of cities' notices, by mapping file.

The hour's label stands in a column (``00:00``, ``7``, ``24:00``, ``08h``), the date in the mapping or in a column.
A claim has the label as its start and no end: whether a label begins or ends its hour is ``Options.label``, and
daylight saving is the zone's; both are settled where times are. Not here: cells (``wide``).
"""

from mendmap.readings.claims import Options
from mendmap.readings.formats.wide import Mapped, cells, day, header_of, of_raw
from mendmap.readings.mapping import Wide, wide
from mendmap.readings.opened import Opened
from mendmap.words.fields import Field


class Hourly(Mapped):
    """A wide hourly table. Blank cells and ``/`` are missing values."""

    name = "hourly"
    about = "a wide hourly table, a column a station, by mapping file (CSV or XLSX)"
    prefix = "hourly"
    columns: tuple[Field, ...] = (
        Field("hour", "text", "Label of the hour: 00:00 to 24:00, or 0 to 24.", required=True),
        Field("date", "date", "Day, where the mapping does not give it."),
        Field("...", "number", "A station's parameter; < before a value below the limit, / where it is missing."),
    )

    def claims(self, file: Opened, options: Options) -> str:
        """A claim a cell."""
        table = wide(options.mapping)
        return cells(file, table, {"start": _start(table, of_raw(_hour_column(file, table)))})


def _hour_column(file: Opened, table: Wide) -> str:
    if table.hour_column:
        return table.hour_column
    return next(each for each in header_of(file, table).names if each != table.date_column)


def _start(table: Wide, column: str) -> str:
    """24:00 is 00:00 of the next day. A label that is none stays what it is, so that the check names it."""
    date, label = day(table), f"trim({column})"
    parts = f"regexp_extract({label}, '^(\\d{{1,2}})(?:[:.](\\d\\d))?(?::00)?\\s*h?$', ['hour', 'minute'])"
    hour, minute = f"TRY_CAST({parts}.hour AS INTEGER)", f"coalesce(TRY_CAST({parts}.minute AS INTEGER), 0)"
    inside = f"({hour} * 60 + {minute} <= 1440 AND {minute} < 60)"
    moment = f"TRY_CAST({date} AS TIMESTAMP) + to_minutes({hour} * 60 + {minute})"
    return f"coalesce(CASE WHEN {inside} THEN strftime({moment}, '%Y-%m-%dT%H:%M') END, concat({date}, 'T', {label}))"
