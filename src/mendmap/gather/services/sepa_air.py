"""The automatic network of the Serbian Environmental Protection Agency, by its open data service: hourly means that are
preliminary, of the last 30 days, and its stations.

The service is asked for ``stations``, and for the ``observations`` of one station at a time, in moments of UTC. What it
has now is put together with what the recipe brought before, by station and month: what is older than the service
remembers stays. A station of ours is one of its own by the alias ``sepa:ID``, its number there, or by its EoI code, as
id or alias ``eea:CODE``; a parameter by the alias ``sepa:SYMBOL`` or by the address in the vocabulary aq/pollutant of
what the symbol stands for.

Every reading is preliminary, whatever the service calls it: its terms say that the data are not validated, and not
meant for regulatory assessment. They also say that a question that begins before the time it remembers is cut to it.
The names of members are those that public programs read; the service's own description of them (api/v1/metadata and
data-dictionary) could not be had when this was written. Not here: the tables of the agency's older data portal,
which says nothing of the zone of its times, and of which no address over https is known.
"""

import csv
import datetime as dt
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urljoin
from zoneinfo import ZoneInfo

import orjson
from shapely import Point

from mendmap.catalogue.gathered import Recipe
from mendmap.catalogue.records import Parameter
from mendmap.errors import FeedError, shown
from mendmap.gather.model import Answer, Ask, Place, ReadingsFile, Service
from mendmap.readings.fields import READING
from mendmap.readings.told import codes, parameter_codes
from mendmap.vectors.gathered import Found

_API = "https://opendata.kosava.cloud/api/v1"
_REMEMBERS = dt.timedelta(days=30)
# What the symbols of the service stand for in the vocabulary aq/pollutant.
_SYMBOLS = {
    "so2": "1", "pm10": "5", "o3": "7", "no2": "8", "nox": "9", "co": "10", "c6h6": "20", "no": "38",
    "pm2.5": "6001", "pm1": "6002",
}  # fmt: skip
_MISSING = -999.0
_COLUMNS = tuple(each.name for each in READING)
# A mean of fewer of the hour's minutes is noted: three quarters make an hour by the directive 2008/50/EC.
_ENOUGH = 0.75

_LAST = "readings that stand twice in an answer, of which the last is taken"
_NOT_HOURS = "values that are no means of an hour"
_NOT_ASKED = "stations that were not asked, because the time is over that the service remembers"


class Key(NamedTuple):
    """What tells a reading from others; moments are texts that sort by time."""

    station: str
    parameter: str
    start: str


def gather(recipe: Recipe, place: Place, ask: Ask) -> Answer:
    """The stations in the area where the recipe names a layer, else readings. Raises FeedError."""
    api = (recipe.url or _API).rstrip("/")
    stations = list(_rows(ask(f"{api}/stations"), f"{api}/stations"))
    if recipe.layer:
        return _stations(recipe, place, stations, f"{api}/stations")
    return _readings(recipe, place, ask, api, _ours(recipe, place, stations, f"{api}/stations"))


def _stations(recipe: Recipe, place: Place, stations: Iterable[Mapping[str, Any]], url: str) -> Answer:
    answer = Answer()
    west, south, east, north = place.box
    for each in stations:
        at = _place(each)
        if at is None:
            answer.left_out["stations whose place the service does not tell"] += 1
        elif west <= at.x <= east and south <= at.y <= north:
            answer.features.append(_found(each, at, url))
    if len(answer.features) > (most := place.settings.max_gather_features):
        raise FeedError(f"{len(answer.features)} stations, more than {most}; give the recipe a smaller box")
    return answer


def _found(station: Mapping[str, Any], at: Point, url: str) -> Found:
    ident, code = str(_member(station, "station_id", url)), str(station.get("station_code") or "").strip()
    aliases = [f"sepa:{ident}", *([f"eea:{code}"] if code else [])]
    name, town = (str(station.get(each) or "").strip() for each in ("station_name", "municipality"))
    properties = {"medium": "air", "aliases": "; ".join(aliases), "note": f"Municipality: {town}." if town else ""}
    names = {"": name} if name else {}
    return Found(f"station/{ident}", names, at, None, "The agency's list of stations.", properties)


def _place(station: Mapping[str, Any]) -> Point | None:
    try:
        x, y = float(station["longitude"]), float(station["latitude"])
    except (LookupError, TypeError, ValueError):
        return None
    # The place of no station is written as zero by zero, too.
    return Point(x, y) if abs(x) <= 180 and abs(y) <= 90 and (x, y) != (0, 0) else None


