"""Air quality as the European Environment Agency's download service has it: hourly and daily readings in Parquet, and
the stations of its list.

The service is asked for the addresses of a country's files of some pollutants, in each of its data sets: 2, verified,
reported a year later; 1, up to date, not verified; 3, of the years before 2013. A file holds all the years of one
sampling point; what is wanted of them is put together by station and year (``series``). For one time of a station
the verified reading goes before the one that is not.

The files' times carry no offset. The service's page says UTC+1 of hours, and the station's own zone of days, which
the list of sampling points tells; that is declared in the catalogue, unless the recipe names a zone. It does
not hold everywhere: who compared hours with those that countries publish found UTC+1 in Germany, the Netherlands and
Poland, but UTC in Austria and in Ireland's verified files, and the time of clocks in Italy's newest. Nothing in a file
tells; a recipe for such a country must name the zone, and one data set in ``collection`` where the two differ.

``collection`` may name the data sets that are asked, in the order of preference, such as ``2`` or ``2,1``.
Not here: what a row says (``readings.formats.eea_aq``).
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path, PurePosixPath
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

import orjson

from mendmap.catalogue.gathered import Recipe
from mendmap.catalogue.records import Parameter
from mendmap.errors import FeedError, not_one_of, shown
from mendmap.feeds.guarded import named
from mendmap.gather.model import Answer, Ask, Place, ReadingsFile, Service
from mendmap.gather.services.eea_air import sampling_points
from mendmap.gather.services.eea_air.sampling_points import SamplingPoint
from mendmap.gather.services.eea_air.series import DAY, HOUR, Series, Times
from mendmap.readings.told import codes, parameter_codes

_API = "https://eeadmz1-downloads-api-appservice.azurewebsites.net"
_LIST = "https://discomap.eea.europa.eu/App/AQViewer/download?fqn=Airquality_Dissem.b2g.measurements&f=csv"
_POLLUTANT = "http://dd.eionet.europa.eu/vocabulary/aq/pollutant/"
_VERIFIED, _UP_TO_DATE, _HISTORICAL = 2, 1, 3
_HISTORICAL_UNTIL = dt.date(2013, 1, 1)
_HOURS_ZONE = "Etc/GMT-1"  # UTC+1: the names of these zones count westward.
_HEADER = "ParquetFileUrl"
# The code that the Exchange of Information gave each station, which begins with its country.
_EOI = re.compile(r"[A-Z]{2}(?=[0-9A-Z]*[0-9])[0-9A-Z]{3,10}")

Points = Callable[[], Sequence[SamplingPoint]]


def gather(recipe: Recipe, place: Place, ask: Ask) -> Answer:
    """The stations in the area where the recipe names a layer, else readings. Raises FeedError."""
    most = place.settings.max_pull_mb * 1_000_000
    # A mirror of the service has the list as well.
    url = urljoin(recipe.url, urlsplit(_LIST)._replace(scheme="", netloc="").geturl()) if recipe.url else _LIST

    @cache
    def points() -> Sequence[SamplingPoint]:
        return sampling_points.read(ask(url), named(url), most)

    return _stations(recipe, place, points()) if recipe.layer else _readings(recipe, place, ask, points)


def _stations(recipe: Recipe, place: Place, points: Sequence[SamplingPoint]) -> Answer:
    found, left_out = sampling_points.stations(points, recipe.accuracy_m)
    west, south, east, north = place.box
    inside = [each for each in found if west <= each.geometry.x <= east and south <= each.geometry.y <= north]
    if len(inside) > (most := place.settings.max_gather_features):
        raise FeedError(f"{len(inside)} stations in the area, more than {most}; give the recipe a smaller box")
    return Answer(features=inside, left_out=left_out)


def _readings(recipe: Recipe, place: Place, ask: Ask, points: Points) -> Answer:
    stations, pollutants = _wanted(recipe, place), _pollutants(recipe, place)
    if not stations:
        reason = "no station has a code of the agency: an id such as XX0001A, or an alias eea:XX0001A"
        return Answer(left_out=Counter({reason: 1}))
    files = _files(recipe, ask, stations, pollutants, points)
    if len(files) > (most := place.settings.max_pull_pages):
        raise FeedError(
            f"{len(files)} files, more than {most} (setting MENDMAP_MAX_PULL_PAGES); name fewer stations or parameters"
        )
    answer = Answer()
    unknown = sorted(set(stations) - set(files.values()))
    answer.left_out.update({f"station without any file at the service: {each}": 1 for each in unknown})
    times = _times(recipe, place.geodata.catalogue.zone)
    series = Series(pollutants, times, place.settings.max_pull_mb * 1_000_000)
    # A file that cannot be had is missing readings, so it is an error and not left out.
    for url, code in files.items():
        # A station may have had two codes one after the other.
        series.take(ask(url), named(url), stations[code])
    folder = place.folder / ".gather" / recipe.id
    folder.mkdir(parents=True, exist_ok=True)
    aliases = codes({each.id: each.properties.get("aliases") for each in place.geodata.features}, "eea")
    written = series.write(folder)
    empty = sorted({stations[each] for each in files.values()} - {part.station for part in written})
    answer.left_out.update({f"station whose files have no such reading: {each}": 1 for each in empty})
    for part, (path, names) in written.items():
        called = {each: part.station for each in names if aliases.get(each.lower()) != part.station}
        known = [code for code, ident in stations.items() if ident == part.station]
        zone = recipe.zone or (_HOURS_ZONE if part.kind == HOUR else sampling_points.zone_of(points(), known))
        answer.readings.append(ReadingsFile(path.name, path, "eea_aq", zone, stations=called))
    answer.left_out += series.left_out
    if not answer.readings:
        raise FeedError(f"the service has no such reading of {', '.join(stations)} in its {len(files)} files")
    return answer


def _wanted(recipe: Recipe, place: Place) -> dict[str, str]:
    """The recipe's stations, by their EoI codes: an id that is one, or an alias ``eea:CODE``. Where it names none, all
    that have one: perhaps none."""
    roles = {layer.id: layer.role for layer in place.geodata.catalogue.layers}
    of = {each.id: each for each in place.geodata.features if roles[each.layer] == "station"}
    found = {}
    ours = [ident for ident, each in of.items() if each.properties.get("medium") in (None, "", "air")]
    for ident in recipe.stations or ours:
        aliases = str(of[ident].properties.get("aliases") or "").split(";") if ident in of else []
        texts = [ident, *(each.strip().removeprefix("eea:") for each in aliases if each.strip().startswith("eea:"))]
        known = [each.strip() for each in texts if _EOI.fullmatch(each.strip())]
        if not known and recipe.stations:
            raise FeedError(f"station {shown(ident)}: it has no code of the agency; add the alias eea:CODE")
        found.update(dict.fromkeys(known, ident))
    return found


def _pollutants(recipe: Recipe, place: Place) -> dict[int, str]:
    """The recipe's parameters, by the agency's code: that of their vocabulary address, or of an alias."""
    parameters = {each.id: each for each in place.geodata.records if isinstance(each, Parameter)}
    known = parameter_codes(parameters, "eea")
    found = {int(code): ident for code, ident in known.items() if code.isdecimal()}
    wanted = {code: ident for code, ident in found.items() if ident in (recipe.parameters or parameters)}
    missing = set(recipe.parameters) - set(wanted.values())
    if missing or not wanted:
        raise FeedError(
            f"parameter {', '.join(sorted(missing)) or 'any'}: it has no code of the agency; give it its address in "
            f"the vocabulary, such as {_POLLUTANT}1"
        )
    return wanted


def _datasets(recipe: Recipe) -> list[int]:
    """The data sets to ask, the one to prefer first."""
    choices = {str(each): each for each in (_UP_TO_DATE, _VERIFIED, _HISTORICAL)}
    if recipe.collection:
        given = [each.strip() for each in recipe.collection.split(",")]
        for each in given:
            if each not in choices:
                raise FeedError(not_one_of("collection: no such data set", each, choices))
        return list(dict.fromkeys(choices[each] for each in given))
    early = recipe.period is None or recipe.period.first < _HISTORICAL_UNTIL
    late = recipe.period is None or recipe.period.last >= _HISTORICAL_UNTIL
    return ([_VERIFIED, _UP_TO_DATE] if late else []) + ([_HISTORICAL] if early else [])


def _files(
    recipe: Recipe, ask: Ask, stations: Mapping[str, str], pollutants: Mapping[int, str], points: Points
) -> dict[str, str]:
    """The addresses of the stations' files, each with its station's code, in the order of preference.

    Most countries name a sampling point by its station's code. The list of sampling points is asked only where a
    station has no file that is named so.
    """
    asked = {
        "countries": sorted({code[:2] for code in stations}),
        "cities": [],
        "pollutants": [f"{_POLLUTANT}{code}" for code in sorted(pollutants)],
        "source": "API",
    }
    url = f"{(recipe.url or _API).rstrip('/')}/ParquetFile/urls"
    listed = [
        each
        for dataset in _datasets(recipe)
        for each in _listed(ask(url, orjson.dumps(asked | {"dataset": dataset})), url)
    ]
    names = {each: PurePosixPath(urlsplit(each).path).stem for each in listed}
    owners = {each: sampling_points.named_by(name, stations) for each, name in names.items()}
    if unnamed := set(stations) - set(owners.values()):
        of = {each.id: each.station for each in points() if each.station in unnamed}
        owners = {each: owner or of.get(names[each], "") for each, owner in owners.items()}
    return {each: owner for each, owner in owners.items() if owner}


def _listed(path: Path, url: str) -> list[str]:
    """The addresses that the service lists, a line each after a header, within a data set in the order of their names.
    Raises FeedError where it is no such list."""
    try:
        lines = [line.strip() for line in path.read_text("utf-8-sig").splitlines()]
    except UnicodeDecodeError:
        lines = ["?"]
    found = sorted({line for line in lines if line and line != _HEADER})
    for line in found:
        if urlsplit(line).scheme not in ("http", "https") or not urlsplit(line).path.endswith(".parquet"):
            raise FeedError(f"{url}: not a list of addresses of Parquet files: {shown(line)}")
    return found


def _times(recipe: Recipe, own: str) -> dict[str, Times]:
    """The times that are wanted of each kind of averages, by the clock of the agency's files: the recipe's days, which
    begin in the catalogue's ``own`` zone; those of daily averages are the days that their files show."""
    if recipe.period is None:
        return {HOUR: (None, None), DAY: (None, None)}
    days = (recipe.period.first, recipe.period.last + dt.timedelta(days=1))
    midnights = [dt.datetime.combine(each, dt.time()) for each in days]
    zones = ZoneInfo(own), ZoneInfo(recipe.zone or _HOURS_ZONE)
    hours = [each.replace(tzinfo=zones[0]).astimezone(zones[1]).replace(tzinfo=None) for each in midnights]
    return {HOUR: (hours[0], hours[1]), DAY: (midnights[0], midnights[1])}


SERVICE = Service(
    name="eea_air",
    documentation=(
        "The agency's How_To_Downloads.pdf and Swagger of the Air Quality Download Service, as the programs airbase "
        "(Python) and euroaq (R) speak it, with euroaq's recorded list of addresses; time zones as its page "
        "eeadmz1-downloads-webapp.azurewebsites.net says, which does not hold for every country: compare some hours "
        "with what the country itself publishes."
    ),
    gather=gather,
    url=_API,
    hosts=("eeadmz1batchservice02.blob.core.windows.net", "discomap.eea.europa.eu"),
    needs=(),
)
