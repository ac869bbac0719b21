"""A layer as GeoPackage: its features, how they are drawn, what the columns mean, and the readings taken there.

GDAL writes the features. The rest follows OGC 12-128r19 and its extensions: Schema (meanings of columns), Related
Tables (readings), and the table ``layer_styles`` that QGIS applies by itself. Every moment in the file is that of the
snapshot, and the pages are laid out anew at the end, so that the same snapshot is the same bytes.
"""

import datetime as dt
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa

from mendmap.exports.files import iso
from mendmap.exports.layers import styles
from mendmap.exports.layers.chosen import Chosen
from mendmap.exports.layers.vector import distinct, renamed, write_layer
from mendmap.exports.tables import Table
from mendmap.words.fields import Field

_KEY = "fid"
_STYLES = """
    CREATE TABLE layer_styles (
        id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
        f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
        useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME)"""
_COLUMNS = """
    CREATE TABLE gpkg_data_columns (
        table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT,
        constraint_name TEXT, CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
        CONSTRAINT gdc_tn UNIQUE (table_name, name));
    CREATE TABLE gpkg_data_column_constraints (
        constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC,
        min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
        CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));"""
_RELATIONS = """
    CREATE TABLE gpkgext_relations (
        id INTEGER PRIMARY KEY AUTOINCREMENT, base_table_name TEXT NOT NULL,
        base_primary_column TEXT NOT NULL DEFAULT 'id', related_table_name TEXT NOT NULL,
        related_primary_column TEXT NOT NULL DEFAULT 'id', relation_name TEXT NOT NULL,
        mapping_table_name TEXT NOT NULL UNIQUE)"""
_TYPES = {pa.float64(): "REAL", pa.int64(): "INTEGER", pa.string(): "TEXT"}


def write(chosen: Chosen, path: Path) -> None:
    """Writes the features, with their styles and meanings, and their readings where there are any."""
    names = distinct([each.name for each in chosen.fields], 250, (_KEY, "geometry"))
    features = path.with_suffix(".features.gpkg")
    options = {"FID": _KEY, "GEOMETRY_NAME": "geometry", "IDENTIFIER": chosen.about["title"]}
    options["DESCRIPTION"] = chosen.layer.description
    write_layer(
        chosen.parts(),
        features,
        "GPKG",
        layer=chosen.layer.id,
        schema=renamed(chosen.schema, names),
        types=chosen.types,
        system=chosen.system,
        options=options,
        metadata=chosen.about,
        # The newest that the programs of Debian 12 know whole.
        dataset={"VERSION": "1.3"},
    )
    with closing(sqlite3.connect(features)) as file:
        _explain(file, chosen.layer.id, chosen.fields, names)
        _draw(file, chosen)
        if chosen.readings is not None and chosen.readings.count:
            _relate(file, chosen, chosen.readings)
        _date(file, chosen.atlas.snapshot.moment)
        file.commit()
        # Pages that were written to twice hold remains of the first time, with the time of day in them.
        file.execute("VACUUM INTO ?", (str(path),))
    features.unlink()


def _explain(file: sqlite3.Connection, table: str, fields: tuple[Field, ...], names: list[str]) -> None:
    """The Schema extension: a title and a meaning for each column."""
    if not file.execute("SELECT 1 FROM sqlite_master WHERE name = 'gpkg_data_columns'").fetchone():
        file.executescript(_COLUMNS)
        for name in ("gpkg_data_columns", "gpkg_data_column_constraints"):
            _extend(file, name, "gpkg_schema", "http://www.geopackage.org/spec121/#extension_schema")
    rows = [
        (table, name, each.name, f"{each.meaning} [{each.unit}]" if each.unit else each.meaning, _media(each))
        for name, each in zip(names, fields, strict=True)
    ]
    file.executemany(
        "INSERT INTO gpkg_data_columns (table_name, column_name, title, description, mime_type) VALUES (?, ?, ?, ?, ?)",
        rows,
    )


def _media(field: Field) -> str | None:
    return "application/json" if field.kind == "list" else None


def _extend(file: sqlite3.Connection, table: str, extension: str, definition: str) -> None:
    file.execute(
        "CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL,"
        " definition TEXT NOT NULL, scope TEXT NOT NULL,"
        " CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))"
    )
    file.execute("INSERT INTO gpkg_extensions VALUES (?, NULL, ?, ?, 'read-write')", (table, extension, definition))


