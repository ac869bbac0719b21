"""The Water Quality Portal of the United States: its stations, and the results of those that the catalogue has.

Where the recipe names a layer, stations within the box, each with the alias ``wqx:`` and its identifier; else a file
of results for each station that has such an alias, as the portal sends it (``readings.formats.wqx``), without the
rows that the catalogue cannot read. Parameters are asked for by the part before the first ``|`` of their aliases
``wqx:Characteristic|Fraction``. ``select`` holds further parameters of the portal, such as
``siteType=Stream;sampleMedia=Water``. ``url`` may be https://www.waterqualitydata.us/wqx3, whose columns are those of
WQX 3.0: the older address has had no new results of the Geological Survey since March 2024.

Written from the portal's guide to its web services and its user guide (waterqualitydata.us/webservices_documentation
and /portal_userguide), and held against the requests and recorded answers of the program dataretrieval (Python); that
an answer may end in a line that calls it incomplete is known from programs that met it, and that /wqx3 does not heed
``providers`` from issue 856 of DOI-USGS/dataRetrieval. The profiles ``resultPhysChem`` and ``fullPhysChem`` are asked
for, because the narrow ones do not say which results are of quality control (the portal's own ResultColumn.java and
its test). Positions in NAD83 are taken as WGS 84, which are within 2 m of
each other; those in NAD27 are turned by PROJ; where the datum is another or is not told, a position may be 200 m off,
and says so.
Not here: what of a row is a reading (``readings.formats.wqx``).
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import shapely

from mendmap.catalogue.gathered import Recipe
from mendmap.errors import FeedError, not_one_of
from mendmap.feeds.guarded import named
from mendmap.gather.model import Answer, Ask, Place, Service
from mendmap.gather.services import readings
from mendmap.gather.services.features import Features, Selection
from mendmap.gather.services.pages import Pages, below, degrees, queried
from mendmap.geo.crs import crs

PREFIX = "wqx"
# What a recipe may add; the rest it says in columns of its own.
_MORE = (
    *("siteType", "sampleMedia", "organization", "huc", "providers", "characteristicType", "project", "assemblage"),
    *("countrycode", "statecode", "countycode", "minactivities", "minresults"),
)
_METRES = {"m": 1.0, "meters": 1.0, "meter": 1.0, "ft": 0.3048, "feet": 0.3048, "km": 1000.0}
# How far from WGS 84 positions of a datum are once they are turned to it, in metres.
_DATUMS = {"WGS84": 0.0, "NAD83": 2.0, "NAD27": 10.0}
_UNKNOWN_DATUM_M = 200.0
# How the last line of an answer begins that the portal could not bring to its end, when its status is 200 already.
_CUT = b"ERROR: INCOMPLETE DATA"
# By what tells the edition of a file of results: the column that tells samples from quality control.
_KINDS = {"MonitoringLocationIdentifier": "ActivityTypeCode", "Location_Identifier": "Activity_TypeCode"}
# The columns of a station that are made of its row.
_MADE = ("aliases", "operator", "note", "method", "accuracy_m")


@dataclass(frozen=True, slots=True)
class _Columns:
    """What an edition of the portal calls the columns of a station that are needed, and those that may be there."""

    ident: str
    name: str
    type: str
    latitude: str
    longitude: str
    datum: str
    accuracy: str
    accuracy_unit: str
    method: str
    operator: str


_LEGACY = _Columns(
    "MonitoringLocationIdentifier",
    "MonitoringLocationName",
    "MonitoringLocationTypeName",
    "LatitudeMeasure",
    "LongitudeMeasure",
    "HorizontalCoordinateReferenceSystemDatumName",
    "HorizontalAccuracyMeasure/MeasureValue",
    "HorizontalAccuracyMeasure/MeasureUnitCode",
    "HorizontalCollectionMethodName",
    "OrganizationFormalName",
)
_WQX3 = _Columns(
    "Location_Identifier",
    "Location_Name",
    "Location_Type",
    "Location_Latitude",
    "Location_Longitude",
    "Location_HorzCoordReferenceSystemDatum",
    "Location_HorzAccuracyMeasure",
    "Location_HorzAccuracyMeasureUnit",
    "Location_HorzCollectionMethod",
    "Org_FormalName",
)


def _gather(recipe: Recipe, place: Place, ask: Ask) -> Answer:
    return _stations(recipe, place, ask) if recipe.layer else _results(recipe, place, ask)


def _url(recipe: Recipe) -> str:
    return recipe.url or SERVICE.url


def _asked(recipe: Recipe, of: str, given: Mapping[str, str]) -> str:
    """The address of a search: of stations, or of results."""
    more = dict(each.strip().partition("=")[::2] for each in (recipe.select or "").split(";") if each.strip())
    for name in more:
        if name not in _MORE:
            raise FeedError(not_one_of(f"select of recipe {recipe.id}: no parameter of the portal", name, _MORE))
    during = {"startDateLo": recipe.period.first, "startDateHi": recipe.period.last} if recipe.period else {}
    days = {name: f"{day:%m-%d-%Y}" for name, day in during.items()}
    return queried(below(_url(recipe), of, "search"), {**more, **days, **given, "mimeType": "csv", "zip": "no"})


def _stations(recipe: Recipe, place: Place, ask: Ask) -> Answer:
    taken = Features(recipe, place, Selection.of_columns(recipe, place, *_MADE))
    names = _characteristics(recipe, place) if recipe.parameters else ""
    url = _asked(recipe, "Station", {"bBox": degrees(*place.box), "characteristicName": names})
    for columns, row in _rows(url, _whole(url, Pages(ask, 1).body(url))):
        ident = row[columns.ident].strip()
        properties = {"name": row[columns.name], "aliases": f"{PREFIX}:{ident}", "note": _note(columns, row)}
        properties |= {"operator": _cell(row, columns.operator), "method": _cell(row, columns.method)}
        taken.take(ident, properties | {"accuracy_m": _accuracy_m(columns, row)}, _position(columns, row))
    return taken.answer()


def _whole(url: str, body: bytes) -> bytes:
    """An answer. Raises FeedError where its last line says that it is not whole."""
    if body.rstrip().rpartition(b"\n")[2].lstrip(b'" ').upper().startswith(_CUT):
        raise FeedError(
            f"{named(url)}: says at the end of its answer that this is incomplete; run it again later, or ask for "
            "less: a shorter period, or fewer parameters"
        )
    return body


def _characteristics(recipe: Recipe, place: Place) -> str:
    """What the portal calls the parameters of a recipe, without their fractions."""
    return ";".join(sorted({each.partition("|")[0] for each in readings.parameters(recipe, place, PREFIX)}))


def _rows(url: str, body: bytes) -> Iterator[tuple[_Columns, Mapping[str, str]]]:
    """The rows of a file of stations, each with the columns of its edition."""
    try:
        rows = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True)
        header = next(rows, [])
        columns = next((each for each in (_LEGACY, _WQX3) if each.ident in header), _LEGACY)
        needed = (columns.ident, columns.name, columns.latitude, columns.longitude, columns.datum)
        if missing := [each for each in needed if each not in header]:
            there = f"{named(url)}: no file of stations; a column is missing"
            raise FeedError(not_one_of(there, missing[0], (each[:60] for each in header)))
        for number, row in enumerate(filter(None, rows), 1):
            if len(row) != len(header):
                raise FeedError(f"{named(url)}: row {number} has {len(row)} cells, and the header {len(header)}")
            yield columns, dict(zip(header, row, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise FeedError(f"{named(url)}: no CSV in UTF-8: {error}") from None


def _position(columns: _Columns, row: Mapping[str, str]) -> shapely.Point | None:
    """Where a station is, on WGS 84 as far as its datum lets that be said; None where its row does not say."""
    try:
        position = shapely.Point(float(row[columns.longitude]), float(row[columns.latitude]))
    except ValueError:
        return None
    if row[columns.datum].strip().upper() == "NAD27":
        return crs("EPSG:4267").to_crs84(np.array([position], dtype=object))[0]
    return position


def _note(columns: _Columns, row: Mapping[str, str]) -> str:
    datum, kind = row[columns.datum].strip(), _cell(row, columns.type)
    told = "" if datum.upper() in _DATUMS else f"Its position is given in the datum {datum or '(not told)'}."
    return " ".join(filter(None, [f"{kind}." if kind else "", told]))


def _accuracy_m(columns: _Columns, row: Mapping[str, str]) -> float | None:
    """How far off a position may be: what the row says, and what its datum adds; None where the recipe says."""
    try:
        stated = float(_cell(row, columns.accuracy)) * _METRES[_cell(row, columns.accuracy_unit).lower()]
    except (ValueError, KeyError):
        stated = 0.0
    stated = stated if 0 < stated < 1e6 else 0.0
    datum = row[columns.datum].strip().upper()
    if datum not in _DATUMS:
        return _UNKNOWN_DATUM_M + stated
    return round(stated + _DATUMS[datum], 1) if stated else None


def _cell(row: Mapping[str, str], column: str) -> str:
    return row.get(column, "").strip()


def _results(recipe: Recipe, place: Place, ask: Ask) -> Answer:
    answer = Answer()
    names = _characteristics(recipe, place)
    stations = readings.stations(recipe, place, PREFIX)
    pages = Pages(ask, len(stations))
    profile = "fullPhysChem" if _url(recipe).rstrip("/").endswith("/wqx3") else "resultPhysChem"
    for ident, code, name in stations:
        given = {"siteid": code, "characteristicName": names, "dataProfile": profile, "sorted": "yes"}
        url = _asked(recipe, "Result", given)
        body = _whole(url, pages.body(url))
        _complain(url, body)
        file = readings.file_of(recipe, place, f"{name}.csv", body, (ident, code))
        kept, left = readings.readable(recipe, place, file) if body.strip() else (None, Counter[str]())
        answer.readings += [kept] if kept else []
        answer.left_out += left if kept else Counter({"stations without results of this time": 1})
    return answer


def _complain(url: str, body: bytes) -> None:
    """Raises FeedError where nothing in a file of results says which of them are of quality control: in the portal's
    narrow profiles a blank looks like a sample of the river."""
    header = body.partition(b"\n")[0].decode("utf-8-sig", errors="replace").split(",")
    names = {each.strip().strip('"') for each in header}
    for station, kind in _KINDS.items():
        if station in names and kind not in names:
            raise FeedError(f"{named(url)}: nothing says which results are of quality control: no column {kind}")


SERVICE = Service(
    "water_quality_portal",
    "https://www.waterqualitydata.us/webservices_documentation and https://www.waterqualitydata.us/portal_userguide",
    _gather,
    url="https://www.waterqualitydata.us/data",
)
