"""Reads ``catalogue.toml``. Not here: the files it lists (``tables``, ``vectors``, ``readings``)."""

import re
import zoneinfo
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mendmap.catalogue import files
from mendmap.catalogue.model import (
    CATALOGUE,
    DERIVED,
    FILE,
    FRESH,
    GATHERED,
    GEOMETRIES,
    LAYER,
    NETWORK,
    READINGS,
    RESERVED,
    TABLE,
    Catalogue,
    Entry,
    Gathered,
    Layer,
    Network,
    Readings,
    Table,
)
from mendmap.errors import Fault, not_one_of, shown
from mendmap.geo.bounds import Bounds
from mendmap.geo.crs import crs
from mendmap.words.fields import Field, Row, name_column, read_row
from mendmap.words.vocabulary import ACCESS

_WORLD = Bounds(-180, -90, 180, 90)
_DATA_SUFFIXES = (".csv", ".geojson", ".json", ".gpkg", ".toml", ".parquet", ".xlsx", ".tif", ".tiff")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")


class _Reader:
    """Reads one catalogue.toml, and gathers what is wrong with it."""

    def __init__(self, folder: Path, text: str, document: Mapping[str, Any]) -> None:
        self.folder, self.text, self.document = folder, text, document
        self.faults: list[Fault] = []
        self.languages = self._languages()

    def fault(self, row: int, column: str, message: str) -> None:
        self.faults.append(Fault(FILE, row, column, message))

    def tables(self, header: str) -> list[tuple[int, dict[str, Any]]]:
        """Every ``[[header]]``, with its line."""
        try:
            return files.toml_tables(self.text, self.document, header)
        except files.LineError as error:
            self.fault(*files.place(error))
            return []

    def row(self, fields: Sequence[Field], line: int, cells: Mapping[str, Any]) -> Row:
        values, complaints = read_row(fields, cells, self.languages)
        for column, message in complaints:
            self.fault(line, column, message)
        return values

    def _languages(self) -> tuple[str, ...]:
        given = self.document.get("catalogue", {})
        found = given.get("languages", ["en"]) if isinstance(given, dict) else ["en"]
        tags = found if isinstance(found, list) else []
        if tags and all(isinstance(e, str) and _LANGUAGE.fullmatch(e) for e in tags) and len(set(tags)) == len(tags):
            return tuple(tags)
        line = files.line_of(self.text, "catalogue")
        self.fault(line, "languages", f"not a list of different language tags: {shown(found)}")
        return ("en",)

    def extent(self, line: int, given: object, default: Bounds) -> Bounds:
        try:
            return default if given is None else Bounds.parse(given)
        except ValueError as error:
            self.fault(line, "extent", str(error))
            return default

    def zone(self, line: int, given: str | None) -> str:
        """The zone of days and years; UTC where none is given."""
        if given is None or given in zoneinfo.available_timezones():
            return given or "UTC"
        self.fault(line, "zone", f"no such zone: {shown(given)}; write Europe/Paris")
        return "UTC"

    def projections(self, line: int, given: object) -> tuple[str, ...]:
        """Systems of coordinates, each as EPSG:code."""
        try:
            return tuple(crs(str(each)).name for each in (given if isinstance(given, list) else [given]))
        except ValueError as error:
            self.fault(line, "projections", str(error))
            return ()

    def words(self, line: int, column: str, given: object) -> dict[str, str]:
        """A table from id to plain words."""
        if given is None:
            return {}
        if not isinstance(given, dict) or not all(_plain_id(name) for name in given):
            self.fault(line, column, f"not a table of ids and their names: {shown(given)}")
            return {}
        row = self.row([Field(name, "text", name, required=True) for name in given], line, given)
        return {name: text or "" for name, text in row.items()}

    def stations(self, line: int, given: object) -> dict[str, str]:
        """A table from what a file calls a station to the station's id."""
        if given is None:
            return {}
        if not isinstance(given, dict) or not all(isinstance(each, str) for each in given.values()):
            self.fault(line, "stations", f"not a table of names and the ids of stations: {shown(given)}")
            return {}
        return dict(given)

    def restricted(self, line: int, given: object) -> dict[str, str]:
        """A table from properties to who may see them."""
        found = self.words(line, "restricted", given)
        for name, access in found.items():
            if access not in ACCESS:
                self.fault(line, "restricted", f"{name}: {not_one_of('not one of the choices', access, ACCESS)}")
        return found

    def geometry(self, line: int, given: object) -> tuple[str, ...]:
        wanted = given if isinstance(given, list) else []
        for each in wanted:
            if each not in GEOMETRIES:
                self.fault(line, "geometry", not_one_of("not one of the choices", each, GEOMETRIES))
        if not wanted:
            self.fault(line, "geometry", f"a list is required; choices: {', '.join(GEOMETRIES)}")
        return tuple(str(each) for each in wanted)

    def entry(self, line: int, row: Row, column: str = "file") -> Entry | None:
        """The file that a row names, whichever of its columns that stood in."""
        try:
            path = files.inside(self.folder, row["file"] or "")
        except ValueError as error:
            self.fault(line, column, str(error))
            return None
        if not row["file"]:
            return None
        origin, licence, source = row["origin"] or "own", row["licence"] or "", row["source"] or ""
        return Entry(line, row["file"], path, licence, source, origin, row["sha256"])


