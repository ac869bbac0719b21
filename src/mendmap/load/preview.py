"""What the statements would come to with files that are not loaded: an atlas with their rows in it, in memory only.

Records (sources, parameters, limits, rules, figures) are CSV in the columns of their table, outlines and lines are
GeoJSON of features that the atlas has, and anything else is readings, in any format that an ingest takes. All are
checked as a load checks them. Nothing is written to the lake.
Not here: the assessment of readings, which whoever calls gives (``assess``).
"""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mendmap.assess.model import Answers
from mendmap.atlas.model import Atlas, Feature
from mendmap.catalogue import files, tables
from mendmap.catalogue.model import GEOMETRIES, Entry, Layer, Readings, Table
from mendmap.catalogue.records import TABLES, Record, to_plain
from mendmap.errors import Fault, GeodataError, not_one_of
from mendmap.lake.contents import SeriesRow
from mendmap.lake.sampled import Sample
from mendmap.load import formatted
from mendmap.readings.tidy import Reading
from mendmap.readings.told import Referents
from mendmap.vectors import features as vectors
from mendmap.vectors.fields import columns
from mendmap.words.fields import expanded, fields_of, unknown_ids

# The tables of records that a preview takes, by kind, with the atlas's name of each.
_RECORDS = {
    "source": "sources",
    "parameter": "parameters",
    "rule": "rules",
    "limit": "limits",
    "figure": "figures",
}
# The answers that the atlas would have with these readings beside its own.
Assess = Callable[[Atlas, Sequence[Reading]], Answers]


def preview(
    atlas: Atlas, paths: Sequence[Path], max_file_mb: int, *, zone: str = "", assess: Assess | None = None
) -> Atlas:
    """The atlas as it would be with the rows of files. A row whose id is known takes the place of the one there.

    ``zone`` is that of times without an offset. Without ``assess`` readings have no answers, and decide nothing.
    Raises GeodataError with every fault of the first file that has any.
    """
    max_bytes = max_file_mb * 1_000_000
    for path in paths:
        if reason := files.complaint(path, max_bytes):
            raise GeodataError([Fault(path.name, 0, "", reason)])
    kinds = {path: _kind(path, atlas.place.languages) for path in paths}
    # In the order in which they may name each other, whatever that of the files.
    for kind in _RECORDS:
        for path in (each for each in paths if kinds[each] == kind):
            atlas = _with_records(atlas, path, kind, max_bytes)
    for path, kind in kinds.items():
        if kind == "feature":
            atlas = _with_features(atlas, path, max_bytes)
    readings = [each for path, kind in kinds.items() if not kind for each in _readings(atlas, path, zone, max_bytes)]
    if readings:
        atlas = _with_samples(_with_series(atlas, readings), readings)
        atlas = replace(atlas, answers=assess(atlas, readings)) if assess else atlas
    return atlas


def _kind(path: Path, languages: Sequence[str]) -> str:
    """What a file holds: a kind of record, ``feature``, or nothing where it is readings. A CSV is of the kind whose
    columns hold all of its own, and whose required ones it has."""
    if path.suffix.lower() == ".geojson":
        return "feature"
    if path.suffix.lower() != ".csv":
        return ""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        header = stream.readline()
    cells = next(csv.reader([header], delimiter=";" if header.count(";") > header.count(",") else ","), [])
    given = {each.strip() for each in cells}
    for kind in _RECORDS:
        fields = expanded(fields_of(TABLES[kind]), languages)
        required = {each.name for each in fields if each.required}
        if required <= given <= {each.name for each in fields}:
            return kind
    return ""


def _entry(path: Path) -> Entry:
    return Entry(0, path.name, path, "", "")


def _with_records(atlas: Atlas, path: Path, kind: str, max_bytes: int) -> Atlas:
    placed, faults = tables.read(Table(kind, _entry(path)), atlas.place.languages, max_bytes)
    held: Mapping[str, Record] = getattr(atlas, _RECORDS[kind])
    found = {**held, **{record.id: record for _, record in placed}}
    known = {**_known(atlas), kind: found}
    for line, record in placed:
        wrong = unknown_ids(fields_of(type(record)), to_plain(record), known)
        faults += [Fault(path.name, line, *each) for each in wrong]
    if faults:
        raise GeodataError(faults)
    changed: Any = {_RECORDS[kind]: found}
    return replace(atlas, **changed)


def _known(atlas: Atlas) -> dict[str, Mapping[str, Any]]:
    """Every id that a row may name, by what it is."""
    held = {kind: getattr(atlas, name) for kind, name in _RECORDS.items()}
    of_role = {role: {each.id: each for each in atlas.of_role(role)} for role in ("site", "station", "watercourse")}
    return {**held, **of_role, "feature": atlas.features}


