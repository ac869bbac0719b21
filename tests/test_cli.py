"""The commands: each has help with an example, and says what went wrong in a line, without a traceback."""

import contextlib
import json
import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import MENDMAP, Run
from place import Testford

from mendmap.cli import main

COMMANDS = sorted(main.commands)  # type: ignore[attr-defined]


def test_the_promised_commands_are_there() -> None:
    assert " ".join(COMMANDS) == (
        "assess changes check compact expire export gather ingest init keys load package progress publish pull raster "
        "rebuild serve statements translate verify"
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = CliRunner().invoke(main, [command, "--help"])
    assert done.exit_code == 0
    assert f"Example: mendmap {command}" in done.output


def test_a_setting_that_is_wrong_is_one_line(run_mendmap: Run) -> None:
    done = run_mendmap("serve", MENDMAP_PORT="many")
    assert (done.returncode, done.stderr) == (1, "mendmap: MENDMAP_PORT: not a int: 'many'\n")


@pytest.mark.parametrize("arguments", [["check", "--json"], ["lod"], ["progress"]])
def test_a_process_of_its_own_says_and_exits_the_same(arguments: list[str], tmp_path: Path, run_mendmap: Run) -> None:
    nowhere = {"MENDMAP_LAKE": str(tmp_path / "none")}
    command = [*MENDMAP, *arguments]
    started = subprocess.run(
        command, capture_output=True, text=True, timeout=60, cwd=tmp_path, env=os.environ | nowhere
    )
    with contextlib.chdir(tmp_path):
        here = run_mendmap(*arguments, **nowhere)
    assert started.returncode == here.returncode > 0
    assert (started.stdout, started.stderr) == (here.stdout, here.stderr)


def test_a_folder_that_may_not_be_written_is_one_line(tmp_path: Path, run_mendmap: Run) -> None:
    (tmp_path / "file").write_text("in the way")
    done = run_mendmap("init", tmp_path / "file" / "place")
    assert done.returncode == 1
    assert done.stderr.startswith("mendmap: ")
    assert len(done.stderr.splitlines()) == 1


def test_an_unreadable_catalogue_is_json_where_json_is_asked_for(tmp_path: Path, run_mendmap: Run) -> None:
    done = run_mendmap("check", tmp_path, "--accept", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["faults"][0]["message"] == "no such file"


def test_an_unknown_command_tells_the_choices(run_mendmap: Run) -> None:
    done = run_mendmap("lod")
    assert done.returncode == 2
    assert "No such command 'lod'" in done.stderr


def test_faults_go_to_stderr_and_counts_to_stdout(testford: Testford, run_mendmap: Run) -> None:
    folder = testford.write()
    good = run_mendmap("check", folder)
    assert (good.returncode, good.stderr) == (0, "")
    assert "7 features" in good.stdout
    testford.feature("dumps")["properties"]["kind"] = "hill"
    testford.write()
    bad = run_mendmap("check", folder)
    assert (bad.returncode, bad.stdout) == (1, "")
    assert "dumps.geojson:1: kind: not a kind of this layer: 'hill'; choices: dump" in bad.stderr
    as_json = run_mendmap("check", folder, "--json")
    assert as_json.returncode == 1
    assert json.loads(as_json.stdout)["faults"][0]["column"] == "kind"


def test_progress_and_statements_of_a_fresh_lake_print_plainly(testford: Testford, run_mendmap: Run) -> None:
    lake = testford.folder.parent / "lake"
    run_mendmap("load", testford.write(), "--lake", lake)
    progress = run_mendmap("progress", MENDMAP_LAKE=str(lake))
    assert "Mirror: Liming" in progress.stdout
    assert "(place not told): Planting" in progress.stdout
    statements = run_mendmap("statements", "--lake", lake)
    assert statements.stdout.startswith("consistent: Metal fell to a tenth.")