def read(folder: Path, max_bytes: int) -> tuple[Catalogue | None, list[Fault]]:
    """The catalogue of a folder, and the faults of its catalogue file.

    There is no catalogue where the file cannot be read at all; otherwise what is sound is returned, so that
    the files it lists can be checked in the same run.
    """
    try:
        text = files.text(folder / FILE, max_bytes)
        document = files.toml(text)
    except ValueError as error:
        return None, [Fault(FILE, *files.place(error))]
    reader = _Reader(folder, text, document)
    catalogue = _catalogue(reader)
    return catalogue, reader.faults + files.guarded(entries(catalogue), max_bytes, FILE)


def entries(catalogue: Catalogue) -> tuple[Entry, ...]:
    """Every file that the catalogue lists, mapping files among them."""
    return (*_data(catalogue), *(each.mapping for each in catalogue.readings if each.mapping))


def _data(catalogue: Catalogue) -> tuple[Entry, ...]:
    listed = [layer.entry for layer in catalogue.layers] + [table.entry for table in catalogue.tables]
    return (*listed, *(each.entry for each in catalogue.readings), *(each.entry for each in catalogue.gathered))


def _catalogue(reader: _Reader) -> Catalogue:
    known = {"catalogue", "network", "layer", "table", "readings", "gathered"}
    for name in reader.document:
        if name not in known:
            reader.fault(files.line_of(reader.text, name), name, not_one_of("unknown table", name, known))
    line = files.line_of(reader.text, "catalogue")
    given = reader.document.get("catalogue")
    if not isinstance(given, dict):
        reader.fault(line, "catalogue", "a [catalogue] table is required")
        given = {}
    cells = {key: value for key, value in given.items() if key not in ("languages", "extent", "projections")}
    row = reader.row(CATALOGUE, line, cells)
    extent = reader.extent(line, given.get("extent"), _WORLD)
    networks = [reader.row(NETWORK, line, cells) for line, cells in reader.tables("network")]
    layers = [_layer(reader, line, cells, extent) for line, cells in reader.tables("layer")]
    tables = [_table(reader, line, cells) for line, cells in reader.tables("table")]
    readings = [_readings(reader, line, cells) for line, cells in reader.tables("readings")]
    gathered = [_gathered(reader, line, cells) for line, cells in reader.tables("gathered")]
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
        gathered=tuple(each for each in gathered if each),
        zone=reader.zone(line, row["zone"]),
        jurisdictions=row["jurisdictions"] or (),
        projections=reader.projections(line, given.get("projections", [])),
        fresh_for=row["fresh_for"] or FRESH,
        networks=tuple(Network(each["name"], each["url"] or "", each["media"] or ()) for each in networks),
        access=row["access"] or "public",
    )
    _unique(reader, catalogue)
    return catalogue


def _layer(reader: _Reader, line: int, cells: dict[str, Any], extent: Bounds) -> Layer | None:
    special = ("geometry", "kinds", "extent", "fields", "restricted")
    row = reader.row(LAYER, line, {key: value for key, value in cells.items() if key not in special})
    entry = reader.entry(line, row)
    kinds = reader.words(line, "kinds", cells.get("kinds"))
    if not kinds:
        reader.fault(line, "kinds", "a [layer.kinds] table with at least one kind is required")
    geometry = reader.geometry(line, cells.get("geometry"))
    box = reader.extent(line, cells.get("extent"), extent)
    fields = reader.words(line, "fields", cells.get("fields"))
    if row["id"] in RESERVED:
        reader.fault(line, "id", f"{shown(row['id'])} is no layer for the service; choose another id")
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
        geometry=geometry,
        kinds=kinds,
        extent=box,
        media=row["media"],
        table=row["table"],
        fields=fields,
        access=row["access"] or "public",
        restricted=reader.restricted(line, cells.get("restricted")),
    )