def _ours(recipe: Recipe, place: Place, stations: Iterable[Mapping[str, Any]], url: str) -> dict[str, str]:
    """The recipe's stations by their numbers at the service, in the order of these."""
    roles = {layer.id: layer.role for layer in place.geodata.catalogue.layers}
    ours = [each for each in place.geodata.features if roles[each.layer] == "station"]
    aliases = {each.id: each.properties.get("aliases") for each in ours}
    numbers, known = codes(aliases, "sepa"), codes(aliases, "eea")
    found = {}
    for each in stations:
        number, code = str(_member(each, "station_id", url)), str(each.get("station_code") or "").strip()
        ident = numbers.get(number.lower()) or known.get(code.lower(), "")
        if ident and ident in (recipe.stations or aliases):
            found[number] = ident
    if missing := set(recipe.stations) - set(found.values()):
        raise FeedError(
            f"{url}: no station {', '.join(sorted(missing))}; add its number there as the alias sepa:NUMBER"
        )
    if not found:
        raise FeedError(f"{url}: none of its stations is ours; add its number there as the alias sepa:NUMBER")
    return dict(sorted(found.items()))


def _parameters(recipe: Recipe, place: Place) -> dict[str, str]:
    """The recipe's parameters by the service's symbols, in lower case."""
    parameters = {each.id: each for each in place.geodata.records if isinstance(each, Parameter)}
    by_code = parameter_codes(parameters, "eea")
    known = {symbol: by_code[code] for symbol, code in _SYMBOLS.items() if code in by_code}
    aliases = codes({each.id: each.aliases for each in parameters.values()}, "sepa")
    known |= {symbol: ident for symbol, ident in aliases.items() if symbol != ident.lower()}
    found = {symbol: ident for symbol, ident in known.items() if ident in (recipe.parameters or parameters)}
    if missing := set(recipe.parameters) - set(found.values()):
        raise FeedError(
            f"parameter {', '.join(sorted(missing))}: add the service's symbol as an alias, such as sepa:SO2"
        )
    return found


def _readings(recipe: Recipe, place: Place, ask: Ask, api: str, stations: Mapping[str, str]) -> Answer:
    answer, parameters = Answer(), _parameters(recipe, place)
    kept = _kept(recipe, place, set(stations.values()), set(parameters.values()))
    begin, end = _times(recipe, place.geodata.catalogue.zone, dt.datetime.now(dt.UTC))
    for number, ident in stations.items():
        if begin >= end:
            answer.left_out[_NOT_ASKED] += 1
            continue
        asked = urlencode({"station_id": number, "from": _text(begin), "to": _text(end)})
        url = f"{api}/observations?{asked}"
        seen = set[Key]()
        for row in _rows(ask(url), url):
            reading = _reading(row, ident, parameters, recipe, url, answer.left_out)
            if reading is None or not _text(begin) <= reading["start"] < _text(end):
                continue
            key = Key(ident, reading["parameter"], reading["start"])
            answer.left_out[_LAST] += key in seen
            seen.add(key)
            kept[key] = reading
    answer.left_out = +answer.left_out
    answer.readings = list(_written(kept, place.folder / ".gather" / recipe.id))
    if not answer.readings:
        raise FeedError(f"{api}: no such reading; the service remembers {_REMEMBERS.days} days")
    return answer


