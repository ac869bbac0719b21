"""What an adapter is given, and what it answers. Not here: the adapters (``services``)."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from mendmap.catalogue.gathered import Recipe
from mendmap.feeds.fetch import Fetcher
from mendmap.geo.bounds import Bounds
from mendmap.load.check import Geodata
from mendmap.settings import Settings
from mendmap.vectors.gathered import Found


class Ask(Protocol):
    """Asks an address, and gives the file that holds the whole body of the answer. Raises FeedError.

    ``post`` is posted as ``media``. The file is kept by its content, is not to be written to, and may be one of an
    interrupted run before, or what was kept where the service says that nothing has changed.
    """

    def __call__(self, url: str, post: bytes | None = None, media: str = "application/json") -> Path: ...


@dataclass(frozen=True, slots=True)
class Place:
    """What a recipe is about: the folder as it stands so far (``folder``, a copy that may be written to, and what was
    read of it), the ``box`` of its area in degrees, and a ``fetcher`` for those who read parts of files."""

    folder: Path
    geodata: Geodata
    box: Bounds
    fetcher: Fetcher
    settings: Settings


@dataclass(frozen=True, slots=True)
class ReadingsFile:
    """A file of readings as the service sent it, or in our own columns: ``name`` tells it from the others of its recipe
    (``RS0009A-2023.parquet``), the rest is what the catalogue says of it; ``stations`` maps what the file calls a
    station to its id, where that is no alias of it."""

    name: str
    path: Path
    format: str = ""
    zone: str = ""
    label: str = ""
    encoding: str = ""
    stations: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Answer:
    """What a service has: features for the recipe's layer, files of readings, or the ids of rasters that were added to
    the folder. ``left_out`` counts what was not taken, by why: nothing is ever silently short."""

    features: list[Found] = field(default_factory=list)
    readings: list[ReadingsFile] = field(default_factory=list)
    rasters: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Service:
    """One kind of service: the public ``url`` that is meant where a recipe gives none (blank: a recipe must), the
    ``hosts`` that its answers lead to, the columns of a recipe that it ``needs``, and the adapter itself, ``gather``.
    ``documentation`` names what it was written from."""

    name: str
    documentation: str
    gather: Callable[[Recipe, Place, Ask], Answer]
    url: str = ""
    hosts: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
