"""A wide laboratory sheet, a row a sample and a column a parameter, as CSV or XLSX, by mapping file.

Not here: cells (``wide``).
"""

from mendmap.readings.claims import Options
from mendmap.readings.formats.sql import text
from mendmap.readings.formats.wide import Mapped, cells, day, of_raw
from mendmap.readings.mapping import Wide, wide
from mendmap.readings.opened import Opened
from mendmap.words.fields import Field


class Sheet(Mapped):
    """A laboratory's sheet. A blank cell is no reading: that parameter was not asked for."""

    name = "sheet"
    about = "a wide laboratory sheet, a row a sample, by mapping file (CSV or XLSX)"
    prefix = "sheet"
    columns: tuple[Field, ...] = (
        Field("station", "text", "Where the sample was taken."),
        Field("date", "date", "Day of the sample.", required=True),
        Field("time", "text", "Time of day; the whole day without it."),
        Field("sample", "text", "The laboratory's name of the sample."),
        Field("...", "number", "A parameter; < before a value below the limit."),
    )

    def claims(self, file: Opened, options: Options) -> str:
        """A claim a cell that is not blank."""
        table = wide(options.mapping)
        columns = {"start": _start(table)}
        if table.sample_column:
            columns["note"] = f"'sample ' || nullif(trim({of_raw(table.sample_column)}), '')"
        return cells(file, table, columns)


def _start(table: Wide) -> str:
    """The date alone where there is no time. A time that is none stays what it is, so that the check names it."""
    if not table.time_column:
        return day(table)
    time = f"nullif(trim({of_raw(table.time_column)}), '')"
    formats = f"[{text(table.time_format)}, '%H:%M:%S', '%H:%M']"
    clock = f"coalesce(strftime(try_strptime({time}, {formats}), '%H:%M:%S'), {time})"
    return f"{day(table)} || coalesce('T' || {clock}, '')"
