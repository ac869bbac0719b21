"""Makes readings of imagery: what is missing or has changed is computed, and ingested as any file of readings is.

So the journal keeps the file, a rebuild reads it again, and every reading leads to a row, a file and a source.
Not here: which readings imagery gives (``load.outlined``), and computing them (``rasters.zonal``).
"""

import csv
import datetime as dt
import hashlib
import os
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from io import StringIO
from multiprocessing import get_context
from pathlib import Path

from mendmap.catalogue.imagery import Index, Raster
from mendmap.errors import LakeError
from mendmap.lake import contents, imagery, ledger
from mendmap.lake.connection import Lake, open_lake
from mendmap.lake.contents import Contents
from mendmap.lake.write import Written
from mendmap.load import differences
from mendmap.load.ingest import Request, ingest
from mendmap.load.outlined import Due, Imagery, Key, Left, digest_of, noted, plan
from mendmap.query.readings import ReadingQuery
from mendmap.rasters.zonal import Job, Measured, measure_all
from mendmap.rasters.zonal import wanted as expressed
from mendmap.readings.tidy import COLUMNS
from mendmap.words.phrases import joined
from mendmap.words.vocabulary import UNMEASURED

# Scenes from which further processes are sooner done than they have begun.
_MANY = 8
# Under clouds, or beyond the raster's edge, an area may be larger than what was seen of it. Less than this share of
# the outline unseen is less than an outline's own accuracy.
_WHOLE = 0.99
Row = dict[str, str]
# Of a scene, or of a difference.
AnyDue = Due | differences.Due