def _with_features(atlas: Atlas, path: Path, max_bytes: int) -> Atlas:
    layer = _layer(atlas, path, max_bytes)
    found, faults = vectors.read(layer, atlas.place.languages, max_bytes)
    known = _known(atlas)
    for each in found:
        wrong = unknown_ids(columns(layer), each.properties, known)
        faults += [Fault(path.name, each.row, *complaint) for complaint in wrong]
        if each.id not in set(atlas.layers[layer.id].ids):
            message = not_one_of(f"no such feature of {layer.id}", each.id, known["feature"])
            faults.append(Fault(path.name, each.row, "id", message))
    if faults:
        raise GeodataError(faults)
    drawn = {
        each.id: replace(
            atlas.features[each.id],
            geometry=each.geometry,
            properties={**atlas.features[each.id].properties, **_given(each.properties)},
        )
        for each in found
    }
    return replace(atlas, features=atlas.features | drawn)


def _given(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a feature that the file fills in."""
    return {name: value for name, value in properties.items() if value not in (None, "", [])}


def _layer(atlas: Atlas, path: Path, max_bytes: int) -> Layer:
    """The layer of the file's first feature, as if it were its file. Raises GeodataError."""
    try:
        body = json.loads(files.text(path, max_bytes))
        ident = str(body["features"][0]["properties"]["id"])
    except (ValueError, LookupError, TypeError) as error:
        message = f"not a GeoJSON FeatureCollection whose features have an id: {error}"
        raise GeodataError([Fault(path.name, 0, "", message)]) from None
    if ident not in atlas.features:
        raise GeodataError([Fault(path.name, 1, "id", not_one_of("no such feature", ident, atlas.features))])
    held = atlas.layers[atlas.features[ident].layer]
    return Layer(
        id=held.id,
        name=held.name,
        description=held.description,
        role=held.role,
        crs="OGC:CRS84",
        entry=_entry(path),
        geometry=tuple(GEOMETRIES),
        kinds=held.kinds,
        extent=atlas.place.extent,
        fields=held.fields,
    )


def _readings(atlas: Atlas, path: Path, zone: str, max_bytes: int) -> list[Reading]:
    places = {each.id: each.properties.get("aliases") for each in atlas.features.values()}
    known = Referents(places, atlas.parameters, list(atlas.sources))
    found, faults = formatted.read(Readings(_entry(path), format="auto", zone=zone), known, max_bytes)
    if faults:
        raise GeodataError(faults)
    return found


def _with_series(atlas: Atlas, readings: Sequence[Reading]) -> Atlas:
    """The atlas with the series of readings at their stations, those that it had stretched over both."""
    by_series: dict[str, list[Reading]] = {}
    for each in readings:
        by_series.setdefault(each.series, []).append(each)
    of_station: dict[str, list[SeriesRow]] = {}
    for ident, some in by_series.items():
        station = some[0].station
        held = next((each for each in atlas.features[station].series if each.id == ident), None)
        of_station.setdefault(station, []).append(_summed(some, held))
    changed = {station: _with(atlas.features[station], rows) for station, rows in of_station.items()}
    return replace(atlas, features=atlas.features | changed)


def _with_samples(atlas: Atlas, readings: Sequence[Reading]) -> Atlas:
    """The atlas with the samples among readings, each in the place of one that it states anew."""
    stated = {(each.series, each.start) for each in readings}
    kept = [each for each in atlas.samples if (each.series, each.start) not in stated]
    kept += [
        Sample(
            each.series,
            each.start,
            each.end,
            each.qualifier,
            each.canonical,
            each.canonical_uncertainty,
            each.samples,
            each.source,
            each.note,
        )
        for each in readings
        if each.canonical is not None and each.averaging == "sample" and each.quality in ("valid", "preliminary")
    ]
    return replace(atlas, samples=tuple(sorted(kept, key=lambda each: (each.series, each.start))))


def _with(station: Feature, rows: Sequence[SeriesRow]) -> Feature:
    fresh = {each.id for each in rows}
    return replace(station, series=(*rows, *(each for each in station.series if each.id not in fresh)))


def _summed(readings: Sequence[Reading], held: SeriesRow | None) -> SeriesRow:
    """A series with readings. Those of the lake and of the files are counted one beside the other, though some may
    state the same anew."""
    newest = max(readings, key=lambda each: each.start)
    valued = [each.canonical for each in readings if each.canonical is not None]
    return SeriesRow(
        id=newest.series,
        station=newest.station,
        parameter=newest.parameter,
        averaging=newest.averaging,
        method=newest.method,
        count=len(readings) + (held.count if held else 0),
        missing=sum(each.value is None for each in readings) + (held.missing if held else 0),
        first=min([each.start for each in readings] + ([held.first] if held else [])),
        last=max([each.start for each in readings] + ([held.last] if held else [])),
        greatest=max(valued + ([held.greatest] if held and held.greatest is not None else []), default=None),
        latest=newest.canonical,
        latest_value=newest.value,
        latest_unit=newest.unit,
        qualifier=newest.qualifier,
        start=newest.start,
        end=newest.end,
        quality=newest.quality,
        source=newest.source,
        flags=newest.flags,
    )
