"""OGC SensorThings 1.1 JSON: Datastreams with expanded Observations, Observations with an expanded Datastream, or
a data array. Not here: fetching the pages of a service.

A page must be whole in itself: where a Datastream's own observations go on behind a link, the file is refused.
SensorThings has no word for a non-detect; ``resultQuality`` and ``parameters`` may hold ``qualifier``,
``detectionLimit``, ``uncertainty``, ``samples`` and ``quality``, and a result may be a text such as ``<0.5``.
"""

import datetime as dt
import hashlib
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from mendmap.errors import shown
from mendmap.readings.claims import CLAIM, Options, Query
from mendmap.readings.formats.sql import name, raw_from_rows, selected
from mendmap.readings.opened import Opened, ReadError
from mendmap.words.fields import Field

# orjson holds the whole document; services hand out pages far smaller than this.
MAX_BYTES = 128 * 2**20
_MARKS = re.compile(r'"(@iot\.[A-Za-z.]+|Observations|phenomenonTime|dataArray|unitOfMeasurement)"\s*:')
_SPANS = {600: "10min", 900: "15min", 3600: "1h", 28800: "8h", 86400: "24h", 0: "instant"}
_QUALITIES = {"good": "valid", "bad": "invalid", "questionable": "preliminary", "suspect": "preliminary"}
_RAW = (*CLAIM[1:], "observation", "phenomenonTime")


class SensorThings:
    """SensorThings. The station is the Thing's id, else its name; the parameter the ObservedProperty's name.

    A Thing may observe a property twice over, so the method is the Datastream's id, else its name, whatever else
    stands on the page: the next page may hold the other one.
    """

    name = "sensorthings"
    about = "OGC SensorThings 1.1 JSON, Datastreams with their Observations"
    prefix = "sta"
    columns: tuple[Field, ...] = (
        Field("Thing", "text", "The station: its @iot.id, else its name.", required=True),
        Field("ObservedProperty", "text", "What was measured: its name, else the Datastream's.", required=True),
        Field("Datastream", "text", "The method: its @iot.id, else its name."),
        Field("unitOfMeasurement", "text", "Unit: symbol, else definition.", required=True),
        Field("phenomenonTime", "moment", "Moment, or begin/end.", required=True),
        Field("result", "number", "Value, as a number or a text; null where it is missing."),
        Field("resultQuality", "text", "Quality in a word, or an object with qualifier and detectionLimit."),
        Field("parameters", "text", "An object with qualifier, detectionLimit, uncertainty, samples, quality."),
    )

    def recognises(self, file: Opened) -> bool:
        """By the names that SensorThings gives to its members."""
        return file.kind == "json" and _MARKS.search(file.head) is not None

    def raw(self, query: Query, file: Opened, options: Options) -> None:
        """A row an observation."""
        size = file.path.stat().st_size
        if size > MAX_BYTES:
            raise ReadError(f"{size} bytes of JSON; fetch pages of at most {MAX_BYTES}")
        try:
            content = file.path.read_bytes().removeprefix(b"\xef\xbb\xbf")
            document = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise ReadError(f"not JSON: {str(error)[:200]}") from None
        rows = ((number, _row(*each, number)) for number, each in enumerate(_observations(document), 1))
        raw_from_rows(query, file, _RAW, rows)

    def claims(self, file: Opened, options: Options) -> str:
        """The columns themselves: ``raw`` has them taken from the document."""
        return selected({each: name(each) for each in CLAIM[1:]})


Object = Mapping[str, Any]


def _observations(document: Any) -> Iterator[tuple[Object, Object]]:
    """Every observation with its Datastream."""
    entries = document.get("value", [document]) if isinstance(document, dict) else document
    if not isinstance(entries, list):
        raise ReadError("no SensorThings: value is no list")
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict):
            raise ReadError(f"entry {number} is no object")
        if "dataArray" in entry:
            yield from _array(entry, number)
        elif "Observations" in entry:
            yield from _expanded(entry, number)
        elif "phenomenonTime" in entry and "result" in entry:
            yield _stream(entry, number), entry
        else:
            raise ReadError(f"entry {number} has no Observations; ask the service for $expand=Observations")


