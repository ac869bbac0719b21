"""Makes files of the folder of what a service answered, each with its terms in the catalogue file.

Features become a file of their own, with a match proposed for each; readings a file each, as the service sent it. What
is there already and has not changed stays as it is, with the moment at which it was fetched. Not here: asking
(``asked``), and what the folder is then (``stage``).
"""

import datetime as dt
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from mendmap.catalogue.gathered import Match, Recipe
from mendmap.catalogue.records import Source
from mendmap.errors import FeedError, shown
from mendmap.gather.model import Answer, Place, ReadingsFile
from mendmap.gather.review import kept, review
from mendmap.load.edit import Changes, drop_entry, put_entry, put_rows
from mendmap.load.toml import Cell
from mendmap.vectors import gathered
from mendmap.vectors.gathered import Found
from mendmap.words.fields import as_text

_FOLDER = "gathered"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,150}")
_BY = "mendmap gather"
# What is longer is no name, and would make a row of the table of matches that none can read.
_LONGEST_NAME = 500


@dataclass(frozen=True, slots=True)
class Manner:
    """How to take what came: ``address`` and ``moment`` say where it came from, and when; proposals that are sure are
    to be decided (``accept``), and what is like nothing of ours is to be ``add``-ed."""

    address: str
    moment: dt.datetime
    accept: bool = False
    add: bool = False


@dataclass(frozen=True, slots=True)
class Brought:
    """What a recipe brought: how many features, which files of readings and rasters; ``gone`` are files that it brought
    before and brings no more. ``changed`` where anything differs from what was there."""

    features: int = 0
    readings: tuple[str, ...] = ()
    rasters: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    changed: bool = False


def bring(recipe: Recipe, place: Place, answer: Answer, manner: Manner) -> Brought:
    """Writes what came into the folder of a place. Raises FeedError where it cannot be meant so, and GeodataError
    where a file of the folder cannot be changed; then nothing was written."""
    sound = [_told(each) for each in answer.features if as_text(each.id) == each.id]
    if out := len(answer.features) - len(sound):
        answer.left_out["its id at the service cannot stand in a table"] += out
    with Changes(place.folder) as changes:
        bringing = _Bringing(changes, recipe, place, manner)
        if recipe.layer:
            bringing.features(sound)
        elif sound:
            raise FeedError(f"{len(sound)} features, but the recipe names no layer for them")
        gone = bringing.readings(answer.readings)
        changes.stay = True
    files = tuple(_file(recipe, each.name) for each in answer.readings)
    changed = bool(changes.before or answer.rasters)
    return Brought(len(sound), files, tuple(answer.rasters), tuple(gone), changed)


class _Bringing:
    def __init__(self, changes: Changes, recipe: Recipe, place: Place, manner: Manner) -> None:
        self._changes, self._recipe, self._place, self._manner = changes, recipe, place, manner
        catalogue = place.geodata.catalogue
        listed = [*(each.entry for each in catalogue.gathered), *(each.entry for each in catalogue.readings)]
        self._before = {each.file: each.sha256 for each in listed}
        sources = (each for each in place.geodata.records if isinstance(each, Source))
        title = next((each.title for each in sources if each.id == recipe.source), recipe.source)
        self._terms: dict[str, Cell] = {
            "recipe": recipe.id,
            "licence": recipe.licence,
            "attribution": recipe.attribution or "",
            "source": f"{title} ({manner.address})",
            "origin": "others",
        }

    def features(self, found: Iterable[Found]) -> None:
        """Writes the features, and proposes what each is."""
        recipe, geodata, most = self._recipe, self._place.geodata, self._place.settings.max_gather_features
        before, found = geodata.found.get(recipe.id, ()), list(found)
        if len(found) > most:
            raise FeedError(
                f"{len(found)} features, more than {most} (setting MENDMAP_MAX_GATHER_FEATURES); ask for less, with "
                "around, box or select"
            )
        if before and not found:
            raise FeedError(f"no features at all, where there were {len(before)} before; nothing was taken away")
        day = f"{self._manner.moment:%Y-%m-%d}"
        held = [each for each in geodata.records if isinstance(each, Match)]
        whole = kept(found, before, held, recipe.id, day)
        self._put("gathered", f"{_FOLDER}/{recipe.id}.geojson", gathered.text(whole), {})
        reviewed = review(geodata, recipe, whole, accept=self._manner.accept, add=self._manner.add)
        put_rows(self._changes, geodata.catalogue, Match, "matches.csv", reviewed.rows(), _BY, reviewed.drop)

    def readings(self, brought: Iterable[ReadingsFile]) -> list[str]:
        """Writes the files of readings, and takes away those of before that are not among them, which it returns."""
        files = {_file(self._recipe, each.name): each for each in brought}
        if len(files) < len(list(brought)):
            raise FeedError("two files of readings with one name")
        for name, each in files.items():
            more: dict[str, Cell] = {
                "format": each.format,
                "zone": each.zone,
                "label": each.label,
                "encoding": each.encoding,
                # Our own columns name the source of each reading.
                "source_id": self._recipe.source if each.format else "",
                "stations": dict(each.stations),
            }
            self._put("readings", name, each.path.read_bytes(), more)
        listed = self._place.geodata.catalogue.readings
        gone = [each.entry.file for each in listed if each.recipe == self._recipe.id and each.entry.file not in files]
        if gone and not files:
            raise FeedError(f"no readings at all, where there were {len(gone)} files before; nothing was taken away")
        for name in gone:
            drop_entry(self._changes, "readings", name)
            self._changes.remove(name)
        return gone

    def _put(self, header: str, name: str, content: bytes, more: dict[str, Cell]) -> None:
        sha256 = hashlib.sha256(content).hexdigest()
        cells: dict[str, Cell] = {"file": name, **self._terms, **more, "sha256": sha256}
        if self._before.get(name) != sha256:
            cells["retrieved"] = f"{self._manner.moment:%Y-%m-%dT%H:%M:%SZ}"
            self._changes.write(name, content)
        put_entry(self._changes, header, cells)


def _told(found: Found) -> Found:
    """A feature whose texts are such as a cell of a table may hold: a service may call anything by any name."""
    names = {language: as_text(name)[:_LONGEST_NAME] for language, name in found.names.items()}
    properties = {name: as_text(text) if isinstance(text, str) else text for name, text in found.properties.items()}
    kept = {language: name for language, name in names.items() if name}
    return replace(found, names=kept, properties=properties, method=as_text(found.method))


def _file(recipe: Recipe, name: str) -> str:
    """Where a file of readings stands. Raises FeedError where its name is none."""
    if not _NAME.fullmatch(name) or Path(name).name != name:
        raise FeedError(f"no name of a file: {shown(name)}")
    return f"{_FOLDER}/{recipe.id}-{name}"
