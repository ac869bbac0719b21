"""Reads ``catalogue.toml``. Not here: the files it lists (``tables``, ``vectors``, ``readings``)."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mendmap.catalogue import files
from mendmap.catalogue.model import (
    CATALOGUE,
    DERIVED,
    FILE,
    GEOMETRIES,
    LAYER,
    READINGS,
    TABLE,
    Catalogue,
    Entry,
    Layer,
    Table,
)
from mendmap.errors import Fault, not_one_of, shown
from mendmap.geo.bounds import Bounds
from mendmap.words.fields import Field, Row, name_column, read_row

_WORLD = Bounds(-180, -90, 180, 90)
_DATA_SUFFIXES = (".csv", ".geojson", ".json", ".gpkg", ".toml", ".parquet", ".xlsx")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")


class _Reader:
    """Reads one catalogue.toml, and gathers what is wrong with it."""

    def __init__(self, folder: Path, text: str, document: Mapping[str, Any]) -> None:
        self.folder, self.text, self.document = folder, text, document
        self.faults: list[Fault] = []
        self.languages = self._languages()

    def fault(self, row: int, column: str, message: str) -> None:
        self.faults.append(Fault(FILE, row, column, message))

    def line_of(self, header: str, nth: int = 0) -> int:
        """The line of the ``nth`` ``[header]`` or ``[[header]]``; 1 where there is none."""
        found = re.compile(rf"^[ \t]*\[\[?[ \t]*{header}[ \t]*\]", re.MULTILINE).finditer(self.text)
        starts = [match.start() for match in found]
        return self.text.count("\n", 0, starts[nth]) + 1 if nth < len(starts) else 1

    def tables(self, header: str) -> list[tuple[int, dict[str, Any]]]:
        """Every ``[[header]]``, with its line."""
        found = self.document.get(header, [])
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            self.fault(self.line_of(header), header, f"write it as [[{header}]]")
            return []
        return [(self.line_of(header, nth), dict(each)) for nth, each in enumerate(found)]

    def row(self, fields: Sequence[Field], line: int, cells: Mapping[str, Any]) -> Row:
        values, complaints = read_row(fields, cells, self.languages)
        for column, message in complaints:
            self.fault(line, column, message)
        return values

    def _languages(self) -> tuple[str, ...]:
        given = self.document.get("catalogue", {})
        found = given.get("languages", ["en"]) if isinstance(given, dict) else ["en"]
        if isinstance(found, list) and found and all(isinstance(e, str) and _LANGUAGE.fullmatch(e) for e in found):
            return tuple(found)
        self.fault(self.line_of("catalogue"), "languages", f"not a list of language tags: {shown(found)}")
        return ("en",)

    def extent(self, line: int, given: object, default: Bounds) -> Bounds:
        if given is None:
            return default
        try:
            if not isinstance(given, list) or len(given) != 4:
                raise ValueError(f"not four numbers, west, south, east, north: {shown(given)}")
            return Bounds.of(*(float(each) for each in given))
        except (ValueError, TypeError) as error:
            self.fault(line, "extent", str(error))
            return default

    def words(self, line: int, column: str, given: object) -> dict[str, str]:
        """A table from id to plain words."""
        if isinstance(given, dict) and all(isinstance(v, str) and _plain_id(k) for k, v in given.items()):
            return dict(given)
        if given is not None:
            self.fault(line, column, f"not a table of ids and their names: {shown(given)}")
        return {}

    def geometry(self, line: int, given: object) -> tuple[str, ...]:
        wanted = given if isinstance(given, list) else []
        for each in wanted:
            if each not in GEOMETRIES:
                self.fault(line, "geometry", not_one_of("not one of the choices", each, GEOMETRIES))
        if not wanted:
            self.fault(line, "geometry", f"a list is required; choices: {', '.join(GEOMETRIES)}")
        return tuple(str(each) for each in wanted)

    def entry(self, line: int, row: Row) -> Entry | None:
        try:
            path = files.inside(self.folder, row["file"] or "")
        except ValueError as error:
            self.fault(line, "file", str(error))
            return None
        if not row["file"]:
            return None
        origin, licence, source = row["origin"] or "own", row["licence"] or "", row["source"] or ""
        return Entry(line, row["file"], path, licence, source, origin, row["sha256"])


def read(folder: Path, max_bytes: int) -> tuple[Catalogue | None, list[Fault]]:
    """The catalogue of a folder, and the faults of its catalogue file and of which files there are.

    There is no catalogue where the file cannot be read at all; otherwise what is sound is returned, so that
    the files it lists can be checked in the same run.
    """
    try:
        text = files.text(folder / FILE, max_bytes)
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = int(found.group(1)) if (found := re.search(r"line (\d+)", str(error))) else 0
        return None, [Fault(FILE, line, "", f"not TOML: {error}")]
    except ValueError as error:
        return None, [Fault(FILE, 0, "", str(error))]
    reader = _Reader(folder, text, document)
    catalogue = _catalogue(reader)
    faults = reader.faults + _unlisted(folder, catalogue)
    return catalogue, faults + files.guarded(entries(catalogue), max_bytes, FILE)


def entries(catalogue: Catalogue) -> tuple[Entry, ...]:
    """Every data file that the catalogue lists."""
    listed = [layer.entry for layer in catalogue.layers] + [table.entry for table in catalogue.tables]
    return (*listed, *catalogue.readings)


def _catalogue(reader: _Reader) -> Catalogue:
    known = {"catalogue", "layer", "table", "readings"}
    for name in reader.document:
        if name not in known:
            reader.fault(reader.line_of(re.escape(name)), name, not_one_of("unknown table", name, known))
    line = reader.line_of("catalogue")
    given = reader.document.get("catalogue")
    if not isinstance(given, dict):
        reader.fault(line, "catalogue", "a [catalogue] table is required")
        given = {}
    cells = {key: value for key, value in given.items() if key not in ("languages", "extent")}
    row = reader.row(CATALOGUE, line, cells)
    extent = reader.extent(line, given.get("extent"), _WORLD)
    layers = [_layer(reader, line, cells, extent) for line, cells in reader.tables("layer")]
    tables = [_table(reader, line, cells) for line, cells in reader.tables("table")]
    readings = [reader.entry(line, reader.row(READINGS, line, cells)) for line, cells in reader.tables("readings")]
    catalogue = Catalogue(
        id=row["id"] or "",
        name=row["name"],
        summary=row["summary"],
        contact=row["contact"] or "",
        licence=row["licence"] or "",
        attribution=row["attribution"] or "",
        languages=reader.languages,
        extent=extent,
        near_m=row["near_m"] or 0.0,
        layers=tuple(each for each in layers if each),
        tables=tuple(each for each in tables if each),
        readings=tuple(each for each in readings if each),
    )
    _unique(reader, catalogue)
    return catalogue


def _layer(reader: _Reader, line: int, cells: dict[str, Any], extent: Bounds) -> Layer | None:
    special = ("geometry", "kinds", "extent", "fields")
    row = reader.row(LAYER, line, {key: value for key, value in cells.items() if key not in special})
    entry = reader.entry(line, row)
    kinds = reader.words(line, "kinds", cells.get("kinds"))
    if not kinds:
        reader.fault(line, "kinds", "a [layer.kinds] table with at least one kind is required")
    if row["id"] in DERIVED:
        reader.fault(line, "id", f"{shown(row['id'])} is a layer that mendmap makes itself; choose another id")
    if entry is None or not row["id"]:
        return None
    return Layer(
        id=row["id"],
        name=row["name"],
        description=row["description"] or "",
        role=row["role"] or "context",
        crs=row["crs"] or "OGC:CRS84",
        entry=entry,
        geometry=reader.geometry(line, cells.get("geometry")),
        kinds=kinds,
        extent=reader.extent(line, cells.get("extent"), extent),
        media=row["media"],
        table=row["table"],
        fields=reader.words(line, "fields", cells.get("fields")),
    )


def _table(reader: _Reader, line: int, cells: dict[str, Any]) -> Table | None:
    row = reader.row(TABLE, line, cells)
    entry = reader.entry(line, row)
    return Table(row["kind"], entry) if entry and row["kind"] else None


def _unique(reader: _Reader, catalogue: Catalogue) -> None:
    _no_twins(reader, "id", [(layer.entry.row, layer.id) for layer in catalogue.layers])
    _no_twins(reader, "file", [(each.row, f"{each.file}{_part(catalogue, each)}") for each in entries(catalogue)])


def _part(catalogue: Catalogue, entry: Entry) -> str:
    """What of a file an entry takes: several layers may share one GeoPackage."""
    return next((f":{layer.table}" for layer in catalogue.layers if layer.entry is entry and layer.table), "")


def _no_twins(reader: _Reader, column: str, values: Iterable[tuple[int, str]]) -> None:
    first: dict[str, int] = {}
    for line, value in values:
        if value in first:
            reader.fault(line, column, f"{shown(value)} is already used in line {first[value]}")
        first.setdefault(value, line)


def _unlisted(folder: Path, catalogue: Catalogue) -> list[Fault]:
    """Data files that lie in the folder and are not listed: what is not listed is not loaded, so say so."""
    listed = {entry.path for entry in entries(catalogue)} | {(folder / FILE).resolve()}
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _DATA_SUFFIXES and path.is_file())
    return [
        Fault(str(path.relative_to(folder)), 0, "", f"the file is not listed in {FILE}; list it or take it away")
        for path in found
        if path.resolve() not in listed and not _aside(path.relative_to(folder))
    ]


def _aside(path: Path) -> bool:
    """Whether a file is no data of the catalogue: hidden, or a map."""
    return path.parts[0] == "maps" or any(part.startswith(".") for part in path.parts)


def _plain_id(text: str) -> bool:
    return bool(re.fullmatch(r"[a-z][a-z0-9_]{0,63}", text)) and text not in {name_column("name", "en"), "geometry"}


def renew_hashes(path: Path, catalogue: Catalogue) -> list[str]:
    """Writes today's SHA-256 of every guarded file into catalogue.toml; returns the files whose hash changed.

    A guarded file is one taken from others, or one that already has a hash. Nothing else in the file changes.
    """
    lines = path.read_text("utf-8").split("\n")
    changed = []
    for entry in sorted(entries(catalogue), key=lambda each: each.row, reverse=True):
        if not entry.path.is_file() or (entry.origin != "others" and entry.sha256 is None):
            continue
        if (found := files.sha256(entry.path)) == entry.sha256:
            continue
        changed.append(entry.file)
        written = f'sha256 = "{found}"'
        following = range(entry.row, len(lines))
        end = next((nth for nth in following if lines[nth].lstrip().startswith("[")), len(lines))
        at = next((nth for nth in range(entry.row, end) if re.match(r"\s*sha256\s*=", lines[nth])), None)
        if at is None:
            lines.insert(entry.row, written)
        else:
            lines[at] = written
    path.write_text("\n".join(lines), "utf-8")
    return sorted(changed)
