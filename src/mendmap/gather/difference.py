"""How the folder as it would be differs from the folder as it is: what a load of each would make of it.

Both are loaded into a lake of their own that is thrown away, and compared as ``mendmap changes`` compares two moments,
so that what is said before is what happens after. Not here: the words of a change (``changes.words``).
"""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mendmap.atlas.build import build
from mendmap.atlas.model import Atlas
from mendmap.catalogue.gathered import Match
from mendmap.catalogue.imagery import Raster
from mendmap.catalogue.records import to_plain
from mendmap.changes.between import between
from mendmap.changes.model import Change
from mendmap.lake import contents, ledger
from mendmap.lake.connection import open_lake
from mendmap.load.check import Geodata
from mendmap.load.write import write
from mendmap.statements.outcome import outcomes


@dataclass(frozen=True, slots=True)
class Difference:
    """What a load would change: ``changes``; ``counted``, layers and kinds of which too much would change to tell one
    by one; ``because``, why each statement whose outcome would change has its new one. ``rasters`` are the ids of those
    that are new, ``waiting`` the matches that a person has yet to decide."""

    changes: tuple[Change, ...] = ()
    counted: Mapping[str, int] = field(default_factory=dict)
    because: Mapping[str, str] = field(default_factory=dict)
    rasters: tuple[str, ...] = ()
    waiting: tuple[Match, ...] = ()

    def plain(self) -> dict[str, Any]:
        """The difference as JSON holds it. Changes have no number: they are of no lake."""
        told = [{name: value for name, value in each.plain().items() if name != "number"} for each in self.changes]
        return {
            "changes": told,
            "counted": dict(self.counted),
            "because": {ident: str(text) for ident, text in self.because.items()},
            "rasters": list(self.rasters),
            "waiting": [to_plain(each) for each in self.waiting],
        }


def difference(before: Geodata, after: Geodata, scratch: Path, most: int) -> Difference:
    """What a load of ``after`` would change where ``before`` was loaded; of a layer or kind at most so many changes are
    told one by one. The lakes are made below ``scratch``."""
    had = {each.id for each in before.records if isinstance(each, Raster)}
    rasters = tuple(each.id for each in after.records if isinstance(each, Raster) and each.id not in had)
    with _lake(scratch) as lake:
        then, now = (_loaded(each, lake) for each in (before, after))
        was, since = ({each.statement.id: each for each in outcomes(atlas)} for atlas in (then, now))
        words = [{ident: each.outcome for ident, each in some.items()} for some in (was, since)]
        with closing(open_lake(lake)) as opened:
            found = between(opened, then, now, words[0], words[1], most)
    turned = [each.id for each in found.told if each.thing == "outcome"]
    counted = {part: count for (_, part), count in found.counted.items()}
    return Difference(found.told, counted, {ident: since[ident].because for ident in turned}, rasters, waiting(after))


def waiting(geodata: Geodata) -> tuple[Match, ...]:
    """The matches of a folder that a person has yet to decide."""
    return tuple(each for each in geodata.records if isinstance(each, Match) and each.decision is None)


@contextmanager
def _lake(scratch: Path) -> Iterator[str]:
    """The address of a lake that is there for as long as the block lasts; one that a killed run left goes before."""
    address = scratch / "lake"
    shutil.rmtree(address, ignore_errors=True)
    try:
        yield str(address)
    finally:
        shutil.rmtree(address, ignore_errors=True)


def _loaded(geodata: Geodata, address: str) -> Atlas:
    write(geodata, address, geodata.folder, rasters=False)
    with closing(open_lake(address)) as lake:
        return build(contents.read(lake, ledger.latest(lake), geodata.catalogue.id))
