"""Makes a package: every file, the documents about them, the manifest, and the zip file that holds them.

The same lake, or a copy of it, gives the same bytes for the same question at the same snapshot, whoever asks, when and
where. Files are made on the disk one after another, so that memory does not grow with them. Not here: what the files
are (``members``, ``documents``).
"""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mendmap.lake.connection import Lake
from mendmap.package import manifest as manifests
from mendmap.package.archive import Archive, Stored
from mendmap.package.documents import Document, checksums, documents
from mendmap.package.members import COUNTED, Member, members
from mendmap.package.scope import Scope
from mendmap.words.fields import Field

MEDIA_TYPE = "application/zip"
Json = dict[str, Any]


def build(lake: Lake, scope: Scope, path: Path, most_mb: int) -> bytes:
    """Writes the package of a scope, whose atlas is of this lake and whole, to a path; files are made beside it for a
    while. Returns the manifest as it stands in it. Raises TooLargeError where its files have more than ``most_mb``
    megabytes (10^6 bytes) together."""
    most = most_mb * 1_000_000
    with TemporaryDirectory(dir=path.parent) as folder, Archive(path, scope.atlas.snapshot.moment, most) as archive:
        files: list[Json] = []
        columns: dict[str, Sequence[Field]] = {}
        for member in members(lake, scope, most):
            files.append(_packed(archive, member, Path(folder) / "made"))
            columns[member.table] = member.columns
        about = documents(scope, manifests.manifest(scope, files, columns), columns)
        files += [_added(archive, each) for each in about]
        files.append(_added(archive, checksums(files)))
        body = manifests.written(manifests.manifest(scope, files, columns))
        _stored(archive, manifests.NAME, body)
    return body


def _packed(archive: Archive, member: Member, path: Path) -> Json:
    """Makes a file, packs it, and lists it."""
    words = member.make(path)
    with path.open("rb") as file:
        stored = archive.add(member.path, file, path.stat().st_size)
    path.unlink()
    return _entry(stored, member.media_type, member.title) | _told(member, words)


def _told(member: Member, words: Mapping[str, int]) -> Json:
    told = {
        "rows": member.rows,
        "table": member.table,
        "crs": member.crs,
        "licence": member.licence,
        "filters": dict(member.filters),
    }
    if words:
        told["words"] = {COUNTED[member.table]: dict(sorted(words.items()))}
    return {name: each for name, each in told.items() if each not in ("", {})}


def _added(archive: Archive, document: Document) -> Json:
    stored = _stored(archive, document.path, document.body)
    return _entry(stored, document.media_type, document.title)


def _stored(archive: Archive, path: str, body: bytes) -> Stored:
    return archive.add(path, io.BytesIO(body), len(body))


def _entry(stored: Stored, media_type: str, title: str) -> Json:
    return {
        "path": stored.path,
        "title": title,
        "media_type": media_type,
        "bytes": stored.bytes,
        "sha256": stored.sha256,
    }
