"""Turns a checked folder into the lake's rows, and writes them.

Not here: which rows differ from those the lake holds (``lake.write``).
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import shapely

from mendmap.catalogue import files
from mendmap.catalogue.gathered import Match
from mendmap.catalogue.imagery import Raster
from mendmap.catalogue.model import plain_catalogue, plain_layer
from mendmap.catalogue.read import entries
from mendmap.catalogue.records import to_plain
from mendmap.errors import LakeEmptyError
from mendmap.lake import imagery
from mendmap.lake.connection import open_lake
from mendmap.lake.write import Written, replace
from mendmap.load.assess import after_load
from mendmap.load.check import Geodata
from mendmap.maps import model as maps
from mendmap.readings.tidy import Reading

_MOMENT = pa.timestamp("us", tz="UTC")
_FEATURES = pa.schema(
    {
        "layer": pa.string(),
        "id": pa.string(),
        "position": pa.int64(),
        "body": pa.string(),
        "geometry": pa.binary(),
        "digest": pa.string(),
    }
)
_RECORDS = pa.schema(
    {"kind": pa.string(), "id": pa.string(), "position": pa.int64(), "body": pa.string(), "digest": pa.string()}
)
_READINGS = pa.schema(
    {
        "series": pa.string(),
        "start_at": _MOMENT,
        "end_at": _MOMENT,
        "qualifier": pa.string(),
        "value": pa.float64(),
        "unit": pa.string(),
        "detection_limit": pa.float64(),
        "uncertainty": pa.float64(),
        "samples": pa.int64(),
        "canonical": pa.float64(),
        "canonical_limit": pa.float64(),
        "canonical_uncertainty": pa.float64(),
        "quality": pa.string(),
        "flags": pa.string(),
        "source": pa.string(),
        "note": pa.string(),
        "file": pa.string(),
        "file_row": pa.int64(),
    }
)


def write(geodata: Geodata, address: str, source: Path, *, dry: bool = False, rasters: bool = True) -> Written:
    """Writes a checked folder into the lake at ``address``, in one transaction; without its ``rasters``, nothing of
    them can be drawn.

    Writes nothing where nothing differs, or where ``dry`` only asks what would.
    Raises LakeError; then the lake is as it was.
    """
    try:
        lake = open_lake(address, create=not dry)
    except LakeEmptyError:
        added = {name: {"added": len(table), "changed": 0, "removed": 0} for name, table in rows(geodata).items()}
        return Written(None, added)
    try:
        for raster in (each for each in geodata.records if isinstance(each, Raster) and rasters and not dry):
            imagery.keep(address, files.inside(geodata.folder, raster.file), raster.sha256 or "")
        return replace(
            lake,
            address,
            geodata.catalogue.id,
            rows(geodata),
            source=source.name,
            detail={"files": {each.file: files.sha256(each.path) for each in entries(geodata.catalogue)}},
            dry=dry,
            derive=partial(after_load, lake, geodata.catalogue.id),
        )
    finally:
        lake.close()


def rows(geodata: Geodata) -> dict[str, pa.Table]:
    """The rows of a checked folder, by table of the lake."""
    return {
        "features": pa.Table.from_pylist(list(_features(geodata)), _FEATURES),
        "records": pa.Table.from_pylist(list(_records(geodata)), _RECORDS),
        "readings": readings_table(geodata.readings),
    }


def _features(geodata: Geodata) -> Iterable[dict[str, Any]]:
    for feature in geodata.features:
        body = _json(feature.properties)
        geometry = None if feature.geometry is None else shapely.to_wkb(feature.geometry, byte_order=1)
        yield {
            "layer": feature.layer,
            "id": feature.id,
            "position": feature.row,
            "body": body,
            "geometry": geometry,
            "digest": _digest(body.encode(), geometry or b""),
        }


def _records(geodata: Geodata) -> Iterable[dict[str, Any]]:
    catalogue = geodata.catalogue
    placed: list[tuple[str, str, Mapping[str, Any]]] = [("catalogue", catalogue.id, plain_catalogue(catalogue))]
    placed += [("layer", layer.id, plain_layer(layer)) for layer in catalogue.layers]
    placed += [("map", spec.id, maps.plain(spec)) for spec in geodata.maps]
    placed += [("mapping", file, {"file": file, "mapping": each}) for file, each in geodata.mappings.items()]
    # What a match decided stands in its feature; the rest is a list of what a person has yet to look at.
    kept = [record for record in geodata.records if not isinstance(record, Match)]
    placed += [(record.kind, record.id, to_plain(record)) for record in kept]
    for position, (kind, ident, content) in enumerate(placed):
        body = _json(content)
        yield {"kind": kind, "id": ident, "position": position, "body": body, "digest": _digest(body.encode())}


def readings_table(readings: Iterable[Reading]) -> pa.Table:
    """Readings as rows of the lake; they carry no marks."""
    rows = []
    for reading in readings:
        row = asdict(reading)
        start, end, file_row = row.pop("start"), row.pop("end"), row.pop("row")
        rows.append({**row, "start_at": start, "end_at": end, "file_row": file_row})
    return pa.Table.from_pylist(rows, _READINGS)


def _json(content: Mapping[str, Any]) -> str:
    """Canonical JSON: the same content is the same text."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z).decode()


def _digest(*parts: bytes) -> str:
    """128 bits of SHA-256 over the parts, each led by its length so that no two lists of parts read alike."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()[:32]
