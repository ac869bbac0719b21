"""The formats that readings come in, a small reader each; ``FORMATS`` lists them in the order they are tried.

A reader makes two things in DuckDB and checks nothing: the file's rows as they are, and our tidy columns made of
them. Not here: opening a file (``readings.opened``) and checking what came out (``readings.settle``).
"""

from mendmap.errors import not_one_of, shown
from mendmap.readings.claims import Format, Options
from mendmap.readings.formats.eea_aq import EeaAirQuality
from mendmap.readings.formats.hourly import Hourly
from mendmap.readings.formats.sensorthings import SensorThings
from mendmap.readings.formats.sheet import Sheet
from mendmap.readings.formats.tidy import Tidy
from mendmap.readings.formats.wide import header_of
from mendmap.readings.formats.wise6 import Wise6
from mendmap.readings.formats.wqx import Wqx
from mendmap.readings.mapping import MAPPED, wide
from mendmap.readings.opened import Opened, ReadError, records

FORMATS: tuple[Format, ...] = (Tidy(), EeaAirQuality(), Wise6(), Wqx(), SensorThings(), Hourly(), Sheet())


def recognise(file: Opened, name: str = "auto") -> Format:
    """The format of a file: the named one, or with ``auto`` the one whose content it is.

    A mapping file names its format: give its ``format`` as ``name``. Raises ReadError with the choices and the
    header where none fits, or more than one.
    """
    by_name = {each.name: each for each in FORMATS}
    if name != "auto" and name not in by_name:
        raise ReadError(not_one_of("no such format", name, by_name))
    if name in MAPPED:
        return by_name[name]
    fits = [each for each in FORMATS if each.recognises(file) and name in ("auto", each.name)]
    if len(fits) == 1:
        return fits[0]
    if fits:
        listed = ", ".join(each.name for each in fits)
        raise ReadError(f"the columns fit more than one format; name it with --format: {listed}")
    seen = ", ".join(map(shown, file.header[:12])) + (" ..." if len(file.header) > 12 else "")
    what = f"columns {seen}" if file.header else f"{file.kind} that begins {shown(file.head[:60])}"
    choices = ", ".join(f"{each.name} ({each.about})" for each in FORMATS) if name == "auto" else by_name[name].about
    raise ReadError(f"not recognised{'' if name == 'auto' else f' as {name}'}: {what}; formats: {choices}")


def lines_above(file: Opened, options: Options) -> int:
    """How many lines of a CSV, or rows of a sheet, stand above its first row; rows of others count from 1."""
    if options.mapping:
        return header_of(file, wide(options.mapping)).lines
    if file.kind == "csv":
        return records(file.head, file.delimiter, file.header_row)[1]
    return file.header_row if file.kind == "xlsx" else 0
