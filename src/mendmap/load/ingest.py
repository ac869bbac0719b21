"""Ingests files of readings into a catalogue of the lake: recognised, settled, marked, and written in one
transaction a file. Not here: each of these steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mendmap.catalogue import files
from mendmap.catalogue.records import Limit, Parameter, Source, from_plain
from mendmap.errors import Fault, GeodataError
from mendmap.lake import contents, journal, ledger
from mendmap.lake.connection import Lake, open_lake
from mendmap.lake.contents import Contents
from mendmap.lake.write import Written, revise
from mendmap.readings import marks
from mendmap.readings.claims import Format, Options, Query
from mendmap.readings.explain import faults, reasons_sql
from mendmap.readings.formats import recognise
from mendmap.readings.opened import Opened, ReadError, open_readings
from mendmap.readings.settle import Known, Settled, settle
from mendmap.units import UnitError, factor

COLUMNS = [
    "origin", "series", "station", "parameter", "averaging", "method", "start_at", "end_at", "qualifier", "value",
    "unit", "detection_limit", "uncertainty", "canonical", "canonical_limit", "canonical_uncertainty", "quality",
    "flags", "marks", "source", "note", "file", "file_row",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ingested:
    """What came of one file: its format, how its claims settled, and what was written."""

    file: str
    format: str
    settled: Settled
    written: Written


@dataclass(frozen=True, slots=True)
class Request:
    """How to ingest: the format or ``auto``, what the person says of the file, where rejects go (none: one bad row
    refuses the file), and whether to write at all."""

    format: str = "auto"
    options: Options = Options()
    encoding: str = "utf-8"
    rejects: Path | None = None
    dry: bool = False
    max_bytes: int = 20_000_000_000


def ingest(path: Path, address: str, catalogue: str, request: Request) -> Ingested:
    """Ingests one file. Raises GeodataError with the file's faults, and LakeError; then the lake is as it was."""
    lake = open_lake(address)
    try:
        chosen = contents.chosen(lake, catalogue)
        held = contents.read(lake, ledger.latest(lake), chosen, series=False)
        header_row = int(request.options.mapping.get("header_row", 1))
        with open_readings(path, request.max_bytes, request.encoding, header_row) as opened:
            return _ingest(lake, address, held, opened, request)
    except ReadError as error:
        raise GeodataError([Fault(path.name, 0, "", str(error))]) from error
    finally:
        lake.close()


def _ingest(lake: Lake, address: str, held: Contents, opened: Opened, request: Request) -> Ingested:
    name = opened.original.name
    known = _known(held)
    options = request.options
    form: Format = recognise(opened, str(options.mapping.get("format", request.format)))
    query: Query = lake.query
    form.raw(query, opened, options)
    claims = form.claims(opened, options)
    settled = settle(query, claims, known, form.prefix, options)
    if settled.bad_rows and request.rejects is None:
        raise GeodataError(faults(query, claims, name, known, options))
    marks.ranges(query, known.parameters, _lowest_limits(held, known.parameters))
    query(f"CREATE OR REPLACE TEMP VIEW sound AS {_SOUND}")
    incoming = f"SELECT m.*, 'ingest' AS origin, $name AS file FROM ({marks.marked('sound')}) m"
    query(f"CREATE OR REPLACE TEMP TABLE incoming_readings AS {incoming}", {"name": name})
    digest = files.sha256(opened.original)
    if not request.dry:
        journal.keep(address, opened.original, digest)
    told = {"format": form.name, "options": _said(options), "rejected": settled.bad_rows}
    detail = {"file": name, "sha256": digest, **told}
    written = revise(lake, address, held.catalogue, COLUMNS, source=name, detail=detail, dry=request.dry)
    if settled.bad_rows and request.rejects:
        _write_rejects(query, request.rejects)
    return Ingested(name, form.name, settled, written)


_SOUND = """
    SELECT station || '.' || j.parameter || '.' || averaging || CASE WHEN method = '' THEN '' ELSE '.' || method END
               AS series,
           j.* EXCLUDE (wrong, local_start, local_end, no_end, whole_day, lasting),
           value * u.factor AS canonical, detection_limit * u.factor AS canonical_limit,
           uncertainty * u.factor AS canonical_uncertainty
    FROM judged j JOIN unit_factors u ON u.parameter = j.parameter AND u.unit = j.unit
    WHERE wrong = 0"""


def _write_rejects(query: Query, path: Path) -> None:
    """The rows that hold a bad claim, in the file's own columns, with their reasons in a last column ``faults``."""
    quoted = str(path).replace("'", "''")
    query(
        f"""
        COPY (SELECT r.* EXCLUDE (file_row), f.faults
              FROM raw r JOIN (SELECT file_row, string_agg(DISTINCT {reasons_sql()}, '; ') AS faults
                               FROM judged WHERE wrong <> 0 GROUP BY file_row) f USING (file_row)
              ORDER BY r.file_row)
        TO '{quoted}' (HEADER, DELIMITER ',')"""
    )


def _known(held: Contents) -> Known:
    places = {row.id: row.properties.get("aliases") for row in held.features}
    parameters = {body["id"]: from_plain(Parameter, body) for body in held.records.get(Parameter.kind, ())}
    return Known(places, parameters, [body["id"] for body in held.records.get(Source.kind, ())])


def _lowest_limits(held: Contents, parameters: Mapping[str, Parameter]) -> dict[str, float]:
    """The lowest legal limit of each parameter, in its canonical unit."""
    lowest: dict[str, float] = {}
    for body in held.records.get(Limit.kind, ()):
        limit = from_plain(Limit, body)
        try:
            value = limit.value * factor(limit.unit, parameters[limit.parameter].unit)
        except UnitError:
            continue
        lowest[limit.parameter] = min(value, lowest.get(limit.parameter, value))
    return lowest


def _said(options: Options) -> dict[str, Any]:
    return {"zone": options.zone, "label": options.label, "source": options.source, "mapping": dict(options.mapping)}