def _expanded(entry: Object, number: int) -> Iterator[tuple[Object, Object]]:
    if entry.get("Observations@iot.nextLink"):
        raise ReadError(
            f"Datastream {number} is not whole: more of its Observations stand behind a nextLink; "
            "ask for more of them with $top within $expand, or for the Observations by themselves"
        )
    for each in _list(entry["Observations"], f"Observations of Datastream {number}"):
        if not isinstance(each, dict):
            raise ReadError(f"an observation of Datastream {number} is no object")
        yield entry, each


def _array(entry: Object, number: int) -> Iterator[tuple[Object, Object]]:
    stream = _stream(entry, number)
    names = _list(entry.get("components"), f"components of entry {number}")
    for values in _list(entry["dataArray"], f"dataArray of entry {number}"):
        if not isinstance(values, list) or len(values) != len(names):
            raise ReadError(f"a row of the dataArray of entry {number} does not have its {len(names)} components")
        yield stream, {str(key): value for key, value in zip(names, values, strict=True)}


def _stream(entry: Object, number: int) -> Object:
    stream = entry.get("Datastream")
    if not isinstance(stream, dict):
        raise ReadError(f"entry {number} does not name its Datastream; ask the service for $expand=Datastream")
    return stream


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise ReadError(f"{what}: no list")
    return value


def _row(stream: Object, observation: Object, number: int) -> list[str]:
    thing, observed = _object(stream, "Thing"), _object(stream, "ObservedProperty")
    unit = _object(stream, "unitOfMeasurement")
    said = {**_object(observation, "parameters"), **_object(observation, "resultQuality")}
    start, end, averaging = _interval(observation.get("phenomenonTime"), number)
    result = _text(observation.get("result"), number)
    sign = next((each for each in "<>" if result.startswith(each)), _text(said.get("qualifier"), number))
    limit = _text(said.get("detectionLimit"), number)
    ident = thing.get("@iot.id")
    row = {
        "station": _text(thing.get("name") if ident is None else ident, number),
        "parameter": _text(observed.get("name") or stream.get("name"), number),
        "averaging": averaging,
        "method": _method(stream, number),
        "start": start,
        "end": end,
        "qualifier": sign,
        "value": (result.removeprefix(sign).strip() if sign else result) or (limit if sign else ""),
        "unit": _text(unit.get("symbol") or unit.get("definition"), number),
        "detection_limit": limit,
        "uncertainty": _text(said.get("uncertainty"), number),
        "samples": _text(said.get("samples"), number),
        "quality": _quality(observation, said, result, sign, number),
        "observation": _text(observation.get("@iot.id"), number),
        "phenomenonTime": _text(observation.get("phenomenonTime"), number),
    }
    return [row.get(each, "") for each in _RAW]


def _method(stream: Object, number: int) -> str:
    """An id of the Datastream; one too long, or with nothing that an id may hold, is told by its hash."""
    ident = stream.get("@iot.id")
    given = _text(stream.get("name") if ident is None else ident, number)
    plain = re.sub(r"[^A-Za-z0-9-]+", "_", given).strip("_")
    if given and not (plain and len(plain) < 60):
        plain = hashlib.sha256(given.encode("utf-8", "replace")).hexdigest()[:16]
    return f"datastream_{plain}" if plain else ""


def _object(entry: Object, key: str) -> Object:
    found = entry.get(key)
    return found if isinstance(found, dict) else {}


def _text(value: Any, number: int) -> str:
    if isinstance(value, list | dict):
        raise ReadError(f"observation {number}: {shown(value)} where one value is expected")
    if isinstance(value, float) and not math.isfinite(value):
        raise ReadError(f"observation {number}: a number too large")
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value).strip()


def _interval(time: Any, number: int) -> tuple[str, str, str]:
    """Start, end and averaging of a phenomenonTime; a moment is an instant and has no end."""
    start, _, end = _text(time, number).partition("/")
    if not end:
        return start, "", "instant"
    try:
        span = (dt.datetime.fromisoformat(end) - dt.datetime.fromisoformat(start)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return start, end, ""
    return start, end, _SPANS.get(int(span), "")


def _quality(observation: Object, said: Object, result: str, sign: str, number: int) -> str:
    if not result and not sign:
        return "missing"
    stated = observation.get("resultQuality")
    word = stated if isinstance(stated, str) else _text(said.get("quality"), number)
    return _QUALITIES.get(word.lower(), word.lower()) or "preliminary"
