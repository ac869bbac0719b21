"""Checks a folder of geodata: every file, and every id that one file names of another.

All faults are found in one run. Not here: writing (``load.write``).
"""

import dataclasses
import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mendmap.atlas.fields import JOINED
from mendmap.catalogue import read as catalogue_file
from mendmap.catalogue import tables
from mendmap.catalogue.gathered import Recipe
from mendmap.catalogue.imagery import Index, Raster
from mendmap.catalogue.model import DERIVED, FILE, Catalogue
from mendmap.catalogue.records import Figure, Limit, Parameter, Record, Rule, Source, Statement, Work, to_plain
from mendmap.errors import Fault, GeodataError
from mendmap.load import feeds, formatted, gathered, imagery, landed, recipes, translations
from mendmap.maps import model as maps
from mendmap.rasters.header import USUAL, Most
from mendmap.rasters.indices import INDICES
from mendmap.readings import tidy
from mendmap.readings.tidy import Reading
from mendmap.readings.told import Referents
from mendmap.statements.needs import NEEDS, complaints
from mendmap.vectors import features as vectors
from mendmap.vectors.features import Feature
from mendmap.vectors.fields import columns
from mendmap.vectors.gathered import Found
from mendmap.words.fields import Known, fields_of, unknown_ids
from mendmap.words.vocabulary import ROLES


@dataclass(frozen=True, slots=True)
class Geodata:
    """A folder that holds no fault: its catalogue, features, records, readings and maps, each in file order."""

    folder: Path
    catalogue: Catalogue
    features: tuple[Feature, ...]
    records: tuple[Record, ...]
    readings: tuple[Reading, ...]
    maps: tuple[maps.MapSpec, ...]
    mappings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # of the feeds, by file
    found: Mapping[str, Sequence[Found]] = field(default_factory=dict)  # what was gathered, by recipe


def maps_folder(folder: Path) -> Path | None:
    """Where the maps of a folder of geodata are: in its ``maps``, else in ``maps`` beside it."""
    found = (folder / "maps", folder.resolve().parent / "maps")
    return next((each for each in found if each.is_dir()), None)


def check(folder: Path, max_file_mb: int, most: Most = USUAL) -> Geodata:
    """Reads and checks a folder, its rasters no larger than ``most``. Raises GeodataError with every fault found."""
    return _checked(folder, max_file_mb, most, translated=True)[0]


def translate(folder: Path, max_file_mb: int, most: Most = USUAL) -> list[tuple[str, int]]:
    """Writes every text of a folder into its files of translations; returns each, with how many of its texts are not
    translated yet. Raises GeodataError with every fault found in other files."""
    found, texts = _checked(folder, max_file_mb, most, translated=False)
    try:
        return list(translations.renew(folder, found.catalogue.languages, texts, max_file_mb * 1_000_000))
    except ValueError as error:
        raise GeodataError(
            translations.read(folder, found.catalogue.languages, None, max_file_mb * 1_000_000)[1]
        ) from error