@dataclass(frozen=True, slots=True)
class Known:
    """A reading of imagery that the lake holds: the digest of what it was computed of, and what a row that takes it
    back repeats."""

    digest: str
    end: dt.datetime
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class Done:
    """What came of measuring: how many readings were ``known`` already, were ``computed``, of those ``missing`` for
    want of a clear view, were ``withdrawn``, and how many were ``unseen``: the raster lies elsewhere. So many
    ``differences`` were drawn anew. ``left`` names what nothing is computed of. ``written`` is None where nothing was
    to be written."""

    scenes: int
    known: int
    computed: int
    differences: int
    left: tuple[Left, ...]
    missing: int = 0
    withdrawn: int = 0
    unseen: int = 0
    written: Written | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of which rasters and sites (empty: all), on how many processes, and whether to compute and write at all; ``to``
    is a file that all of it is written to instead, also what the lake knows."""

    rasters: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    workers: int = 0
    dry: bool = False
    to: Path | None = None


def measure(address: str, catalogue: str, wanted: Wanted, tell: Callable[[str], None] = lambda _: None) -> Done:
    """Computes what the lake's imagery gives and the lake does not hold yet; takes back what it gives no more.

    ``tell`` is told of each scene that is done. Raises NotFoundError for names of nothing, RasterError for a file
    that cannot be read, LakeError for one that is gone, and GeodataError where a statistic's unit is not one of its
    parameter; then the lake is as it was.
    """
    with closing(open_lake(address)) as lake:
        chosen = contents.chosen(lake, catalogue)
        held = contents.read(lake, ledger.latest(lake), chosen, series=False)
        given = Imagery.of(held)
        every, left = planned(given, wanted.rasters, wanted.sites)
        known = {} if wanted.to else held_already(lake, held, given.sites)
    fresh = [each for each in every if not _is_known(each, known)]
    due = [each for each in fresh if isinstance(each, Due)]
    unmade = differences.missing(address, differences.asked(given, wanted.rasters))
    scenes = {raster.id for each in due for raster in each.rasters}
    done = Done(len(scenes), len(every) - len(fresh), len(fresh), len(unmade), left)
    if wanted.dry:
        return done
    with _processes(wanted.workers, len(unmade)) as executor:
        complaints = differences.compute(address, unmade, executor)
    seen = _seen(address, given, due, wanted.workers, tell)
    rows = {each.key: row for each in due if (row := _row(each, seen)) is not None}
    changed = [each for each in fresh if isinstance(each, differences.Due)]
    rows |= {each.key: row for each, row in differences.rows(address, changed)}
    gone = _gone(every, known, rows, whole=not (wanted.rasters or wanted.sites))
    done = replace(
        done,
        computed=len(rows),
        differences=sum(not why for why in complaints.values()),
        left=(*left, *(Left(ident, joined("", (why,))) for ident, why in complaints.items() if why)),
        missing=sum(row["quality"] == "missing" for row in rows.values()),
        withdrawn=len(gone),
        unseen=len(fresh) - len(rows),
    )
    content = _written_out([*rows.values(), *gone])
    if wanted.to:
        wanted.to.write_text(content, "utf-8")
        return done
    return replace(done, written=_ingested(address, chosen, content, fresh)) if rows or gone else done


def planned(
    given: Imagery, rasters: Collection[str] = (), sites: Collection[str] = ()
) -> tuple[list[AnyDue], tuple[Left, ...]]:
    """Every reading that imagery gives, of scenes and of differences, or only those of some ``rasters`` and ``sites``;
    and what it gives none of. Raises NotFoundError where one of the names is of nothing."""
    found = plan(given, rasters, sites)
    changes = differences.due(differences.asked(given, rasters), found.sites, given.zone)
    return [*found.due, *changes], found.left


def outstanding(address: str, catalogue: str) -> int:
    """How many readings the imagery of a catalogue may give that the lake does not hold as they would be now."""
    with closing(open_lake(address)) as lake:
        held = contents.read(lake, ledger.latest(lake), catalogue, series=False)
        given = Imagery.of(held)
        every, _ = planned(given)
        known = held_already(lake, held, given.sites) if every else {}
    return sum(not _is_known(each, known) for each in every)


def held_already(lake: Lake, held: Contents, sites: Collection[str]) -> dict[Key, Known]:
    """The readings of imagery that the lake holds of some sites."""
    if not sites:
        return {}
    chosen = contents.select(lake, held.snapshot, held.catalogue, ReadingQuery(stations=tuple(sites)))
    found = {}
    for batch in contents.rows(lake, chosen, ("series", "start", "end", "unit", "source", "note")):
        for row in batch.to_pylist():
            digest = digest_of(row["note"])
            if digest:
                start, end = (row[each].astimezone(dt.UTC) for each in ("start", "end"))
                found[row["series"], start] = Known(digest, end, row["unit"], row["source"])
    return found


def _is_known(due: AnyDue, known: Mapping[Key, Known]) -> bool:
    held = known.get(due.key)
    return held is not None and held.digest == due.digest


Seen = Mapping[tuple[str, str, str], Measured]  # by raster, statistic and site


def _seen(address: str, given: Imagery, due: Sequence[Due], workers: int, tell: Callable[[str], None]) -> Seen:
    found: dict[tuple[str, str, str], Measured] = {}
    by_scene: dict[str, list[Due]] = {}
    for each in due:
        for raster in each.rasters:
            by_scene.setdefault(raster.id, []).append(each)
    jobs = [_job(address, given.rasters[name], some, given.indices) for name, some in by_scene.items()]
    with _processes(workers, len(jobs)) as executor:
        for nth, (name, some) in enumerate(zip(by_scene, measure_all(jobs, executor), strict=True), 1):
            found |= {(each.raster, each.zonal, each.site): each for each in some}
            tell(f"{nth} of {len(jobs)}: {name}")
    return found


def _job(address: str, raster: Raster, due: Sequence[Due], indices: Mapping[str, Index]) -> Job:
    path = imagery.where(address, raster.sha256 or "")
    if not path.is_file():
        raise LakeError(f"the file of the raster {raster.id} is not in the lake; load the folder again")
    outlines = {each.site.outline.site: each.site.outline for each in due}
    zonal = {each.zonal.id: each.zonal for each in due}
    return Job(raster, path, expressed(zonal.values(), indices), tuple(outlines.values()))


@contextmanager
def _processes(workers: int, jobs: int) -> Iterator[Executor | None]:
    """So many processes (0: as many as there are processors) for work that is worth their start."""
    count = min(workers or os.cpu_count() or 1, jobs)
    if count < 2 or (not workers and jobs < _MANY):
        yield None
        return
    # Not forked: GDAL and DuckDB have threads.
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as executor:
        yield executor


def _row(due: Due, seen: Seen) -> Row | None:
    """A reading in our tidy columns; None where no raster of the day shows the site. Where several do, it is of the one
    that shows more."""
    all_of_day = [(each, seen[each.id, due.zonal.id, due.site.outline.site]) for each in due.rasters]
    some = [(raster, found) for raster, found in all_of_day if found.clear_share is not None]
    if not some:
        return None
    raster, best = max(some, key=lambda each: (each[1].clear_share or 0, each[0].id))
    short = due.zonal.statistic == "area_above" and (best.clear_share or 0) < _WHOLE
    return {
        "station": due.site.outline.site,
        "parameter": due.zonal.parameter,
        "averaging": "sample",
        "method": due.zonal.id,
        "start": due.start.isoformat(timespec="minutes"),
        "end": due.end.isoformat(timespec="minutes"),
        "qualifier": ">" if short and best.value is not None else "",
        "value": "" if best.value is None else _number(best.value),
        "unit": best.unit,
        "samples": str(round(best.pixels)),
        "quality": "missing" if best.value is None else "valid",
        "source": raster.source,
        "note": noted(_note(due, raster, best), due.digest),
    }


def _number(value: float) -> str:
    """Six digits, and none that arithmetic left: a share of 2e-11 % is none. A zero has no sign."""
    return f"{round(value, 6) + 0.0:.6g}"


def _note(due: Due, raster: Raster, best: Measured) -> str:
    clear = f"{100 * (best.clear_share or 0):.3g} % of the outline was seen clear"
    said = [f"Scene {raster.id}" if raster.shows == "scene" else f"Raster {raster.id}", clear]
    if best.value is None and best.reason:
        said.append(str(UNMEASURED[best.reason]).rstrip("."))
    if due.site.basis == "estimated":
        said.append("the outline is estimated")
    return "; ".join(said)


def _gone(every: Iterable[AnyDue], known: Mapping[Key, Known], rows: Collection[Key], *, whole: bool) -> list[Row]:
    """Rows that take back what was read of imagery and is not given by it any more: its raster is gone, or the outline
    lies elsewhere now. Only who looks at the ``whole`` can tell of the rasters."""
    due = {each.key: each for each in every}
    stale = [
        key
        for key, each in known.items()
        if key not in rows and (each.digest != due[key].digest if key in due else whole)
    ]
    return [_withdrawn(series, start, known[series, start]) for series, start in stale]


def _withdrawn(series: str, start: dt.datetime, held: Known) -> Row:
    station, parameter, averaging, method = (*series.split("."), "")[:4]
    return {
        "station": station,
        "parameter": parameter,
        "averaging": averaging,
        "method": method,
        "start": start.isoformat(),
        "end": held.end.isoformat(),
        "unit": held.unit,
        "quality": "withdrawn",
        "source": held.source,
        "note": "What it was computed of is not in the catalogue any more.",
    }


def _written_out(rows: Iterable[Row]) -> str:
    text = StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted(rows, key=lambda row: (row["station"], row["parameter"], row["method"], row["start"])))
    return text.getvalue()


def _ingested(address: str, catalogue: str, content: str, due: Iterable[AnyDue]) -> Written:
    """The file is named by its content, so that the rows of two files are never taken for those of one."""
    due = list(due)
    detail = {
        "rasters": {raster.id: raster.sha256 for each in due for raster in each.rasters},
        "outlines": {each.site.outline.site: each.site.digest for each in due},
    }
    with tempfile.TemporaryDirectory(prefix="mendmap-") as scratch:
        path = Path(scratch) / f"imagery-{hashlib.sha256(content.encode()).hexdigest()[:12]}.csv"
        path.write_text(content, "utf-8")
        return ingest(path, address, catalogue, Request(format="tidy", detail={"imagery": detail})).written
