"""Reads a folder's files of readings that are not in our own columns: recognised, settled and explained as an ingest
does it, in a scratch of DuckDB instead of a lake. Not here: our own CSV (``readings.tidy``), and writing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mendmap.catalogue import files
from mendmap.catalogue.model import Readings
from mendmap.catalogue.records import Parameter
from mendmap.errors import Fault, QueryError, ReadError, not_one_of
from mendmap.lake.connection import scratch
from mendmap.readings.claims import Options, Query
from mendmap.readings.explain import faults, reasons
from mendmap.readings.formats import lines_above, recognise
from mendmap.readings.mapping import options_of, read_mapping
from mendmap.readings.opened import Opened, open_readings
from mendmap.readings.settle import settle
from mendmap.readings.tidy import Reading, series_id
from mendmap.readings.told import Referents
from mendmap.units import factor

_SOUND = """
    SELECT station, parameter, averaging, method, start_at, end_at, qualifier, value, unit, detection_limit,
           uncertainty, samples, quality, flags, source, note, file_row
    FROM judged WHERE wrong = 0 ORDER BY file_row, station, parameter, averaging, method, start_at"""


def read(given: Readings, known: Referents, max_bytes: int) -> tuple[list[Reading], list[Fault]]:
    """The sound readings of one file, and the faults of the rest; the row of each is its line in the file.

    ``max_bytes`` bounds the file, and what comes out of it where it is compressed.
    """
    entry = given.entry
    for each in (entry, given.mapping):
        if each and (reason := files.complaint(each.path, max_bytes)):
            return [], [Fault(each.file, 0, "", reason)]
    try:
        mapping = read_mapping(given.mapping.path) if given.mapping else {}
    except ReadError as error:
        return [], [Fault(given.mapping.file if given.mapping else entry.file, 0, "", str(error))]
    # The catalogue goes before the mapping, as the command line does in an ingest.
    options = options_of(mapping, given.zone, given.label, given.source_id)
    database = scratch()
    try:
        with open_readings(entry.path, max_bytes, given.encoding, options.header_row) as opened:
            return _read(database.query, opened, given, known, options)
    except (ReadError, QueryError) as error:
        # DuckDB begins with its own kind of error, and goes on with lines of hints.
        return [], [Fault(entry.file, 0, "", re.sub(r"^[A-Z][\w ]* Error: ", "", str(error).splitlines()[0]))]
    finally:
        database.close()


def unsound(given: Readings, known: Referents, max_bytes: int) -> tuple[int, dict[int, list[str]]]:
    """How many rows one file without a mapping has, and of those that cannot be read, counted from 1, what is wrong
    with each, as ``column: why: what stands there``. Raises ReadError where the file cannot be read at all."""
    if reason := files.complaint(given.entry.path, max_bytes):
        raise ReadError(reason)
    options = options_of({}, given.zone, given.label, given.source_id)
    database = scratch()
    try:
        with open_readings(given.entry.path, max_bytes, given.encoding, options.header_row) as opened:
            form = recognise(opened, given.format or "auto")
            known = _named(known, given.stations, form.prefix)
            form.raw(database.query, opened, options)
            claims = form.claims(opened, options)
            settle(database.query, claims, known, form.prefix, options, opened.scratch)
            ((count,),) = database.query("SELECT count(*) FROM raw").fetchall()
            return count, dict(reasons(database.query, claims))
    except QueryError as error:
        raise ReadError(str(error).splitlines()[0]) from None
    finally:
        database.close()


def _read(
    query: Query, opened: Opened, given: Readings, known: Referents, options: Options
) -> tuple[list[Reading], list[Fault]]:
    if options.source and options.source not in known.sources:
        raise ReadError(not_one_of("no such source", options.source, known.sources))
    form = recognise(opened, str(options.mapping.get("format", given.format or "auto")))
    known = _named(known, given.stations, form.prefix)
    form.raw(query, opened, options)
    claims = form.claims(opened, options)
    settled = settle(query, claims, known, form.prefix, options, opened.scratch)
    above = lines_above(opened, options)
    wrong = faults(query, claims, given.entry.file, known, options, form.prefix, above) if settled.bad_rows else []
    result = query(_SOUND)
    names = [each[0] for each in result.description]
    rows = (dict(zip(names, row, strict=True)) for row in result.fetchall())
    return [_reading(row, known.parameters, given.entry.file, above) for row in rows], wrong


def _named(known: Referents, stations: Mapping[str, str], prefix: str) -> Referents:
    """The same referents, with what the catalogue says that this file calls them."""
    if unknown := sorted(set(stations.values()) - set(known.stations)):
        raise ReadError(not_one_of("no such station", unknown[0], known.stations))
    aliases = dict(known.stations)
    for code, ident in stations.items():
        # The last that goes by a code is meant by it, so that two services may have stations of one number.
        aliases[ident] = f"{aliases.pop(ident) or ''};{prefix}:{code}"
    return replace(known, stations=aliases)


def _reading(row: dict[str, Any], parameters: Mapping[str, Parameter], file: str, above: int) -> Reading:
    start, end, line = row.pop("start_at"), row.pop("end_at"), row.pop("file_row") + above
    parameter = parameters[row["parameter"]]
    scale = factor(row["unit"], parameter.unit, parameter.molar_mass)
    numbers: Sequence[float | None] = (row["value"], row["detection_limit"], row["uncertainty"])
    value, limit, uncertainty = (None if each is None else each * scale for each in numbers)
    return Reading(
        **row,
        series=series_id(row["station"], row["parameter"], row["averaging"], row["method"]),
        start=start,
        end=end,
        canonical=value,
        canonical_limit=limit,
        canonical_uncertainty=uncertainty,
        file=file,
        row=line,
    )
