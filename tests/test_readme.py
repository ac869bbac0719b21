"""The README is true: its commands run, and the files and addresses it names are there."""

import re
import shlex
from pathlib import Path

import httpx2 as httpx
import pytest
from conftest import ROOT, Run

README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)


def commands(kind: str) -> list[str]:
    return [line.strip() for name, block in BLOCKS if name == kind for line in block.splitlines() if line.strip()]


def test_its_commands_run_in_the_order_they_stand(
    tmp_path: Path, run_mendmap: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "geodata").symlink_to(ROOT / "geodata")
    (tmp_path / "maps").symlink_to(ROOT / "maps")
    ours = [line.partition("#")[0] for line in commands("sh") if line.startswith("mendmap ")]
    assert len(ours) >= 6
    for line in ours:
        words = shlex.split(line)[1:]
        if words[0] == "serve":
            continue
        done = run_mendmap(*words)
        assert done.returncode == 0, f"{line}: {done.stderr}"


def test_its_make_targets_are_there() -> None:
    targets = {
        line.split(":")[0]
        for line in (ROOT / "Makefile").read_text("utf-8").splitlines()
        if re.match(r"[a-z-]+:", line)
    }
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", README, re.MULTILINE))
    assert named >= {"serve", "test"}
    assert named <= targets


def test_its_addresses_answer(bor_url: str) -> None:
    addresses = set(re.findall(r"`(/[a-z][^`\s]*|/)`", README))
    addresses |= {
        line.split("127.0.0.1:8000")[1].split('"')[0].split()[0] for line in commands("sh") if "127.0.0.1:8000/" in line
    }
    assert len(addresses) > 8
    # Of imagery the flagship has none yet; tests/test_pictures.py and tests/test_stac_out.py ask for that.
    for address in sorted(each for each in addresses if not re.search(r"\{(picture|raster|collection|item)\}", each)):
        path = address.replace("{layer}", "sites").replace("{z}/{x}/{y}", "11/1149/745").replace("{map}", "public")
        path = (
            path.replace("/sites/items/{id}", "/sites/items/lake_robule")
            .replace("/sites/{id}", "/sites/lake_robule")
            .replace("/stations/{id}", "/stations/RS0009A")
        )
        path = path.replace("/statements/{id}", "/statements/so2_per_tonne")
        path = path.replace("/series/{id}", "/series/RS0009A.so2.1h").replace("{table}", "readings")
        path = path.replace("/watercourses/{id}", "/watercourses/bor_river")
        assert httpx.get(f"{bor_url}{path}").status_code == 200, address


def test_the_files_it_names_are_there() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
