"""PostgreSQL with PostGIS on the socket of a folder, with a landscape in it.

Not here: what is asked of it (``cold``), and who else serves from it (``peers``).
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas
import shapely
from ports import free

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
_COLUMNS = "id text primary key, kind text, name_en text, basis text, source text, accuracy_m float8"


@contextmanager
def postgis(made: geopandas.GeoDataFrame) -> Iterator[str]:
    """The address of a database with the table ``features``, indexed and with its statistics gathered; everything is
    in memory that PostgreSQL likes to have there. It is gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free()
        shutil.chown(folder, "postgres")
        data, log = folder / "cluster", folder / "log"
        _as_postgres(f"{PROGRAMS}/initdb -D {data} --auth=trust")
        how = f"-p {port} -k {folder} -c shared_buffers=1GB -c work_mem=64MB -c jit=off"
        _as_postgres(f"{PROGRAMS}/pg_ctl -D {data} -w -o '{how}' -l {log} start")
        try:
            base = f"postgresql://postgres@127.0.0.1:{port}/postgres"
            _fill(base, made)
            yield base
        finally:
            _as_postgres(f"{PROGRAMS}/pg_ctl -D {data} -m immediate stop")


def socket_of(base: str) -> str:
    """The same database by its socket, which is faster."""
    told = subprocess.run(["psql", "-qAt", base, "-c", "show unix_socket_directories"], check=True, capture_output=True)
    port = base.rpartition(":")[2].partition("/")[0]
    return f"host={told.stdout.decode().strip()} port={port} user=postgres dbname=postgres"


def psql(base: str, command: str, given: str = "") -> None:
    """Runs SQL, and gives it rows to copy."""
    told = ["psql", "-q", "-v", "ON_ERROR_STOP=1", base, "-c", command]
    subprocess.run(told, input=given, text=True, check=True, stdout=subprocess.DEVNULL)


def _fill(base: str, made: geopandas.GeoDataFrame) -> None:
    psql(base, f"create extension postgis; create table features ({_COLUMNS}, geometry geometry(Geometry, 4326))")
    shapes = shapely.set_srid(made.geometry.to_numpy(), 4326)
    text = made.drop(columns="geometry").assign(geometry=shapely.to_wkb(shapes, hex=True, include_srid=True))
    psql(base, f"copy features ({', '.join(text.columns)}) from stdin csv", text.to_csv(index=False, header=False))
    psql(base, "create index on features using gist (geometry)")
    psql(base, "vacuum analyze features")


def _as_postgres(command: str) -> None:
    """Runs a command as the user that PostgreSQL wants."""
    told = ["runuser", "-u", "postgres", "--", "sh", "-c", command]
    subprocess.run(told, check=True, stdout=subprocess.DEVNULL, cwd="/")