def _list(file: sqlite3.Connection, table: str, description: str) -> None:
    """Lists a table without geometry among the contents."""
    file.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id)"
        " VALUES (?, 'attributes', ?, ?, 0)",
        (table, table, description),
    )


def _draw(file: sqlite3.Connection, chosen: Chosen) -> None:
    """How the layer is drawn. QGIS applies one style a table by itself, and only to one dimension; that of the most
    features is the default, and the others can be chosen."""
    file.execute(_STYLES)
    _list(file, "layer_styles", "How QGIS draws the layer.")
    moment = _moment(chosen.atlas.snapshot.moment)
    for nth, dimension in enumerate(styles.dimensions(chosen)):
        name = f"{chosen.layer.id} {styles.DIMENSIONS[dimension]}"
        drawn = styles.qml(chosen, dimension), styles.sld(chosen, dimension)
        file.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,"
            " styleQML, styleSLD, useAsDefault, description, owner, ui, update_time)"
            " VALUES ('', '', ?, 'geometry', ?, ?, ?, ?, ?, '', NULL, ?)",
            (chosen.layer.id, name[:30], *drawn, nth == 0, "As the map draws it, by basis.", moment),
        )


def _relate(file: sqlite3.Connection, chosen: Chosen, readings: Table) -> None:
    """The readings, and which of them were taken at each feature; of a site, at its stations too."""
    names = distinct([each.name for each in readings.fields], 250, (_KEY,))
    types = [_TYPES.get(field.type, "DATETIME") for field in readings.schema]
    columns = ", ".join(f'"{name}" {kind}' for name, kind in zip(names, types, strict=True))
    # A layer may be called so too.
    (table,) = distinct(["readings"], 250, (chosen.layer.id,))
    file.execute(f"CREATE TABLE {table} ({_KEY} INTEGER PRIMARY KEY NOT NULL, {columns})")
    holes = ", ".join("?" * len(names))
    file.executemany(
        f"INSERT INTO {table} ({', '.join(f'{chr(34)}{name}{chr(34)}' for name in names)}) VALUES ({holes})",
        _rows(readings),
    )
    _list(file, table, "Every reading of the features' series, as its source prints it.")
    _explain(file, table, readings.fields, names)
    mapping = f"{chosen.layer.id}_readings"
    file.execute(f'CREATE TABLE "{mapping}" (base_id INTEGER NOT NULL, related_id INTEGER NOT NULL)')
    file.execute("CREATE TEMP TABLE series_of (feature INTEGER, series TEXT)")
    file.executemany("INSERT INTO series_of VALUES (?, ?)", _series(chosen))
    file.execute(
        f'INSERT INTO "{mapping}" SELECT feature, {_KEY} FROM {table} JOIN series_of USING (series) ORDER BY 1, 2'
    )
    file.execute(_RELATIONS)
    file.execute(
        "INSERT INTO gpkgext_relations (base_table_name, base_primary_column, related_table_name,"
        " related_primary_column, relation_name, mapping_table_name) VALUES (?, ?, ?, ?, 'attributes', ?)",
        (chosen.layer.id, _KEY, table, _KEY, mapping),
    )
    for table in ("gpkgext_relations", mapping):
        _extend(file, table, "gpkg_related_tables", "http://www.opengis.net/doc/IS/gpkg-rte/1.0")


def _rows(table: Table) -> Iterator[tuple[Any, ...]]:
    for batch in table.rows():
        columns = [iso(each) if pa.types.is_timestamp(each.type) else each for each in batch.columns]
        yield from zip(*(each.to_pylist() for each in columns), strict=True)


def _series(chosen: Chosen) -> Iterator[tuple[int, str]]:
    """The series of each feature, by its key: GDAL counts features from 1."""
    for key, feature in enumerate(chosen.features, 1):
        for each in feature.series:
            yield key, each.id


def _date(file: sqlite3.Connection, moment: dt.datetime) -> None:
    """Every moment in the file becomes that of the snapshot."""
    file.execute("UPDATE gpkg_contents SET last_change = ?", (_moment(moment),))
    file.execute("UPDATE gpkg_metadata_reference SET timestamp = ?", (_moment(moment),))


def _moment(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
