"""Puts several files into a folder of geodata, and takes others away: all of it, whatever is killed in between.

What is to be done is written down before anything of it is done, and is finished by the next who comes: until then the
folder is neither as it was nor as it will be, and is not to be loaded. Not here: what is put there (``gather``).
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

from mendmap.catalogue import files
from mendmap.catalogue.model import FILE
from mendmap.errors import Fault, GeodataError, shown

# Below the folder; hidden, so that nothing of it is data.
HOME = ".gather"
_JOURNAL = f"{HOME}/pending.json"
_FILES = f"{HOME}/pending"


def home(folder: Path) -> Path:
    """The hidden folder that a run keeps its own in, made where it is not there; nobody else reads what is in it.
    Raises GeodataError where it, or what is written to in it, is a link: whoever made the folder would choose what file
    of this machine is written to."""
    found = folder / HOME
    for path in (found, *(() if found.is_symlink() or not found.is_dir() else sorted(found.iterdir()))):
        if path.is_symlink():
            raise GeodataError([Fault(str(path.relative_to(folder)), 0, "", "a link, which is not written to")])
    found.mkdir(mode=0o700, exist_ok=True)
    return found


def complaint(folder: Path) -> list[Fault]:
    """The fault of a folder that a killed run has left in between; none of any other."""
    if not (folder / _JOURNAL).exists():
        return []
    message = "mendmap gather was interrupted as it put its files in place; run it again, and it finishes that first"
    return [Fault(_JOURNAL, 0, "", message)]


def land(folder: Path, staged: Path, names: Iterable[str], gone: Iterable[str]) -> None:
    """Puts the files of these names, by path below ``staged``, at the same place below ``folder``, and takes those away
    that are ``gone``. Both are on one disk. Raises GeodataError where a name leads out of the folder, and
    OSError; then nothing was done, or ``finish`` does the rest."""
    pending = folder / _FILES
    shutil.rmtree(pending, ignore_errors=True)
    pending.mkdir(parents=True)
    plan: list[dict[str, str]] = []
    names, gone = list(names), list(gone)
    for name in (*names, *gone):
        try:
            _target(folder, name)
        except ValueError as error:
            raise GeodataError([Fault(name, 0, "", str(error))]) from None
    # The catalogue file comes last: with the old one the new files are strangers, and none is taken for another.
    for nth, name in enumerate(sorted(names, key=lambda name: (name == FILE, name))):
        shutil.copy2(staged / name, pending / str(nth))
        _sync(pending / str(nth))
        plan.append({"file": name, "was": _state(folder / name), "sha256": _state(pending / str(nth))})
    plan += [{"file": name, "was": _state(folder / name), "sha256": ""} for name in sorted(gone)]
    journal = folder / _JOURNAL
    beside = journal.with_name(f".{journal.name}.new")
    beside.write_bytes(orjson.dumps(plan))
    _sync(beside)
    _sync(pending)
    beside.replace(journal)
    _sync(journal.parent)
    finish(folder)


def finish(folder: Path) -> list[str]:
    """Finishes what a killed run left, and returns the files that it was about; none where nothing is left. Raises
    GeodataError where one of them was changed by somebody else since."""
    journal = folder / _JOURNAL
    if not journal.exists():
        shutil.rmtree(folder / _FILES, ignore_errors=True)
        return []
    plan = _plan(folder, journal)
    strange = [each["file"] for each in plan if _state(folder / each["file"]) not in (each["was"], each["sha256"])]
    if strange:
        message = f"changed since mendmap gather was interrupted; put it back, or delete {_JOURNAL} to keep it so"
        raise GeodataError(Fault(name, 0, "", message) for name in strange)
    for nth, each in enumerate(plan):
        _put(folder, each["file"], each["sha256"], folder / _FILES / str(nth))
    journal.unlink()
    shutil.rmtree(folder / _FILES, ignore_errors=True)
    return [each["file"] for each in plan]


def _plan(folder: Path, journal: Path) -> list[dict[str, Any]]:
    """What a killed run was about to do. A folder of somebody else may have brought the file along, so that nothing in
    it is believed that leads to a file that is no geodata."""
    try:
        plan: list[dict[str, Any]] = orjson.loads(journal.read_bytes())
        for nth, each in enumerate(plan):
            _target(folder, each["file"])
            pending = folder / _FILES / str(nth)
            if _state(folder / each["file"]) != each["sha256"] and _state(pending) != each["sha256"]:
                raise ValueError(f"{pending.name} is not the file that was written")
            each["was"]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        message = f"not as mendmap gather writes it ({error}); look at the folder, then delete it"
        raise GeodataError([Fault(_JOURNAL, 0, "", message)]) from None
    return plan


def _target(folder: Path, name: str) -> Path:
    """The file that a name stands for; a link within the folder stays one. Raises ValueError where it leads out of the
    folder, or is hidden."""
    if any(part.startswith(".") for part in Path(name).parts):
        raise ValueError(f"a hidden file: {shown(name)}")
    return files.inside(folder, name)


def _put(folder: Path, name: str, sha256: str, source: Path) -> None:
    target = _target(folder, name)
    if not sha256:
        target.unlink(missing_ok=True)
        _sync(target.parent)
    elif _state(target) != sha256:
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)
        _sync(target.parent)


def _state(path: Path) -> str:
    """The SHA-256 of a file, or an empty text where there is none."""
    return files.sha256(path) if path.is_file() else ""


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
