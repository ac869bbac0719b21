"""Other map servers, started side by side on the same data: tipg over PostGIS, pygeoapi over a GeoPackage, MapServer's
OGC API over FlatGeobuf.

They are installed by name: tipg and pygeoapi from the package registry into a virtual environment of their own; the
programs of ``PACKAGES`` with apt. Each ``with`` gives the address of one collection, ``features``, and ends its server.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas
import pyogrio
import shapely

PACKAGES = "postgresql postgresql-15-postgis-3 libsqlite3-mod-spatialite cgi-mapserver spawn-fcgi nginx python3-venv"
PROGRAMS = Path("/usr/lib/postgresql/15/bin")


def environment(folder: Path) -> Path:
    """The Python of a new virtual environment with tipg and pygeoapi. It is the system's: pygeoapi loads an extension
    of SQLite, which not every build allows."""
    if not PROGRAMS.exists() or not shutil.which("mapserv"):
        sys.exit(f"the peers are missing; as root: apt-get install --no-install-recommends {PACKAGES}")
    subprocess.run(["/usr/bin/python3", "-m", "venv", str(folder)], check=True)
    subprocess.run([str(folder / "bin/pip"), "install", "--quiet", "tipg", "pygeoapi", "uvicorn"], check=True)
    return folder / "bin" / "python"


@contextmanager
def tipg(python: Path, made: geopandas.GeoDataFrame, folder: Path) -> Iterator[str]:
    """tipg over PostGIS, with an index on the geometry and statistics gathered."""
    port = _free()
    folder.mkdir(parents=True)
    shutil.chown(folder, "postgres")
    for parent in folder.parents[:-2]:
        parent.chmod(0o755)
    data = folder / "cluster"
    as_postgres(f"{PROGRAMS}/initdb -D {data} --auth=trust")
    as_postgres(
        f"{PROGRAMS}/pg_ctl -D {data} -w -o '-p {port} -k {folder} -c shared_buffers=512MB' -l {folder}/log start"
    )
    try:
        base = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        columns = "id text primary key, kind text, name_en text, basis text, source text, accuracy_m float8"
        psql(base, f"create extension postgis; create table features ({columns}, geometry geometry(Geometry, 4326))")
        rows = made.drop(columns="geometry")
        text = rows.assign(
            geometry=shapely.to_wkb(shapely.set_srid(made.geometry.to_numpy(), 4326), hex=True, include_srid=True)
        )
        listed = ", ".join(text.columns)
        psql(base, f"copy features ({listed}) from stdin csv", text.to_csv(index=False, header=False))
        psql(base, "create index on features using gist (geometry); analyze features")
        given = {"DATABASE_URL": base, "TIPG_DEFAULT_FEATURES_LIMIT": "10", "TIPG_MAX_FEATURES_PER_QUERY": "10000"}
        with _server([str(python), "-m", "uvicorn", "tipg.main:app"], given, "/collections") as url:
            yield f"{url}/collections/public.features/items?f=geojson"
    finally:
        as_postgres(f"{PROGRAMS}/pg_ctl -D {data} -m immediate stop")


PYGEOAPI = """
server:
  bind: {{host: 127.0.0.1, port: 0}}
  url: http://127.0.0.1
  mimetype: application/json; charset=UTF-8
  encoding: utf-8
  languages: [en-US]
  limits: {{default_items: 10, max_items: 10000}}
  map: {{url: "http://127.0.0.1/none", attribution: none}}
logging: {{level: ERROR}}
metadata:
  identification:
    title: bench
    description: bench
    keywords: [bench]
    terms_of_service: none
    url: http://127.0.0.1
  license: {{name: CC0, url: "http://127.0.0.1"}}
  provider: {{name: bench, url: "http://127.0.0.1"}}
  contact: {{name: bench}}
resources:
  features:
    type: collection
    title: features
    description: synthetic
    keywords: [bench]
    extents: {{spatial: {{bbox: [-180, -90, 180, 90]}}}}
    providers:
      - type: feature
        name: SQLiteGPKG
        data: {path}
        id_field: id
        table: features