def _checked(folder: Path, max_file_mb: int, most: Most, *, translated: bool) -> tuple[Geodata, dict[str, str]]:
    """A folder without fault, and its texts that can be translated; its translations are read where they are to be."""
    max_bytes = max_file_mb * 1_000_000
    if unfinished := landed.complaint(folder):
        raise GeodataError(unfinished)
    catalogue, faults = catalogue_file.read(folder, max_bytes)
    if catalogue is None:
        raise GeodataError(faults)
    own, placed, wrong, unread = _rows(catalogue, max_bytes)
    faults += wrong
    laid = gathered.lay(catalogue, own, placed, faults, unread, max_bytes)
    features = laid.features
    faults += laid.faults
    unread |= laid.unread
    known = {kind: ids for kind, ids in _known(catalogue, features, placed).items() if kind not in unread}
    parameters = {record.id: record for _, _, record in placed if isinstance(record, Parameter)}
    readings: list[Reading] = []
    unsure = {"feature", "parameter", "source"} & unread or not all(each.unit for each in parameters.values())
    settled = None if unsure else _settled(features, placed)
    for each in catalogue.readings:
        if not (each.format or each.mapping):
            some, wrong = tidy.read(each.entry, parameters, known, max_bytes)
        else:
            some, wrong = formatted.read(each, settled, max_bytes) if settled else ([], [])
        readings += some
        faults += wrong
    specs, wrong = _maps(folder, catalogue, max_bytes)
    faults += wrong
    faults += _twins(catalogue, features)
    faults += _feature_references(catalogue, features, known, laid.places)
    faults += _record_references(placed, known)
    faults += _twin_readings(readings)
    faults += _uncheckable(placed)
    faults += recipes.check(placed)
    faults += _reserved(catalogue)
    mappings, wrong = feeds.check(folder, placed)
    placed, wrong_rasters = imagery.check(folder, placed, catalogue.extent, most)
    rasters = [record.file for _, _, record in placed if isinstance(record, Raster) and record.file]
    faults += wrong + wrong_rasters + catalogue_file.unlisted(folder, catalogue, [*mappings, *rasters])
    # Texts of the folder as it was written: what a decision covers is still there to be translated.
    texts = translations.texts(catalogue, own, placed)
    if translated:
        said, wrong = translations.read(folder, catalogue.languages, None if faults else texts, max_bytes)
        translations.together(said, laid.joined)
        laid.catalogue = dataclasses.replace(laid.catalogue, translations=said)
        faults += wrong
    if faults:
        raise GeodataError(faults)
    held = tuple(record for _, _, record in placed)
    terms = (tuple(features), held, tuple(readings), tuple(specs), mappings, laid.found)
    return Geodata(folder, laid.catalogue, *terms), texts


def _rows(
    catalogue: Catalogue, max_bytes: int
) -> tuple[list[Feature], list[tuple[str, int, Record]], list[Fault], set[str]]:
    """The features and records of the folder's own files, what is wrong with these, and the kinds of id that are not
    all known, because a file that has some cannot be read."""
    features: list[Feature] = []
    placed: list[tuple[str, int, Record]] = []
    faults: list[Fault] = []
    unread: set[str] = set()
    for layer in catalogue.layers:
        found, wrong = vectors.read(layer, catalogue.languages, max_bytes)
        features += found
        faults += wrong
        unread |= {layer.role, "feature"} if wrong and not found else set()
    for table in catalogue.tables:
        records, wrong = tables.read(table, catalogue.languages, max_bytes)
        placed += [(table.entry.file, line, record) for line, record in records]
        faults += wrong
        unread |= {table.kind} if wrong and not records else set()
    return features, placed, faults, unread


def _maps(folder: Path, catalogue: Catalogue, max_bytes: int) -> tuple[list[maps.MapSpec], list[Fault]]:
    where = maps_folder(folder)
    kinds: dict[str, Collection[str]] = {layer.id: layer.kinds for layer in catalogue.layers}
    of_sites = [kind for layer in catalogue.layers if layer.role == "site" for kind in layer.kinds]
    # Layers that the atlas makes: of sites as they are, and of works, which are all of a kind.
    kinds |= {each: of_sites if each == "sites" else ("work",) for each in DERIVED}
    specs: list[maps.MapSpec] = []
    faults: list[Fault] = []
    for path in sorted(where.glob("*.toml")) if where else []:
        spec, wrong = maps.read(path, kinds, catalogue.languages, max_bytes)
        specs += [spec] if spec else []
        faults += wrong
    return specs, faults


