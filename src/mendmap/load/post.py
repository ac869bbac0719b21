"""The bodies of posts: JSON or CSV in our tidy columns becomes rows of the lake, checked as our files are.

Not here: keys (``lake.keys``), and committing (``load.intake``).
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from mendmap.catalogue.records import Limit, Parameter, Source
from mendmap.catalogue.tables import Placed, text_rows
from mendmap.errors import BadRequestError, Fault, GeodataError, MediaTypeError, TooLargeError, not_one_of
from mendmap.lake import contents
from mendmap.lake.connection import Lake
from mendmap.lake.ledger import Snapshot
from mendmap.lake.schema import KEYS
from mendmap.lake.write import Around
from mendmap.load.write import readings_table
from mendmap.readings import marks, tidy
from mendmap.words.fields import Known

JSON, CSV = "application/json", "text/csv"
# The order in which revise wants readings, and in which marks look at neighbours.
_ORDER = [(name, "ascending") for name in ("series", "start_at")]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What readings may name, as it stood at the snapshot of a ledger number. ``limits`` are the lowest legal limits of
    parameters, in their canonical units."""

    number: int
    catalogue: str
    parameters: Mapping[str, Parameter]
    limits: Mapping[str, float]
    known: Known


@dataclass(frozen=True)
class Body:
    """A body as it came, and its media type: ``JSON`` or ``CSV``."""

    content: bytes
    media_type: str

    @cached_property
    def sha256(self) -> str:
        """Its name in the journal and in the ledger."""
        return hashlib.sha256(self.content).hexdigest()


def vocabulary(lake: Lake, snapshot: Snapshot, catalogue: str) -> Vocabulary:
    """What readings of a catalogue may name at a snapshot."""
    held = contents.read(lake, snapshot, catalogue, series=False)
    parameters = held.of(Parameter)
    known = {"feature": set(held.features.ids), "parameter": set(parameters), "source": set(held.of(Source))}
    limits = marks.lowest_limits(held.of(Limit).values(), parameters)
    return Vocabulary(snapshot.number, catalogue, parameters, limits, known)


def rows(body: Body, most: int) -> list[Placed]:
    """The rows of a body, each with its number: the line of the CSV, or the place in the array, from 1.

    CSV has a header and a row a reading; JSON is an array of objects, alone or as the only member ``readings``. The
    columns are those of ``readings.fields``; numbers stay as they are written. Raises BadRequestError where it is
    neither, GeodataError where a row is none, and TooLargeError over ``most`` rows.
    """
    try:
        text = body.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found_there = f"byte {error.start} is {body.content[error.start]:#04x}"
        raise BadRequestError(f"the body is not UTF-8: {found_there}") from None
    if body.media_type == CSV:
        found, wrong = text_rows(text, tidy.COLUMNS)
        faults = [Fault("body", *each) for each in wrong]
    elif body.media_type == JSON:
        found, faults = _json_rows(text)
    else:
        raise MediaTypeError(not_one_of("not a kind of body that is read", body.media_type, (JSON, CSV)))
    if len(found) > most:
        bound = f"at most {most} are taken at a time (setting MENDMAP_MAX_POST_ROWS)"
        raise TooLargeError(f"{len(found)} readings; {bound}")
    if not found and not faults:
        faults = [Fault("body", 0, "", "no readings")]
    if faults:
        raise GeodataError(faults)
    return found


def _json_rows(text: str) -> tuple[list[Placed], list[Fault]]:
    try:
        # Numbers as they are written, so that one rule reads those of JSON and of CSV.
        document = json.loads(text, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_once)
        if "\\ud" in text.lower():
            json.dumps(document, ensure_ascii=False).encode()
    except RecursionError:
        raise BadRequestError("the body is not JSON: nested too deep") from None
    except UnicodeEncodeError:
        raise BadRequestError("the body holds half of a character: a lone surrogate") from None
    except ValueError as error:
        raise BadRequestError(f"the body is not JSON: {error}") from None
    listed = document["readings"] if isinstance(document, dict) and set(document) == {"readings"} else document
    if not isinstance(listed, list):
        raise BadRequestError('the body is neither an array of readings nor {"readings": [...]}')
    faults = [Fault("body", n, "", "not an object") for n, row in enumerate(listed, 1) if not isinstance(row, dict)]
    return list(enumerate(listed, 1)), faults


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, each of whose names stands once: of two values nobody can tell which is meant."""
    found = dict(pairs)
    if len(found) < len(pairs):
        name = next(name for nth, (name, _) in enumerate(pairs) if name in dict(pairs[:nth]))
        raise ValueError(not_one_of("a name stands twice in one object", name, ()))
    return found


def table(body: Body, placed: Sequence[Placed], words: Vocabulary, now: dt.datetime) -> pa.Table:
    """The readings of a body as rows of the lake, in the order of series and start, with the marks that they bear
    ``now``. Raises GeodataError with every fault."""
    name = f"post-{body.sha256[:16]}"
    readings, faults = tidy.checked(placed, words.parameters, words.known, name)
    if faults:
        raise GeodataError(faults)
    ordered = sorted(readings, key=lambda each: (each.series, each.start))
    return readings_table(ordered).append_column("marks", _marks(ordered, words, now))


def _marks(readings: Sequence[tidy.Reading], words: Vocabulary, now: dt.datetime) -> pa.Array:
    series = {each.series: nth for nth, each in enumerate(readings)}
    usual = [words.parameters[each.parameter] for each in readings]
    rows = marks.Rows(
        series=np.array([series[each.series] for each in readings]),
        start=np.array([marks.epoch_us(each.start) for each in readings]),
        value=_floats(each.canonical for each in readings),
        detection_limit=_floats(each.canonical_limit for each in readings),
        qualifier=np.array([marks.QUALIFIERS[each.qualifier] for each in readings]),
        least=_floats(each.least for each in usual),
        greatest=_floats(each.greatest for each in usual),
        limit=_floats(words.limits.get(each.id) for each in usual),
    )
    return marks.texts(marks.bits(rows, marks.epoch_us(now)))


def _floats(cells: Iterable[float | None]) -> marks.Floats:
    """Blank numbers are NaN."""
    return np.array(list(cells), np.float64)


def together(tables: Sequence[pa.Table]) -> pa.Table:
    """The readings of one commit, in the order of series and start: what several posts state alike is taken from the
    first of them."""
    if len(tables) == 1:
        return tables[0]
    whole = pa.concat_tables(tables)
    seen: dict[tuple[Any, ...], int] = {}
    for nth, key in enumerate(columns(whole, KEYS["readings"])):
        seen.setdefault(key, nth)
    return whole.take(list(seen.values())).sort_by(_ORDER)


def around(readings: pa.Table) -> Around:
    """How many readings there are, and the bounds they lie in."""
    series, start = readings["series"].to_pylist(), readings["start_at"].to_pylist()
    return Around(len(series), min(series), max(series), min(start), max(start))


def columns(readings: pa.Table, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """The cells of some columns, a tuple a row."""
    return zip(*(readings[name].to_pylist() for name in names), strict=True)
