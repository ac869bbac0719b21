"""Features as a public service has them, in a GeoJSON file of their own: what was gathered, before anybody decided
what it is. One feature a line, in the order of their ids, so that the same answer makes the same file.

Not here: what a match makes of them (``load.gathered``), and the services (``gather``).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import shapely
from shapely.geometry.base import BaseGeometry

from mendmap.catalogue import files
from mendmap.catalogue.model import Entry
from mendmap.errors import Fault, shown

# Of a degree: a centimetre on the ground, which no service is exact to.
_DECIMALS = 7
_MEMBERS = ("gathered", "names", "accuracy_m", "method", "gone")


@dataclass(frozen=True, slots=True)
class Found:
    """A feature of a service: its ``id`` there (such as ``way/123``), its ``names`` by language tag (blank where the
    service tells none), its ``geometry``, valid and in OGC:CRS84, how far that may be off in metres (None: as the
    recipe says), by which ``method`` it was got, and ``properties``, columns of a feature. ``gone`` is the day on which
    the service was first found to have it no more."""

    id: str
    names: Mapping[str, str]
    geometry: BaseGeometry
    accuracy_m: float | None = None
    method: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    gone: str = ""


def text(features: Iterable[Found]) -> bytes:
    """The file that holds some features, whichever order they come in."""
    rows = [_line(each) for each in sorted(features, key=lambda each: each.id)]
    return b'{"type":"FeatureCollection","features":[\n' + b",\n".join(rows) + b"\n]}\n"


def rounded(geometry: BaseGeometry) -> BaseGeometry:
    """A geometry as the file holds it: to a centimetre, but for one so thin that this would break it."""
    short = shapely.transform(geometry, lambda degrees: degrees.round(_DECIMALS))
    return short if short.is_valid and not short.is_empty else geometry


def _line(found: Found) -> bytes:
    properties = {
        **{name: value for name, value in sorted(found.properties.items()) if value not in (None, "", [])},
        "gathered": found.id,
        "names": dict(sorted(found.names.items())),
        **({"accuracy_m": found.accuracy_m} if found.accuracy_m is not None else {}),
        **({"method": found.method} if found.method else {}),
        **({"gone": found.gone} if found.gone else {}),
    }
    body = {
        "type": "Feature",
        "properties": properties,
        "geometry": orjson.Fragment(shapely.to_geojson(rounded(found.geometry))),
    }
    return orjson.dumps(body)


def read(entry: Entry, max_bytes: int) -> tuple[list[Found], list[Fault]]:
    """The features of a file that ``text`` wrote, and what is wrong with it."""
    try:
        document = orjson.loads(files.text(entry.path, max_bytes))
        raws = document["features"]
        if not isinstance(raws, list):
            raise ValueError("features are not a list")
    except (ValueError, LookupError, TypeError) as error:
        return [], [Fault(entry.file, 0, "", f"not a GeoJSON FeatureCollection that was gathered: {error}")]
    found: list[Found] = []
    faults: list[Fault] = []
    seen = set[str]()
    for row, raw in enumerate(raws, start=1):
        try:
            each = _found(raw)
        except (ValueError, LookupError, TypeError, AttributeError, shapely.errors.GEOSException) as error:
            faults.append(Fault(entry.file, row, "", f"not a feature that was gathered: {error}"))
            continue
        if each.id in seen:
            faults.append(Fault(entry.file, row, "gathered", f"stands twice: {shown(each.id)}"))
        seen.add(each.id)
        found.append(each)
    return found, faults


def _found(raw: Mapping[str, Any]) -> Found:
    properties = dict(raw["properties"])
    if raw["geometry"] is None:
        raise ValueError("it has no geometry")
    geometry = shapely.from_geojson(orjson.dumps(raw["geometry"]))
    if geometry.is_empty or not geometry.is_valid:
        raise ValueError("its geometry is empty or not valid")
    given = {name: properties.pop(name, None) for name in _MEMBERS}
    if not isinstance(given["gathered"], str) or not given["gathered"]:
        raise ValueError("it has no id of the service (gathered)")
    names = {str(language): str(name) for language, name in (given["names"] or {}).items()}
    accuracy = None if given["accuracy_m"] is None else float(given["accuracy_m"])
    return Found(
        given["gathered"], names, geometry, accuracy, given["method"] or "", properties, str(given["gone"] or "")
    )
