"""Ingests files of readings into a catalogue of the lake: recognised, settled, marked, and written in one
transaction a file. Not here: each of these steps.
"""

import datetime as dt
from collections.abc import Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from mendmap.catalogue.records import Limit, Parameter, Source
from mendmap.errors import Fault, GeodataError, not_one_of
from mendmap.lake import contents, journal, ledger
from mendmap.lake.connection import Lake, open_lake
from mendmap.lake.contents import Contents
from mendmap.lake.write import Around, Written, revise
from mendmap.load.assess import after_readings
from mendmap.query.times import AsOf
from mendmap.readings import marks
from mendmap.readings.claims import Format, Options, Query
from mendmap.readings.explain import faults, reasons_sql
from mendmap.readings.formats import recognise
from mendmap.readings.formats.sql import text
from mendmap.readings.opened import Opened, ReadError, open_readings
from mendmap.readings.settle import Settled, settle
from mendmap.readings.told import Referents

COLUMNS = [
    "series", "start_at", "end_at", "qualifier", "value", "unit", "detection_limit", "uncertainty",
    "samples", "canonical", "canonical_limit", "canonical_uncertainty", "quality", "flags", "marks", "source", "note",
    "file", "file_row",
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
    refuses the file), and whether to write at all. A rebuild ingests the kept file ``again`` as a row of the ledger
    says."""

    format: str = "auto"
    options: Options = Options()
    encoding: str = "utf-8"
    rejects: Path | None = None
    dry: bool = False
    max_bytes: int = 20_000_000_000
    again: ledger.Row | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)  # what else the ledger keeps of it


def ingest(path: Path, address: str, catalogue: str, request: Request) -> Ingested:
    """Ingests one file. Raises GeodataError with the file's faults, and LakeError; then the lake is as it was."""
    with closing(open_lake(address)) as lake:
        chosen = contents.chosen(lake, catalogue)
        told = _told(request)
        at = ledger.known(lake, chosen, AsOf(number=told["vocabulary"])) if told else ledger.latest(lake)
        held = contents.read(lake, at, chosen, series=False)
        try:
            with (
                open_readings(path, request.max_bytes, request.encoding, request.options.header_row) as opened,
                nullcontext() if request.dry else journal.copying(address, path) as copy,
            ):
                lake.bound(opened.scratch)
                return _ingest(lake, address, held, opened, copy, request)
        except ReadError as error:
            raise GeodataError([Fault(path.name, 0, "", str(error))]) from error


def _ingest(
    lake: Lake, address: str, held: Contents, opened: Opened, copy: journal.Copy | None, request: Request
) -> Ingested:
    name = _told(request).get("file", opened.original.name)
    known = _known(held)
    options = request.options
    if options.source and options.source not in known.sources:
        raise GeodataError([Fault(name, 0, "source", not_one_of("no such source", options.source, known.sources))])
    form: Format = recognise(opened, str(options.mapping.get("format", request.format)))
    query: Query = lake.query
    form.raw(query, opened, options)
    claims = form.claims(opened, options)
    marks.ranges(query, known.parameters, marks.lowest_limits(held.of(Limit).values(), known.parameters))
    settled = settle(query, claims, known, form.prefix, options, opened.scratch, _now(request))
    if settled.bad_rows and request.rejects is None:
        raise GeodataError(faults(query, claims, name, known, options, form.prefix))
    query("CREATE OR REPLACE TEMP TABLE ingested AS SELECT $name AS file", {"name": name})
    query(f"CREATE OR REPLACE TEMP VIEW incoming_readings AS {_SOUND}")
    told = {"format": form.name, "options": _said(options), "encoding": request.encoding, "rejected": settled.bad_rows}
    digest, keep = (copy.sha256, copy.land) if copy else ("", None)
    detail = {"file": name, "sha256": digest, **told, "vocabulary": held.snapshot.number, **request.detail}
    how: Any = {"source": name, "detail": detail, "dry": request.dry, "again": request.again, "keep": keep}
    how["derive"] = partial(after_readings, lake, held.catalogue)
    written = revise(lake, address, held.catalogue, COLUMNS, _around(query, settled), **how)
    if settled.bad_rows and request.rejects:
        _write_rejects(query, request.rejects)
    return Ingested(name, form.name, settled, written)


_SOUND = """
    SELECT j.* EXCLUDE (position, station, parameter, averaging, method, factor, wrong),
           j.value * j.factor AS canonical,
           j.detection_limit * j.factor AS canonical_limit, j.uncertainty * j.factor AS canonical_uncertainty,
           coalesce(o.marks, '') AS marks, i.file
    FROM judged j LEFT JOIN odd o ON o.position = j.position CROSS JOIN ingested i
    WHERE j.wrong = 0"""


def _around(query: Query, settled: Settled) -> Around:
    # Bounds of all claims hold for the sound ones too, and need no look at what is joined to them.
    series = "(SELECT min(series) FROM contexts), (SELECT max(series) FROM contexts)"
    return Around(settled.sound, *query(f"SELECT {series}, min(start_at), max(start_at) FROM settled").fetchone())


def _write_rejects(query: Query, path: Path) -> None:
    """The rows that hold a bad claim, in the file's own columns, with their reasons in a last column ``faults``."""
    query(
        f"""
        COPY (SELECT r.* EXCLUDE (file_row), f.faults
              FROM raw r JOIN (SELECT file_row, string_agg(DISTINCT {reasons_sql()}, '; ') AS faults
                               FROM judged WHERE wrong <> 0 GROUP BY file_row) f USING (file_row)
              ORDER BY r.file_row)
        TO {text(str(path))} (HEADER, DELIMITER ',')"""
    )


def _known(held: Contents) -> Referents:
    bodies = held.features.bodies(range(len(held.features)))
    places = {ident: body.get("aliases") for ident, body in zip(held.features.ids, bodies, strict=True)}
    return Referents(places, held.of(Parameter), list(held.of(Source)))


def _told(request: Request) -> dict[str, Any]:
    """What the ledger says of the ingest that is made again."""
    return dict(orjson.loads(request.again.detail)) if request.again else {}


def _now(request: Request) -> int:
    """The moment of the ingest, in microseconds since 1970."""
    return marks.epoch_us(request.again.moment if request.again else dt.datetime.now(dt.UTC))


def _said(options: Options) -> dict[str, Any]:
    return {"zone": options.zone, "label": options.label, "source": options.source, "mapping": dict(options.mapping)}
