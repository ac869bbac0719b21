"""Our own tidy columns, a reading a row, as CSV, Parquet or XLSX. Not here: the check of the values."""

from mendmap.readings.claims import CLAIM, Options, Query
from mendmap.readings.fields import READING
from mendmap.readings.formats.sql import check_known, has_columns, name, raw_of, selected
from mendmap.readings.opened import Opened
from mendmap.words.fields import Field

_DECISIVE = ("station", "parameter", "start", "value", "unit")
# mendmap adds this column to the rows it refuses; the mended file may keep it.
_FAULTS = "faults"


class Tidy:
    """Our columns. Those that the file leaves out are blank; any other column but ``faults`` is refused."""

    name = "tidy"
    about = "our own columns, a reading a row (CSV, Parquet or XLSX)"
    prefix = ""
    columns: tuple[Field, ...] = READING

    def recognises(self, file: Opened) -> bool:
        """By the columns that only our files have together."""
        return has_columns(file, *_DECISIVE)

    def raw(self, query: Query, file: Opened, options: Options) -> None:
        """The rows as they are."""
        check_known(file, self.columns, [_FAULTS])
        raw_of(query, file)

    def claims(self, file: Opened, options: Options) -> str:
        """The columns themselves."""
        return selected({each: name(each) for each in CLAIM[1:] if each in file.header})