def _times(recipe: Recipe, zone: str, now: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """From when to when to ask: the recipe's days that the service remembers, whole days of UTC where it has none."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    begin, end = today - _REMEMBERS, today + dt.timedelta(days=1)
    if recipe.period is None:
        return begin, end
    days = (recipe.period.first, recipe.period.last + dt.timedelta(days=1))
    first, after = (dt.datetime.combine(each, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC) for each in days)
    return max(begin, first), min(end, after)


def _reading(
    row: Mapping[str, Any],
    station: str,
    parameters: Mapping[str, str],
    recipe: Recipe,
    url: str,
    left_out: Counter[str],
) -> dict[str, str] | None:
    """A row of our own columns; None where it is of another parameter, or no mean of an hour."""
    symbol = str(_member(row, "parameter_code", url)).strip()
    parameter = parameters.get(symbol.lower())
    if parameter is None:
        if not recipe.parameters:
            left_out[f"readings of {shown(symbol)}, which is no parameter of the catalogue"] += 1
        return None
    if row.get("aggregation_type", "hourly_mean") != "hourly_mean":
        left_out[_NOT_HOURS] += 1
        return None
    value = _value(_member(row, "value", url), url)
    unit = re.sub(r"\.m-3$", "/m3", str(_member(row, "unit", url)).strip())
    return dict.fromkeys(_COLUMNS, "") | {
        "station": station,
        "parameter": parameter,
        "averaging": "1h",
        "start": _text(_moment(row, "time_start_utc", url)),
        "end": _text(_moment(row, "time_end_utc", url)),
        "value": value,
        "unit": unit,
        "quality": "preliminary" if value else "missing",
        "source": recipe.source,
        "note": _note(row),
    }


def _note(row: Mapping[str, Any]) -> str:
    """What the service says of a value beside its being preliminary."""
    status, coverage = row.get("data_status"), row.get("coverage")
    told = [f"The service calls it {status}."] if status not in (None, "preliminary") else []
    part = coverage if isinstance(coverage, int | float) and not isinstance(coverage, bool) else 1.0
    return " ".join([*told, *([f"Coverage of the hour: {part:g}."] if part < _ENOUGH else [])])


def _value(given: Any, url: str) -> str:
    """The value as the service prints it; blank where it has none."""
    if given is None or given == "":
        return ""
    try:
        number = float(given)
    except (TypeError, ValueError):
        raise FeedError(f"{url}: value is no number: {shown(given)}") from None
    if not abs(number) < float("inf"):
        raise FeedError(f"{url}: value is no number: {shown(given)}")
    return "" if number == _MISSING else str(given)


def _moment(row: Mapping[str, Any], name: str, url: str) -> dt.datetime:
    given = _member(row, name, url)
    try:
        found = dt.datetime.fromisoformat(given)
    except (TypeError, ValueError):
        raise FeedError(f"{url}: {name} is no moment: {shown(given)}") from None
    if found.tzinfo is None:
        raise FeedError(f"{url}: {name} has no offset from UTC: {shown(given)}")
    return found.astimezone(dt.UTC)


def _text(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _rows(path: Path, url: str) -> Iterator[Mapping[str, Any]]:
    """The objects of an answer: a list, or ``data`` of a document. Raises FeedError where it is neither, or where the
    document says that it has more."""
    try:
        document = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise FeedError(f"{url}: not JSON: {error}") from None
    rows = document.get("data") if isinstance(document, dict) else document
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        raise FeedError(f"{url}: neither a list of objects nor a document with such a list as data")
    total = document.get("total") if isinstance(document, dict) else None
    if isinstance(total, int) and total > len(rows):
        raise FeedError(f"{url}: {len(rows)} of {total} rows; name a shorter period")
    yield from rows


def _member(row: Mapping[str, Any], name: str, url: str) -> Any:
    if name not in row:
        raise FeedError(
            f"{url}: no {name} in {shown(sorted(row))}; {urljoin(url, 'data-dictionary')} says what the service calls "
            "things now"
        )
    return row[name]


def _kept(recipe: Recipe, place: Place, stations: set[str], parameters: set[str]) -> dict[Key, dict[str, str]]:
    """What the recipe brought before, of the stations and parameters that it still names."""
    found = {}
    for each in place.geodata.catalogue.readings:
        if each.recipe == recipe.id and not each.format:
            rows = csv.DictReader(io.StringIO(each.entry.path.read_text("utf-8")))
            for row in rows:
                if row["station"] in stations and row["parameter"] in parameters:
                    found[Key(row["station"], row["parameter"], row["start"])] = row
    return found


def _written(readings: Mapping[Key, Mapping[str, str]], folder: Path) -> Iterator[ReadingsFile]:
    """A file for each station and month of UTC, its rows in the order of parameters and times."""
    folder.mkdir(parents=True, exist_ok=True)
    parts: dict[str, list[Key]] = {}
    for key in sorted(readings):
        parts.setdefault(f"{key.station}-{key.start[:7]}.csv", []).append(key)
    for name, keys in parts.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, _COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(readings[key] for key in keys)
        yield ReadingsFile(name, folder / name)


SERVICE = Service(
    name="sepa_air",
    documentation=(
        "The agency's high-value data set at opendata.kosava.cloud (pages api-docs of version 1.2.0, legal/dataset, "
        "legal/terms). These name the addresses, but not the members of an answer: those are as public programs that "
        "read its stations and observations expect them."
    ),
    gather=gather,
    url=_API,
)
