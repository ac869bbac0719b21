"""Testford with something gathered: made-up features as a service would have them, and matches. Nothing is real."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from place import Testford, write_csv
from shapely.geometry import shape

from mendmap.catalogue.gathered import Match, Recipe
from mendmap.gather.review import Review, review
from mendmap.load.check import Geodata, check
from mendmap.vectors.gathered import Found, text

GATHERED = """
[[gathered]]
file = "gathered/{recipe}.geojson"
recipe = "{recipe}"
licence = "ODbL-1.0"
attribution = "© Synthetic Street Map"
source = "A made-up map service"
origin = "own"
retrieved = "2026-01-02T03:04:05Z"
"""
TABLE = """
[[table]]
kind = "{kind}"
file = "{file}"
licence = "CC0-1.0"
source = "synthetic"
"""
PONDS = {
    "id": "ponds",
    "title": "Ponds of a made-up map",
    "service": "overpass",
    "layer": "lakes",
    "feature_kind": "lake",
    "accuracy_m": "20",
    "source": "street_map",
    "licence": "ODbL-1.0",
}


def found(ident: str, geometry: dict[str, Any], *names: str, **more: Any) -> Found:
    """What a service has; each of its names is ``tag=text``, or a text without a tag."""
    tagged = dict(each.split("=") if "=" in each else ("", each) for each in names)
    return Found(ident, tagged, shape(geometry), **more)


class Gathering:
    """Testford, the features that each recipe brought, and what was decided."""

    def __init__(self, folder: Path) -> None:
        self.place = Testford(folder)
        self.place.tables["source"].append({"id": "street_map", "title": "A made-up street map", "url": ""})
        self.recipes: list[dict[str, str]] = [dict(PONDS)]
        self.matches: list[dict[str, str]] = []
        self.found: dict[str, list[Found]] = {"ponds": []}

    def match(self, gathered: str, decision: str, feature: str, **more: str) -> None:
        """Adds a row to the table of matches."""
        row = {"id": f"m{len(self.matches)}", "recipe": "ponds", "gathered": gathered}
        self.matches.append(row | {"decision": decision, "feature": feature} | more)

    def write(self) -> Path:
        """Writes the folder, with what was gathered in files of its own, and returns it."""
        tail = [GATHERED.format(recipe=each) for each in self.found]
        tail += [TABLE.format(kind=kind, file=f"{kind}.csv") for kind in ("recipe", "match")]
        self.place.tail = "".join(tail)
        folder = self.place.write()
        (folder / "gathered").mkdir(exist_ok=True)
        for recipe, features in self.found.items():
            (folder / "gathered" / f"{recipe}.geojson").write_bytes(text(features))
        write_csv(folder / "recipe.csv", self.recipes)
        write_csv(folder / "match.csv", self.matches)
        return folder

    def check(self) -> Geodata:
        """The folder as it is checked."""
        return check(self.write(), 100)

    def review(self, **how: bool) -> Review:
        """What becomes of the table of matches with what the first recipe found."""
        geodata = self.check()
        recipe = next(each for each in geodata.records if isinstance(each, Recipe))
        return review(geodata, recipe, self.found[recipe.id], **how)

    def put(self, done: Review) -> None:
        """Writes a review into the table of matches."""
        fresh = {each["id"]: each for each in done.rows()}
        held = [each | fresh.pop(each["id"], {}) for each in self.matches if each["id"] not in done.drop]
        self.matches = [*held, *fresh.values()]


def of(done: Iterable[Match], gathered: str) -> Match:
    """The one match of a gathered feature."""
    (match,) = [each for each in done if each.gathered == gathered]
    return match