def _known(catalogue: Catalogue, features: list[Feature], placed: list[tuple[str, int, Record]]) -> Known:
    """Every id that can be referred to, by what it is."""
    roles = {layer.id: layer.role for layer in catalogue.layers}
    known = {role: {feature.id for feature in features if roles[feature.layer] == role} for role in ROLES}
    known["feature"] = {feature.id for feature in features}
    known["layer"] = {layer.id for layer in catalogue.layers}
    for kind in (Source, Parameter, Rule, Work, Figure, Limit, Statement, Recipe):
        known[kind.kind] = {record.id for _, _, record in placed if isinstance(record, kind)}
    known["index"] = {record.id for _, _, record in placed if isinstance(record, Index)} | set(INDICES)
    return known


def _settled(features: list[Feature], placed: list[tuple[str, int, Record]]) -> Referents:
    """What readings in other formats may name, with the aliases by which they may."""
    return Referents(
        {feature.id: feature.properties.get("aliases") for feature in features},
        {record.id: record for _, _, record in placed if isinstance(record, Parameter)},
        [record.id for _, _, record in placed if isinstance(record, Source)],
    )


def _twins(catalogue: Catalogue, features: list[Feature]) -> Iterator[Fault]:
    files = {layer.id: layer.entry.file for layer in catalogue.layers}
    first: dict[str, Feature] = {}
    for feature in features:
        if twin := first.get(feature.id):
            where = f"{files[twin.layer]} feature {twin.row}"
            yield Fault(files[feature.layer], feature.row, "id", f"{feature.id!r} is already used in {where}")
        first.setdefault(feature.id, feature)


def _feature_references(
    catalogue: Catalogue, features: list[Feature], known: Known, places: Mapping[str, gathered.Place]
) -> Iterator[Fault]:
    layers = {layer.id: (layer.entry.file, columns(layer)) for layer in catalogue.layers}
    for feature in features:
        file, fields = layers[feature.layer]
        for column, message in unknown_ids(fields, feature.properties, known):
            yield Fault(*places.get(feature.id, (file, feature.row)), column, message)


def _record_references(placed: list[tuple[str, int, Record]], known: Known) -> Iterator[Fault]:
    for file, line, record in placed:
        for column, message in unknown_ids(fields_of(type(record)), to_plain(record), known):
            yield Fault(file, line, column, message)


def _uncheckable(placed: list[tuple[str, int, Record]]) -> Iterator[Fault]:
    """Statements that do not give what their computation takes."""
    parameters = {each.id: each for _, _, each in placed if isinstance(each, Parameter)}
    for file, line, record in placed:
        if isinstance(record, Statement) and record.check in NEEDS:
            yield from (Fault(file, line, *each) for each in complaints(record, parameters))


def _reserved(catalogue: Catalogue) -> Iterator[Fault]:
    """Columns of a layer's own that the atlas would write over."""
    taken = {each.name for each in JOINED} | {"layer", "geometry"}
    for layer in catalogue.layers:
        for name in sorted(taken & set(layer.fields)):
            yield Fault(FILE, layer.entry.row, "fields", f"{name!r} is a column that mendmap adds itself; rename it")


def _twin_readings(readings: list[Reading]) -> Iterator[Fault]:
    """Readings of one series and start that stand in two files; twins within a file are found as it is read."""
    first: dict[tuple[str, dt.datetime], Reading] = {}
    for reading in readings:
        twin = first.setdefault((reading.series, reading.start), reading)
        if twin.file != reading.file:
            message = f"{twin.file} line {twin.row} has a reading of {reading.series} at the same start"
            yield Fault(reading.file, reading.row, "start", message)


def renew_hashes(folder: Path, max_file_mb: int) -> list[str]:
    """Writes the SHA-256 of every file taken from others into the catalogue; returns the files whose hash changed.

    Only the values of ``sha256`` change; the rest of the file stays as it was written by hand.
    Raises GeodataError where the catalogue file cannot be read at all.
    """
    catalogue, faults = catalogue_file.read(folder, max_file_mb * 1_000_000)
    if catalogue is None:
        raise GeodataError(faults)
    return catalogue_file.renew_hashes(folder / FILE, catalogue)
