"""The wheel, installed in an empty environment, serves the flagship data."""

import os
import shutil
import socket
import subprocess
import sys
import time
import venv
import zipfile
from pathlib import Path

import httpx2 as httpx
import pytest
from conftest import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of what is under version control, so that nothing built before helps."""
    copy = tmp_path_factory.mktemp("clone")
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy / name)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(copy / "dist"), str(copy)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    (found,) = (copy / "dist").glob("*.whl")
    return found


def test_the_wheel_carries_the_web_assets_and_no_data(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "mendmap/web/static/vendor/leaflet/leaflet.js" in names
    assert "mendmap/web/templates/map.html" in names
    assert "mendmap/py.typed" in names
    assert not [name for name in names if "node_modules" in name or name.startswith(("geodata", "tests"))]


def test_it_serves_from_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "empty"
    venv.create(home)
    pip = [sys.executable, "-m", "pip", "--python", home / "bin" / "python", "install", "--no-compile", "--quiet"]
    pip.append("--disable-pip-version-check")
    subprocess.run([*pip, "--require-hashes", "-r", ROOT / "requirements.lock"], check=True, timeout=500)
    subprocess.run([*pip, "--no-deps", wheel], check=True, timeout=100)
    mendmap = home / "bin" / "mendmap"
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}

    def run(*arguments: str | Path) -> str:
        done = subprocess.run(
            [mendmap, *arguments], capture_output=True, text=True, timeout=100, cwd=tmp_path, env=environment
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "serve" in run("--help")
    run("load", ROOT / "geodata")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [mendmap, "serve", "--port", str(port)], cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                page = httpx.get(f"http://127.0.0.1:{port}/")
                break
            except httpx.TransportError:
                assert time.monotonic() < deadline
                time.sleep(0.2)
        assert page.status_code == 200
        assert "Lake Robule" in page.text
        for path in ("/static/vendor/leaflet/leaflet.js", "/tiles/sites/8/143/92.geojson", "/downloads/readings.csv"):
            assert httpx.get(f"http://127.0.0.1:{port}{path}").status_code == 200
    finally:
        process.terminate()
        process.wait(timeout=20)
    assert not (tmp_path / ".duckdb").exists(), "nothing is written to the home folder"
