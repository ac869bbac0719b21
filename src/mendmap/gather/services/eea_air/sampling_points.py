"""The European Environment Agency's list of sampling points: which station each is of, and where that stands.

A CSV, or a zip with one, a row for each sampling point and pollutant, of all of Europe. Not here: asking for it, and
the readings (``adapter``).
"""

import csv
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shapely import Point

from mendmap.errors import FeedError, ReadError, shown
from mendmap.geo.measure import distance_m
from mendmap.readings.unpack import unpacked
from mendmap.vectors.gathered import Found

_STATION, _NAME, _POINT = "Air Quality Station EoI Code", "Air Quality Station Name", "Sampling Point Id"
_REQUIRED = (_STATION, _NAME, _POINT, "Longitude", "Latitude")
_ZONE = re.compile(r"UTC(?:([+-])(\d{1,2}))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SamplingPoint:
    """A sampling point: its ``id``, the EoI code of its ``station``, where it is (None: the list does not tell), the
    ``zone`` of its days (blank: not told), and the list's other ``columns``, which may be missing."""

    id: str
    station: str
    name: str
    place: Point | None
    zone: str
    columns: Mapping[str, str]


def read(path: Path, url: str, max_bytes: int) -> list[SamplingPoint]:
    """Every sampling point of the list that was fetched from ``url``, once, in its order; at most ``max_bytes`` come
    out of it. Raises FeedError that says what is missing."""
    with tempfile.TemporaryDirectory(prefix="mendmap-") as scratch:
        try:
            plain = unpacked(path, Path(scratch), max_bytes)
            with plain.open(encoding="utf-8-sig", newline="") as stream:
                found = {each.id: each for each in _points(csv.DictReader(stream), url)}
        except (ReadError, csv.Error, UnicodeDecodeError) as error:
            raise FeedError(f"{url}: not the agency's list of sampling points: {error}") from None
    if not found:
        raise FeedError(f"{url}: the agency's list of sampling points is empty")
    return list(found.values())


def _points(rows: "csv.DictReader[str]", url: str) -> Iterator[SamplingPoint]:
    missing = [each for each in _REQUIRED if each not in (rows.fieldnames or ())]
    if missing:
        raise FeedError(f"{url}: not the agency's list of sampling points: no column {', '.join(missing)}")
    for row in rows:
        station, ident = _cell(row, _STATION), _cell(row, _POINT)
        if station and ident:
            yield SamplingPoint(ident, station, _cell(row, _NAME), _place(row), _zone(_cell(row, "Timezone")), row)


def stations(points: Iterable[SamplingPoint], accuracy_m: float | None) -> tuple[list[Found], Counter[str]]:
    """The stations that have some points, as features; and what was left out, by why.

    A station stands where most of its points do. The list does not tell how exactly: it may be off by ``accuracy_m``,
    or by as much as another of its points is from there, where that is more.
    """
    of: dict[str, list[SamplingPoint]] = defaultdict(list)
    for each in points:
        of[each.station].append(each)
    found = [_station(code, some, accuracy_m) for code, some in sorted(of.items())]
    placed = [each for each in found if each]
    left_out = Counter({"stations whose place the agency does not tell": len(found) - len(placed)})
    return placed, +left_out


def _station(code: str, points: list[SamplingPoint], accuracy_m: float | None) -> Found | None:
    places = Counter(each.place for each in points if each.place)
    if not places:
        return None
    place = min(places, key=lambda each: (-places[each], each.x, each.y))
    off = max(distance_m(place, each) for each in places)
    one = next(each for each in points if each.place == place)
    altitude = _number(one.columns.get("Altitude"))
    metres = _cell(one.columns, "Altitude Unit").lower() in ("", "m")
    properties = {
        "medium": "air",
        "aliases": "; ".join(f"eea:{each}" for each in (code, *sorted({each.id for each in points}))),
        "operator": _cell(one.columns, "Air Quality Network Name"),
        "elevation_m": altitude if metres and altitude is not None and altitude > -500 else None,
        "note": _note(one.columns),
    }
    names = {"": one.name} if one.name else {}
    further = round(off, 1) if off > (accuracy_m or 0) else None
    return Found(code, names, place, further, "The agency's list of sampling points.", properties)


def _note(columns: Mapping[str, str]) -> str:
    kind, area = (_cell(columns, f"Air Quality Station {each}") for each in ("Type", "Area"))
    told = [("Type of station", kind), ("type of area", area)]
    text = "; ".join(f"{what}: {word}" for what, word in told if word)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _place(row: Mapping[str, str]) -> Point | None:
    x, y = _number(row["Longitude"]), _number(row["Latitude"])
    return Point(x, y) if x is not None and y is not None and abs(x) <= 180 and abs(y) <= 90 else None


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def _zone(text: str) -> str:
    """``UTC+01``, or its address in the vocabulary aq/timezone, as the name of a zone, which counts the other way
    round: Etc/GMT-1."""
    found = _ZONE.fullmatch(text.rpartition("/")[2])
    if not found:
        return ""
    sign, hours = found.group(1) or "+", int(found.group(2) or 0)
    return f"Etc/GMT{'-' if sign == '+' else '+'}{hours}" if hours else "UTC"


def _cell(row: Mapping[str, str], column: str) -> str:
    # Names come in quotes within the quotes of the CSV.
    text = row.get(column)
    return text.strip().strip('"').strip() if isinstance(text, str) else ""


def named_by(name: str, stations: Iterable[str]) -> str:
    """The one of some EoI codes that stands in a name of a sampling point as a word, such as XX0001A in
    SPO-XX0001A_00001_100; blank where none does."""
    words = set(re.split(r"[^0-9A-Za-z]+", name))
    return next((each for each in stations if each in words), "")


def zone_of(points: Iterable[SamplingPoint], codes: Sequence[str]) -> str:
    """The zone of the days of a station, by its EoI codes. Raises FeedError where the list does not tell one."""
    zones = {each.zone for each in points if each.station in codes}
    if len(zones) != 1 or not (zone := zones.pop()):
        called = shown(", ".join(codes))
        raise FeedError(f"the agency's list does not tell one zone of days of station {called}; give the zone")
    return zone
