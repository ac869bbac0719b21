"""Whose readings a recipe wants, and which rows of what a service sent the catalogue can read.

Services send more than is asked for: samples of quality control, another fraction, a unit that is none. A catalogue
with one such row cannot be loaded, so those rows are left out and counted, by why. Not here: asking (``services``),
and reading (``load.formatted``).
"""

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace

import orjson

from mendmap.catalogue.gathered import Recipe
from mendmap.catalogue.model import Entry, Readings
from mendmap.catalogue.records import Parameter, Source
from mendmap.errors import FeedError, ReadError
from mendmap.gather.model import Place, ReadingsFile
from mendmap.load.formatted import unsound
from mendmap.readings.told import Referents, codes

# Below the folder of a run, hidden from the catalogue; it goes with the run.
_FOLDER = ".gather"


def stations(recipe: Recipe, place: Place, prefix: str) -> list[tuple[str, str, str]]:
    """The stations whose readings a recipe wants, by their aliases of a prefix: the id of each, what the service calls
    it, and a name for its file. Raises FeedError where there is none, or where one that the recipe names has no such
    alias."""
    roles = {each.id: each.role for each in place.geodata.catalogue.layers}
    wanted = [each for each in place.geodata.features if roles[each.layer] == "station"]
    if recipe.stations:
        wanted = [each for each in wanted if each.id in recipe.stations]
    found = [
        (each.id, code, each.id if nth == 1 else f"{each.id}-{nth}")
        for each in wanted
        for nth, code in enumerate(_codes(each.properties.get("aliases"), prefix), 1)
    ]
    if missing := sorted(set(recipe.stations) - {each[0] for each in found}):
        raise FeedError(f"station {missing[0]} has no alias {prefix}:…, so that nothing says what it is called there")
    if not found:
        raise FeedError(f"no station of the catalogue has an alias {prefix}:…; gather the stations first, or add one")
    return found


def parameters(recipe: Recipe, place: Place, prefix: str) -> dict[str, str]:
    """What a service calls the parameters that a recipe wants, and which they are. Raises FeedError as ``stations``
    does."""
    ours = [each for each in place.geodata.records if isinstance(each, Parameter)]
    found = {code: each.id for each in ours for code in _codes(each.aliases, prefix)}
    if recipe.parameters:
        found = {code: ident for code, ident in found.items() if ident in recipe.parameters}
    if missing := sorted(set(recipe.parameters) - set(found.values())):
        raise FeedError(f"parameter {missing[0]} has no alias {prefix}:…, so that nothing says what it is called there")
    if not found:
        raise FeedError(f"no parameter of the catalogue has an alias {prefix}:…; add one to what it measures")
    return found


def _codes(aliases: str | None, prefix: str) -> Iterator[str]:
    for alias in (aliases or "").split(";"):
        owner, _, code = alias.strip().partition(":")
        if code.strip() and owner.strip() == prefix:
            yield code.strip()


def file_of(recipe: Recipe, place: Place, name: str, content: bytes, station: tuple[str, str]) -> ReadingsFile:
    """A file of one station, given as its id and as what the service calls it; the format goes by the name's ending.
    What the file calls the station is told where no alias of the catalogue says it, or one says another."""
    path = place.folder / _FOLDER / recipe.id / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    form, prefix = ("wqx", "wqx") if name.endswith(".csv") else ("sensorthings", "sta")
    ident, code = station
    told = codes({each.id: each.properties.get("aliases") for each in place.geodata.features}, prefix)
    called = {} if told.get(code.lower()) == ident else {code: ident}
    return ReadingsFile(name, path, form, zone=recipe.zone or "", stations=called)


def readable(recipe: Recipe, place: Place, file: ReadingsFile) -> tuple[ReadingsFile | None, Counter[str]]:
    """A file of CSV or SensorThings without the rows that the catalogue cannot read, and why each of them cannot; None
    where no row is left. The file itself, byte for byte, where it can read them all. Raises FeedError where it is no
    such file, or where there are rows and not one can be read."""
    entry = Entry(0, file.name, file.path, recipe.licence, recipe.source)
    given = Readings(entry, file.format, None, file.zone, file.label, file.encoding or "utf-8", recipe.source)
    given = replace(given, stations=file.stations)
    try:
        count, wrong = unsound(given, _known(place), place.settings.max_file_mb * 1_000_000)
    except ReadError as error:
        raise FeedError(f"what the service sent for {file.name} cannot be read: {error}") from None
    left = Counter(why for reasons in wrong.values() for why in reasons[:1])
    if not wrong:
        return (file if count else None), left
    if len(wrong) == count:
        why, number = left.most_common(1)[0]
        raise FeedError(f"none of the {count} rows for {file.name} can be read; {number} because of {why}")
    body = file.path.read_bytes()
    content = (_json if file.format == "sensorthings" else _csv)(body, wrong)
    path = file.path.with_name(f"readable-{file.name}")
    path.write_bytes(content)
    return replace(file, path=path), left


def _known(place: Place) -> Referents:
    records = place.geodata.records
    return Referents(
        {each.id: each.properties.get("aliases") for each in place.geodata.features},
        {each.id: each for each in records if isinstance(each, Parameter)},
        [each.id for each in records if isinstance(each, Source)],
    )


def _csv(body: bytes, wrong: Collection[int]) -> bytes:
    """CSV without some of its rows, counted from 1 below the header."""
    rows = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True)
    kept = io.StringIO(newline="")
    writer = csv.writer(kept, lineterminator="\n")
    writer.writerows(row for number, row in enumerate(filter(None, rows)) if number not in wrong)
    return kept.getvalue().encode()


def _json(body: bytes, wrong: Collection[int]) -> bytes:
    """Datastreams with their Observations without some of these, counted from 1 through all of them."""
    number = 0
    streams = []
    for stream in orjson.loads(body)["value"]:
        kept = []
        for each in stream["Observations"]:
            number += 1
            kept += [] if number in wrong else [each]
        streams += [{**stream, "Observations": kept}] if kept else []
    return orjson.dumps({"value": streams})
