"""The lake's tables.

Every row of features, records and readings carries the ledger number that ``recorded`` it and the one that
``superseded`` it (none while it is current), so what was known at any number can be read back after DuckLake's
own history is gone. ``digest`` names the content of a feature or record. Not here: reading and writing.
"""

from collections.abc import Callable
from typing import Any

from mendmap.errors import LakeError

Query = Callable[[str], Any]

_TABLES = {
    "ledger": """
        number BIGINT, moment TIMESTAMPTZ, act VARCHAR, who VARCHAR, catalogue VARCHAR, source VARCHAR,
        detail VARCHAR, changes VARCHAR, digest VARCHAR""",
    "version": "number BIGINT",
    # Who may write over the network, or read what is restricted; no data of the map, so no write of the ledger. The
    # digest is that of the key.
    "keys": """
        id VARCHAR, name VARCHAR, digest VARCHAR, catalogue VARCHAR, stations VARCHAR, role VARCHAR,
        created TIMESTAMPTZ, revoked TIMESTAMPTZ""",
    "features": """
        catalogue VARCHAR, layer VARCHAR, id VARCHAR, position BIGINT, body VARCHAR, geometry BLOB,
        digest VARCHAR, recorded BIGINT, superseded BIGINT""",
    "records": """
        catalogue VARCHAR, kind VARCHAR, id VARCHAR, position BIGINT, body VARCHAR,
        digest VARCHAR, recorded BIGINT, superseded BIGINT""",
    "readings": """
        catalogue VARCHAR, series VARCHAR, start_at TIMESTAMPTZ, end_at TIMESTAMPTZ,
        qualifier VARCHAR, value DOUBLE, unit VARCHAR, detection_limit DOUBLE, uncertainty DOUBLE, samples BIGINT,
        canonical DOUBLE, canonical_limit DOUBLE, canonical_uncertainty DOUBLE,
        quality VARCHAR, flags VARCHAR, marks VARCHAR, source VARCHAR, note VARCHAR, file VARCHAR, file_row BIGINT,
        recorded BIGINT, superseded BIGINT""",
    # What readings amount to. Rows are only added: the newest of a key holds, unless it is gone.
    "answers": """
        catalogue VARCHAR, series VARCHAR, period VARCHAR, statistic VARCHAR, against VARCHAR,
        value DOUBLE, low DOUBLE, high DOUBLE, before DOUBLE, after DOUBLE,
        count BIGINT, expected BIGINT, above BIGINT, below_detection BIGINT, p DOUBLE, outcome VARCHAR, reason VARCHAR,
        recorded BIGINT, gone BOOLEAN""",
}
# Their names.
TABLES = tuple(_TABLES)
# The columns that tell which row of a table is meant; with its digest they tell which version of it.
KEYS = {
    "features": ("layer", "id"),
    "records": ("kind", "id"),
    "readings": ("series", "start_at", "end_at"),
    "answers": ("series", "period", "statistic", "against"),
}
# What a version of a row says: two versions that agree in these are the same.
CONTENT = {
    "features": ("digest",),
    "records": ("digest",),
    "readings": (
        "qualifier",
        "value",
        "unit",
        "detection_limit",
        "uncertainty",
        "samples",
        "quality",
        "flags",
        "source",
        "note",
    ),
    "answers": (
        "value",
        "low",
        "high",
        "before",
        "after",
        "count",
        "expected",
        "above",
        "below_detection",
        "p",
        "outcome",
        "reason",
    ),
}


# Counts the changes of these tables. A lake of another version is refused; nothing has been released yet, so there
# is none to bring forward.
VERSION = 6


def create(query: Query) -> None:
    """Makes the tables where there are none yet. Raises LakeError where they are of another version."""
    if not exists(query):
        for name, columns in _TABLES.items():
            query(f"CREATE TABLE IF NOT EXISTS {name} ({columns})")
        # Times, and numbers that grow, take a quarter of the room of version 1, and a tenth less time to write.
        query("CALL lake.set_option('parquet_version', 2)")
        query(f"INSERT INTO version SELECT {VERSION} WHERE NOT EXISTS (SELECT 1 FROM version)")


def exists(query: Query) -> bool:
    """Whether the tables are there: the first load may have been killed before it made them. Raises LakeError where
    they are of another version."""
    listed = query("SELECT table_name, column_count FROM duckdb_tables() WHERE database_name = 'lake'").fetchall()
    if not listed:
        return False
    found = dict(listed)
    known = {name: columns.count(",") + 1 for name, columns in _TABLES.items()}
    if found != known or query("SELECT number FROM version").fetchone() != (VERSION,):
        raise LakeError("the lake was written by another version of mendmap; load into another folder (--lake)")
    return True
