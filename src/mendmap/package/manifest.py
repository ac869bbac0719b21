"""The manifest: what a package is, and every file in it with its size, SHA-256, rows, columns, CRS and licence.

It is made once the files are, and read again by whoever checks them. Not here: the signature (``signature``), and
holding files against it (``verify``).
"""

import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import orjson

from mendmap import __version__
from mendmap.catalogue.records import names
from mendmap.errors import ReadError, shown
from mendmap.package.scope import Scope
from mendmap.words.fields import Field

NAME = "manifest.json"
# The version of this document's form.
FORM = 1
# The largest manifest that is read.
MOST_BYTES = 20_000_000
_DIGEST = re.compile(r"[0-9a-f]{64}")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as the manifest lists it; ``rows`` is None where it holds none."""

    path: str
    bytes: int
    sha256: str
    rows: int | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is checked of a manifest: its title, the snapshot by its name, and the files."""

    title: str
    snapshot: str
    files: tuple[Listed, ...]


def manifest(scope: Scope, files: Sequence[Json], columns: Mapping[str, Sequence[Field]]) -> Json:
    """The manifest of ``files``, each listed already; ``columns`` are those of every table that they hold."""
    atlas = scope.atlas
    place, snapshot = atlas.place, atlas.snapshot
    return {
        "mendmap_package": FORM,
        "title": names(place.name),
        "catalogue": {
            "id": place.id,
            "contact": place.contact,
            "licence": place.licence,
            "attribution": place.attribution,
            "zone": place.zone,
            "jurisdictions": list(place.jurisdictions),
        },
        "snapshot": {
            "name": str(snapshot),
            "number": snapshot.number,
            "digest": snapshot.digest,
            "moment": snapshot.moment.isoformat(),
        },
        "asked": dict(scope.given),
        "prepared_by": scope.prepared_by,
        "remarks": scope.remarks,
        "layers": [
            {"id": layer.id, "title": names(layer.name), "features": len(scope.rows(layer)), "of": len(layer.features)}
            for layer in atlas.layers.values()
        ],
        "software": {"name": "mendmap", "version": __version__, "made_with": _made_with()},
        "files": list(files),
        "columns": {name: [_column(each) for each in fields] for name, fields in columns.items()},
    }


def written(document: Json) -> bytes:
    """A manifest as it stands in the package."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def read(body: bytes) -> Manifest:
    """A manifest that was written. Raises ReadError that names the member."""
    try:
        document = orjson.loads(body)
    except ValueError as error:
        raise ReadError(f"{NAME}: not JSON: {error}") from None
    form = _member(document, "mendmap_package", int, "")
    if form != FORM:
        raise ReadError(f"{NAME}: mendmap_package: this version of mendmap reads {FORM}, not {shown(form)}")
    snapshot = _member(document, "snapshot", dict, "")
    files = _member(document, "files", list, "")
    return Manifest(
        _member(document, "title", str, ""),
        _member(snapshot, "name", str, "snapshot."),
        tuple(_listed(each, f"files[{nth}].") for nth, each in enumerate(files)),
    )


def _listed(entry: Any, where: str) -> Listed:
    size, digest = _member(entry, "bytes", int, where), _member(entry, "sha256", str, where)
    if size < 0 or not _DIGEST.fullmatch(digest):
        raise ReadError(f"{NAME}: {where}: not a size and a SHA-256: {shown(size)}, {shown(digest)}")
    rows = _member(entry, "rows", int, where) if "rows" in entry else None
    return Listed(_member(entry, "path", str, where), size, digest, rows)


def _member(document: Any, name: str, kind: type, where: str) -> Any:
    found = document.get(name) if isinstance(document, dict) else None
    if not isinstance(found, kind) or isinstance(found, bool):
        raise ReadError(f"{NAME}: {where}{name}: not a {kind.__name__}: {shown(found)}")
    return found


def _column(field: Field) -> Json:
    return {
        "name": field.name,
        "kind": field.kind,
        "unit": field.unit or None,
        "meaning": field.meaning,
        **({"choices": [each for each in field.choices if each]} if field.choices else {}),
    }


def _made_with() -> dict[str, str]:
    """The versions of the libraries that mendmap asks for, which are locked, and of SQLite, which comes with Python and
    stamps itself on GeoPackages: the bytes of files depend on them."""
    asked = (each for each in metadata.requires("mendmap") or () if "extra ==" not in each)
    found = {}
    for name in sorted(re.split(r"[^A-Za-z0-9._-]", each, maxsplit=1)[0] for each in asked):
        found[name] = metadata.version(name)
    return {**found, "sqlite": sqlite3.sqlite_version}
