"""The house: small rooms, small functions, no registry's address, no unfinished corner."""

import ast
import re
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest
from conftest import ROOT

from mendmap.errors import SettingError
from mendmap.settings import Settings, from_environment, variable

PYTHON = sorted((ROOT / "src").rglob("*.py"))


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.splitlines() if (ROOT / name).is_file()]


def test_no_file_is_over_400_lines() -> None:
    sources = [path for path in (ROOT / "src").rglob("*") if path.suffix in (".py", ".js", ".css", ".html")]
    ours = [path for path in sources if not {"vendor", "node_modules"} & set(path.parts)]
    assert len(ours) > 40
    assert [path for path in ours if len(path.read_text("utf-8").splitlines()) > 400] == []


def test_no_function_is_over_60_lines_and_every_module_says_what_it_is() -> None:
    for path in PYTHON:
        tree = ast.parse(path.read_text("utf-8"))
        assert ast.get_docstring(tree), f"{path} has no docstring"
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 60, f"{path}: {node.name}"


def test_every_public_name_has_a_docstring() -> None:
    for path in PYTHON:
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{path}: {node.name}"


def test_no_file_names_a_registry_or_is_unfinished() -> None:
    registries = re.compile(r"(pypi|pythonhosted|npmjs)\.(org|com)|deb\.debian\.org", re.IGNORECASE)
    unfinished = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    for path in tracked():
        if path.suffix in (".png", ".woff2") or path == Path(__file__):
            continue
        text = path.read_text("utf-8")
        assert not registries.search(text), path
        assert not (path.is_relative_to(ROOT / "src") and unfinished.search(text)), path


def test_the_locks_carry_hashes_and_no_addresses() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text("utf-8")
        assert "://" not in text
        assert text.count("--hash=sha256:") > text.count("==")


def test_every_setting_is_in_the_readme_with_its_default() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for setting in fields(Settings):
        row = next((line for line in readme.splitlines() if line.startswith(f"| `{variable(setting.name)}`")), None)
        assert row, f"{variable(setting.name)} is not in the README"
        assert f"`{setting.default}`" in row or setting.default == "", row
        assert setting.metadata["meaning"] in row


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("MENDMAP_PORT", "x", "not a int: 'x'"),
        ("MENDMAP_PORT", "70000", "not in 0..65535"),
        ("MENDMAP_MAX_ZOOM", "3", "8..20"),
    ],
)
def test_a_setting_outside_its_bounds_is_refused(name: str, value: str, words: str) -> None:
    with pytest.raises(SettingError, match=re.escape(words)):
        from_environment({name: value})


def test_what_is_given_goes_before_the_environment() -> None:
    assert from_environment({"MENDMAP_PORT": "9000"}, port=9001).port == 9001
    assert from_environment({"MENDMAP_PORT": "9000"}, port=None).port == 9000
