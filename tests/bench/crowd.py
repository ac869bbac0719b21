"""A place that changes: six layers of polygons around the synthetic stations of the tests, and a writer that draws one
of the layers anew at every beat, in a process of its own.

Run as a program, ``python crowd.py FOLDER LAKE --every 1``, it is that writer: it loads the folder again and again, the
layers taking turns, and prints a line of JSON once each load has returned: the ``number`` of its snapshot, the
``layer``, and the ``version`` that the names of its features carry from then on.
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import landscape
import shapely

sys.path.insert(0, str(Path(__file__).parent.parent))
from place import Testford, feature

from mendmap.load.check import check
from mendmap.load.write import write
from mendmap.vectors.features import Feature

LAYERS, POLYGONS, VERTICES = 6, 10_000, 25
PREFIX = "polygons"
LAYER = {"role": "context", "kind": "dump", "geometry": '["Polygon"]', "more": ""}
HEAD = """
[catalogue]
id = "crowd"
name_en = "Crowd (synthetic)"
contact = "mailto:bench@landscape.example"
licence = "CC0-1.0"
attribution = "Synthetic data"
near_m = 1000
languages = ["en", "sr-Latn"]
extent = [18, 42, 22, 46]
"""


@dataclass
class Crowd:
    """The place in a folder: ``names`` are its layers of polygons, in ``box``."""

    place: Testford
    names: tuple[str, ...]
    box: landscape.Box

    def drawn_anew(self, name: str, version: int) -> None:
        """Has the names of a layer's features carry a version, and writes its file."""
        layer = self.place.layers[name]
        for each in layer["features"]:
            each["properties"]["name_en"] = named(name, version)
        body = {"type": "FeatureCollection", "features": layer["features"]}
        (self.place.folder / f"{name}.geojson").write_text(json.dumps(body))

    def load(self, lake: Path) -> int:
        """Loads the folder, and returns the number of the snapshot."""
        snapshot = write(check(self.place.folder, 1000), str(lake), self.place.folder).snapshot
        assert snapshot
        return snapshot.number


def named(layer: str, version: int) -> str:
    """The name of every feature of a layer in a version."""
    return f"{layer} version {version}"


def crowd(folder: Path, polygons: int = POLYGONS) -> Crowd:
    """Makes the place, and writes its folder. The same each time."""
    place, box = Testford(folder), landscape.spread(polygons)
    place.head = HEAD
    names = tuple(f"{PREFIX}{nth}" for nth in range(LAYERS))
    made = landscape.frame(polygons, VERTICES, box=box)
    for nth, name in enumerate(names):
        rows = made.iloc[nth::LAYERS]
        features = [_feature(name, row) for row in rows.itertuples()]
        place.layers[name] = LAYER | {"features": features}
    place.write()
    return Crowd(place, names, box)


def _feature(layer: str, row: Any) -> dict[str, Any]:
    return feature(row.id, "dump", json.loads(shapely.to_geojson(row.geometry)), name_en=named(layer, 0))


def main() -> None:
    """Writes until it is ended. The folder is checked once, so that a write takes no longer than a beat."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("lake", type=Path)
    parser.add_argument("--every", type=float, default=1.0, help="seconds from one write to the next")
    asked = parser.parse_args()
    checked = check(asked.folder, 1000)
    names = sorted({each.layer for each in checked.features if each.layer.startswith(PREFIX)})
    for beat in count():
        begun = time.monotonic()
        layer, version = names[beat % len(names)], beat // len(names) + 1
        checked = replace(checked, features=tuple(_renamed(each, layer, version) for each in checked.features))
        snapshot = write(checked, str(asked.lake), asked.folder).snapshot
        assert snapshot
        seconds = time.monotonic() - begun
        told = {"number": snapshot.number, "layer": layer, "version": version, "seconds": seconds}
        print(json.dumps(told), flush=True)
        time.sleep(max(0.0, asked.every - seconds))


def _renamed(found: Feature, layer: str, version: int) -> Feature:
    """A feature of a layer in a version; those of other layers as they are."""
    if found.layer != layer:
        return found
    return replace(found, properties={**found.properties, "name": {"en": named(layer, version)}})


if __name__ == "__main__":
    main()