"""


@contextmanager
def pygeoapi(python: Path, made: geopandas.GeoDataFrame, folder: Path) -> Iterator[str]:
    """pygeoapi over a GeoPackage with its spatial index."""
    folder.mkdir(parents=True)
    path, configured = folder / "features.gpkg", folder / "pygeoapi.yml"
    pyogrio.write_dataframe(made.to_crs("EPSG:4326"), path, layer="features", driver="GPKG")
    configured.write_text(PYGEOAPI.format(path=path))
    given = {"PYGEOAPI_CONFIG": str(configured), "PYGEOAPI_OPENAPI": str(folder / "openapi.json")}
    command = [str(python.parent / "pygeoapi"), "openapi", "generate", str(configured)]
    told = subprocess.run(command, check=True, capture_output=True, env=os.environ | given)
    (folder / "openapi.json").write_bytes(told.stdout)
    server = [str(python), "-m", "uvicorn", "pygeoapi.starlette_app:APP"]
    with _server(server, given, "/collections") as url:
        yield f"{url}/collections/features/items?f=json"


MAPFILE = """
MAP
  NAME "bench"
  EXTENT -180 -90 180 90
  SIZE 256 256
  PROJECTION "init=epsg:4326" END
  WEB METADATA
    "oga_onlineresource" "http://127.0.0.1:{port}"
    "oga_enable_request" "*"
    "ows_enable_request" "*"
    "ows_srs" "EPSG:4326"
  END END
  LAYER
    NAME "features"
    TYPE {type}
    STATUS ON
    TEMPLATE "queryable"
    CONNECTIONTYPE FLATGEOBUF
    DATA "{path}"
    PROJECTION "init=epsg:4326" END
    METADATA
      "oga_title" "features"
      "gml_include_items" "all"
      "gml_featureid" "id"
      "oga_max_limit" "10000"
    END
  END
END
"""
MAPSERVER = """
CONFIG
  ENV
    OGCAPI_HTML_TEMPLATE_DIRECTORY "/usr/share/mapserver/ogcapi/templates/html-plain/"
  END
  MAPS
    bench "{path}"
  END
END
"""
NGINX = """
daemon off; user root; pid {folder}/nginx.pid; error_log stderr; worker_processes 1;
events {{}}
http {{
  access_log off;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      include /etc/nginx/fastcgi_params;
      fastcgi_keep_conn on;
      fastcgi_param SCRIPT_NAME "";
      fastcgi_param PATH_INFO $uri;
      fastcgi_pass unix:{folder}/mapserver.sock;
    }}
  }}
}}
"""


@contextmanager
def mapserver(made: geopandas.GeoDataFrame, folder: Path) -> Iterator[str]:
    """MapServer's OGC API over FlatGeobuf with its index, as FastCGI behind nginx."""
    folder.mkdir(parents=True)
    port, path = _free(), folder / "features.fgb"
    pyogrio.write_dataframe(made.to_crs("EPSG:4326"), path, driver="FlatGeobuf", SPATIAL_INDEX="YES")
    kind = "POINT" if made.geometry.iloc[0].geom_type == "Point" else "POLYGON"
    (folder / "bench.map").write_text(MAPFILE.format(port=port, path=path, type=kind))
    (folder / "mapserver.conf").write_text(MAPSERVER.format(path=folder / "bench.map"))
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    given = os.environ | {"MAPSERVER_CONFIG_FILE": str(folder / "mapserver.conf")}
    spawn = [
        "spawn-fcgi",
        "-n",
        "-M",
        "0666",
        "-s",
        str(folder / "mapserver.sock"),
        "--",
        shutil.which("mapserv") or "",
    ]
    cgi = subprocess.Popen(spawn, env=given, start_new_session=True)
    nginx = subprocess.Popen(["/usr/sbin/nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)])
    try:
        _await(f"http://127.0.0.1:{port}/bench/ogcapi/collections?f=json")
        yield f"http://127.0.0.1:{port}/bench/ogcapi/collections/features/items?f=json"
    finally:
        nginx.terminate()
        # spawn-fcgi starts its own children.
        os.killpg(cgi.pid, signal.SIGKILL)
        for each in (nginx, cgi):
            each.wait(timeout=20)


def as_postgres(command: str) -> None:
    """Runs a command as the user that PostgreSQL wants."""
    subprocess.run(
        ["runuser", "-u", "postgres", "--", "sh", "-c", command], check=True, stdout=subprocess.DEVNULL, cwd="/"
    )


def psql(base: str, command: str, given: str = "") -> None:
    """Runs SQL, and gives it rows to copy."""
    told = ["psql", "-q", "-v", "ON_ERROR_STOP=1", base, "-c", command]
    subprocess.run(told, input=given, text=True, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def _server(command: list[str], given: Mapping[str, str], ready: str) -> Iterator[str]:
    port = _free()
    server: Any = subprocess.Popen(
        [*command, "--port", str(port), "--log-level", "error"], env=os.environ | given, stdout=subprocess.DEVNULL
    )
    try:
        _await(f"http://127.0.0.1:{port}{ready}")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(url: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=10).read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{url}: {error.code} {error.read()[:500]!r}") from None
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"nothing answers at {url}")
