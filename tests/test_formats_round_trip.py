"""Every format and packing through the whole of an ingest: what the source says of a reading comes out of the lake as
the table beside the file has it, and leads back to the file, its row and its SHA-256."""

import csv
import datetime as dt
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from conftest import PROVE
from place import Testford, feature, point
from reading_files import (
    FILES,
    FORMAT_OF,
    MAPPED,
    agencys_parquet,
    cells_of,
    gzipped,
    mapping_of,
    parquet,
    workbook,
    zipped,
    zstd,
)
from test_lake import load

from mendmap.lake.connection import open_lake
from mendmap.load.ingest import Request, ingest
from mendmap.readings.claims import Options
from mendmap.readings.mapping import options_of

STATIONS = {
    "gate": "eea:SPO-XX0001A_00001_100; eea:SPO-XX0001A_00010_100; sta:7; sheet:Kapija",
    "bank": "wise:XXRW001; wqx:XX-001; sta:brook-synthetic; sheet:Potok",
    "mouth": "wise:XXRW002",
    "park": "",
    "brezonik": "",
}
PARAMETERS = {
    "so2": ("air", "ug/m3", "eea:1"),
    "pm10": ("air", "ug/m3", ""),
    "co": ("air", "mg/m3", "eea:10"),
    "cu_dissolved": ("surface_water", "ug/L",
                     "wise:CAS_7440-50-8|W-DIS; wqx:Copper|Dissolved; wqx:Copper|Filtered field and/or lab"),
    "cu": ("surface_water", "ug/L", "wise:CAS_7440-50-8|W; wqx:Copper|Total; sta:Brook copper"),
    "nitrate": ("surface_water", "mg/L as N", "wise:CAS_14797-55-8|W; wqx:Nitrate|Dissolved"),
    "phosphate": ("surface_water", "mg/L as P", "wqx:Orthophosphate|Total"),
    "pb": ("surface_water", "ug/L", "wqx:Lead|Total"),
    "fe": ("surface_water", "mg/L", ""),
    "ph": ("surface_water", "pH", "wise:EEA_3152-01-0|W; wqx:pH; sta:pH"),
    "ecoli": ("surface_water", "CFU/100mL", "wqx:Escherichia coli"),
}  # fmt: skip
ZONES = {"eea_aq.csv": "Etc/GMT-1", "wise6.csv": "Europe/Belgrade", "wqx_legacy.csv": "Etc/GMT+5"}
COLUMNS = (
    "file_row", "series", "start_at", "end_at", "qualifier", "value", "unit", "detection_limit", "uncertainty",
    "samples", "canonical", "canonical_limit", "quality", "flags", "source", "note",
)  # fmt: skip
NAMES = [*FORMAT_OF, *MAPPED]
BOOKS = [each for each in NAMES if each.endswith(".csv") and each != "eea_aq.csv"]


def _same(path: Path, folder: Path) -> Path:
    return path


def _book(path: Path, folder: Path) -> Path:
    return workbook(folder / "book", cells_of(path, ";" if path.name in MAPPED else ","))


def _parquet(path: Path, folder: Path) -> Path:
    return parquet(folder / "table", cells_of(path))


def _agencys(path: Path, folder: Path) -> Path:
    return agencys_parquet(folder / "table")


PACKED = (gzipped, zipped, zstd)
# Every packing of every file gives the same claims (test_formats_claims); here each file comes in one of them, in turn.
CASES = [(each, _same) for each in NAMES]
CASES += [(each, how) for nth, each in enumerate(NAMES) for how in (PACKED if PROVE else PACKED[nth % 3 : nth % 3 + 1])]
CASES += [(each, _book) for each in BOOKS] + [("tidy.csv", _parquet), ("eea_aq.csv", _agencys)]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake that knows the stations and parameters of the files, and holds no reading of theirs."""
    folder = tmp_path_factory.mktemp("formats")
    place = Testford(folder / "testford")
    more = [feature(each, "gauge", point(20.5, 44.5), medium="air", aliases=codes or None)
            for each, codes in STATIONS.items()]  # fmt: skip
    place.layers["stations"]["features"] += more
    known = [each for each in place.tables["parameter"] if each["id"] not in PARAMETERS]
    place.tables["parameter"] = known + [
        {"id": each, "name_en": each, "symbol": each, "medium": medium, "unit": unit, "aliases": codes}
        for each, (medium, unit, codes) in PARAMETERS.items()
    ]
    place.tables["source"] += [{"id": "lab_2024", "title": "Laboratory", "url": ""}]
    load(place, folder / "lake")
    return folder / "lake"


@pytest.mark.parametrize(("name", "made"), CASES, ids=lambda each: getattr(each, "__name__", each))
def test_a_reading_comes_out_as_its_source_stated_it(
    name: str, made: Callable[[Path, Path], Path], filled: Path, tmp_path: Path
) -> None:
    lake = shutil.copytree(filled, tmp_path / "lake")
    file = made(FILES / name, tmp_path)
    mapping = mapping_of(name)
    options = options_of(mapping, source="survey") if mapping else Options(ZONES.get(name, ""), source="survey")
    rejects = tmp_path / "rejects.csv"
    done = ingest(file, str(lake), "", Request(options=options, rejects=rejects))
    wanted, bad = expected(name, only_to=5 if made is _agencys else 10_000)
    assert (done.format, done.settled.bad_rows) == (str(mapping.get("format", FORMAT_OF.get(name))), bad)
    opened = open_lake(str(lake))
    try:
        listed = ", ".join((*COLUMNS, "file", "recorded"))
        ingested = f"SELECT {listed} FROM readings WHERE recorded > 1 ORDER BY file_row, series"
        kept = opened.query(ingested).fetchall()
        (detail,) = opened.query("SELECT detail FROM ledger WHERE number = 2").fetchone() or ()
    finally:
        opened.close()
    assert [_plain(row) for row in kept] == wanted
    assert {row[-2:] for row in kept} == {(file.name, 2)}
    said = orjson.loads(detail)
    assert (said["file"], said["format"]) == (file.name, done.format)
    assert said["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()


def _plain(row: tuple[Any, ...]) -> list[Any]:
    return [
        f"{each.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S}Z" if isinstance(each, dt.datetime)
        else f"{each:.9g}" if isinstance(each, float)
        else "" if each is None
        else str(each)
        for each in row[: len(COLUMNS)]
    ]  # fmt: skip


def expected(name: str, only_to: int) -> tuple[list[list[str]], int]:
    """The readings that stand in the table beside the file, and how many of its rows are no readings."""
    with (FILES / name).with_suffix(".readings.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert tuple(rows[0]) == COLUMNS
    rows = [each for each in rows if int(each["file_row"]) <= only_to]
    sound = [list(each.values()) for each in rows if each["series"]]
    return sound, len([each for each in rows if not each["series"]])
