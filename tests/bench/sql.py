"""Asks PostGIS for tiles over one connection, with prepared statements; run by the peers' Python, which has psycopg.

Reads from its input what to ask, ``{"address": …, "statements": {name: SQL}, "tiles": {name: [[z, x, y], …]}}``, and
prints for each name the milliseconds of every tile and the first tile itself, in base 64. Every tile is asked for once
before, so that what it needs is in memory.
"""

import base64
import json
import sys
import time

import psycopg

asked = json.load(sys.stdin)
found = {}
with psycopg.connect(asked["address"], autocommit=True) as connection, connection.cursor(binary=True) as cursor:
    for name, statement in asked["statements"].items():
        tiles = [dict(zip("zxy", tile, strict=True)) for tile in asked["tiles"][name]]

        def one(tile):
            return cursor.execute(statement, tile, prepare=True).fetchone()[0]  # noqa: B023

        bodies = [one(tile) for tile in tiles]
        taken = []
        for tile in tiles:
            begun = time.perf_counter()
            one(tile)
            taken.append((time.perf_counter() - begun) * 1e3)
        first = bodies[0] if isinstance(bodies[0], bytes) else (bodies[0] or "").encode()
        found[name] = {"ms": taken, "first": base64.b64encode(first).decode()}
json.dump(found, sys.stdout)