def _table(reader: _Reader, line: int, cells: dict[str, Any]) -> Table | None:
    row = reader.row(TABLE, line, cells)
    entry = reader.entry(line, row)
    return Table(row["kind"], entry) if entry and row["kind"] else None


def _readings(reader: _Reader, line: int, cells: dict[str, Any]) -> Readings | None:
    row = reader.row(READINGS, line, {key: value for key, value in cells.items() if key != "stations"})
    entry = reader.entry(line, row)
    if entry is None:
        return None
    says = {each: row[each] or "" for each in ("format", "zone", "label", "source_id", "recipe", "attribution")}
    own = row | {"file": row["mapping"], "origin": "own", "sha256": None}
    mapping = reader.entry(line, own, "mapping") if row["mapping"] else None
    stations = reader.stations(line, cells.get("stations"))
    encoding = row["encoding"] or "utf-8"
    return Readings(entry, mapping=mapping, encoding=encoding, retrieved=row["retrieved"], stations=stations, **says)


def _gathered(reader: _Reader, line: int, cells: dict[str, Any]) -> Gathered | None:
    row = reader.row(GATHERED, line, cells)
    entry = reader.entry(line, row)
    if entry is None:
        return None
    return Gathered(entry, row["recipe"] or "", row["attribution"] or "", row["retrieved"])


def _unique(reader: _Reader, catalogue: Catalogue) -> None:
    _no_twins(reader, "id", [(layer.entry.row, layer.id) for layer in catalogue.layers])
    _no_twins(reader, "file", [(each.row, f"{each.file}{_part(catalogue, each)}") for each in _data(catalogue)])


def _part(catalogue: Catalogue, entry: Entry) -> str:
    """What of a file an entry takes: several layers may share one GeoPackage."""
    return next((f":{layer.table}" for layer in catalogue.layers if layer.entry is entry and layer.table), "")


def _no_twins(reader: _Reader, column: str, values: Iterable[tuple[int, str]]) -> None:
    first: dict[str, int] = {}
    for line, value in values:
        if value in first:
            reader.fault(line, column, f"{shown(value)} is already used in line {first[value]}")
        first.setdefault(value, line)


def unlisted(folder: Path, catalogue: Catalogue, more: Iterable[str] = ()) -> list[Fault]:
    """Data files that lie in the folder and are not listed: what is not listed is not loaded, so say so. ``more`` are
    files that tables of the catalogue name."""
    listed = {entry.path for entry in entries(catalogue)} | {(folder / each).resolve() for each in (FILE, *more)}
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

    A guarded file is one taken from others, or one that already has a hash. Nothing else in the file changes,
    and it is never half-written: the new one takes its place in one step.
    """
    path = path.resolve()
    lines = path.read_bytes().decode("utf-8").split("\n")
    changed = set()
    for entry in sorted(entries(catalogue), key=lambda each: each.row, reverse=True):
        if not entry.path.is_file() or (entry.origin != "others" and entry.sha256 is None):
            continue
        if (found := files.sha256(entry.path)) != entry.sha256:
            changed.add(entry.file)
            _write_hash(lines, entry.row, found)
    if changed:
        beside = path.with_name(f".{path.name}.new")
        beside.write_bytes("\n".join(lines).encode("utf-8"))
        beside.chmod(path.stat().st_mode)
        beside.replace(path)
    return sorted(changed)


def _write_hash(lines: list[str], header: int, found: str) -> None:
    """Puts a hash into the entry whose ``[[header]]`` is that line, counted from 1."""
    end = next((nth for nth in range(header, len(lines)) if lines[nth].lstrip().startswith("[")), len(lines))
    for nth in range(header, end):
        if match := re.match(r"""(\s*sha256\s*=\s*)("[^"]*"|'[^']*'|[^\s#]*)""", lines[nth]):
            lines[nth] = f'{match.group(1)}"{found}"{lines[nth][match.end() :]}'
            return
    ending = "\r" if lines[header - 1].endswith("\r") else ""
    lines.insert(header, f'sha256 = "{found}"{ending}')
