"""The folder as it would be: a copy of it, hidden in the folder itself, that recipes write to and that is checked
whole before its files take the place of those that are there.

A stage that was left, by a dry run or by one that was interrupted, is taken up where it is of the same folder and of
the same wishes: nothing that was copied is copied again. Not here: how files take their place (``load.landed``).
"""

import datetime as dt
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

from mendmap.catalogue.model import FILE
from mendmap.errors import Fault, GeodataError, MendmapError
from mendmap.load import landed
from mendmap.load.check import maps_folder
from mendmap.load.edit import alone

# How long a stage that was left is taken up: as long as the answers are that it was made of.
_TAKEN_UP = dt.timedelta(days=1)
# Files that nobody writes to once they are there, so that a copy can be the same file.
_LINKED = (".tif", ".tiff")


@contextmanager
def home(folder: Path) -> Iterator[Path]:
    """The hidden folder in which gather keeps what it needs, for one run at a time; what a killed run had begun to put
    into the folder is finished. Raises MendmapError where another run has it, and GeodataError where that cannot be
    finished."""
    if not (folder / FILE).is_file():
        raise GeodataError([Fault(FILE, 0, "", f"no such file in {folder}")])
    found = landed.home(folder)
    (found / ".gitignore").write_text("*\n", "utf-8")
    with (found / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise MendmapError(f"another mendmap gather is at work in {folder}") from None
        with alone(folder):
            landed.finish(folder)
        yield found


class Stage:
    """A copy of a folder: ``path``; what a run ``wishes`` tells whether one that was left can be taken up, unless it is
    to be ``fresh``. ``again`` where it was."""

    def __init__(self, folder: Path, wishes: str, fresh: bool = False) -> None:
        self.folder, self._home = folder, folder / landed.HOME
        self._all = self._home / "stage"
        self._before = self._home / "before"
        # A folder without maps of its own has them beside it, and so has its copy.
        self.path = self._all / "geodata"
        with alone(folder):
            self._was = _listing(folder)
            self._wishes = orjson.dumps([wishes, sorted(self._was.items()), self._maps()])
            self.again = not fresh and self._taken_up()
            if not self.again:
                self._copy()

    def _taken_up(self) -> bool:
        """Whether a copy was left that can be taken up, as it is."""
        told = self._home / "stage.json"
        try:
            said = orjson.loads(told.read_bytes())
            begun = dt.datetime.fromisoformat(said["begun"])
        except (OSError, ValueError, LookupError, TypeError):
            return False
        same = said.get("of") == self._digest() and dt.datetime.now(dt.UTC) - begun < _TAKEN_UP
        return same and self.path.is_dir()

    def _digest(self) -> str:
        return hashlib.sha256(self._wishes).hexdigest()

    def _maps(self) -> list[tuple[str, tuple[int, ...]]]:
        where = maps_folder(self.folder)
        return sorted(_listing(where).items()) if where else []

    def _copy(self) -> None:
        self.clear()
        scratch = self._home / ".stage"
        shutil.rmtree(scratch, ignore_errors=True)
        for name in self._was:
            _copied(self.folder / name, scratch / "geodata" / name)
        where = maps_folder(self.folder)
        if where and where.parent != self.folder:
            for name in _listing(where):
                _copied(where / name, scratch / "maps" / name)
        scratch.replace(self._all)
        self._tell()

    def _tell(self) -> None:
        beside = self._home / ".stage.json"
        body = {"of": self._digest(), "begun": dt.datetime.now(dt.UTC).isoformat(timespec="seconds")}
        beside.write_bytes(orjson.dumps(body))
        beside.replace(self._home / "stage.json")

    @contextmanager
    def unless_wrong(self) -> Iterator[None]:
        """Puts everything back as it was before, where something goes wrong in between."""
        for each in (self._before, self.path / landed.HOME):  # what was left, by adapters too
            shutil.rmtree(each, ignore_errors=True)
        # Whoever writes puts a new file in the place of the old one, so that names of the same files are copies.
        shutil.copytree(self.path, self._before, copy_function=os.link)
        try:
            yield
        except BaseException as error:
            if isinstance(error, Exception):  # what was interrupted goes on from where it is
                self.back()
            raise
        shutil.rmtree(self._before)

    def back(self) -> None:
        """Puts the copy back to before the recipe that was at work on it; where none was, copies the folder anew."""
        if self._before.is_dir():
            shutil.rmtree(self.path, ignore_errors=True)
            self._before.replace(self.path)
        else:
            self.again = False
            with alone(self.folder):
                self._copy()

    def changed(self) -> tuple[list[str], list[str]]:
        """The files that are new or differ from those of the folder, and those that are gone."""
        now = _listing(self.path)
        differ = [name for name in now if name not in self._was or _differ(self.folder / name, self.path / name)]
        return differ, [name for name in self._was if name not in now]

    def commit(self, names: list[str], gone: list[str]) -> None:
        """Puts the changed files into the folder, all or none. Raises GeodataError where somebody else has changed the
        folder since it was copied: what was checked is not what would be there."""
        with alone(self.folder):
            now = _listing(self.folder)
            if strange := sorted(
                each for each in now.keys() | self._was.keys() if now.get(each) != self._was.get(each)
            ):
                message = "changed while mendmap gather was at work; nothing was written; run it again"
                raise GeodataError(Fault(each, 0, "", message) for each in strange)
            landed.land(self.folder, self.path, names, gone)
        self.clear()

    def clear(self) -> None:
        """Takes the stage away."""
        (self._home / "stage.json").unlink(missing_ok=True)
        for each in (self._all, self._before):
            shutil.rmtree(each, ignore_errors=True)


def _listing(folder: Path) -> dict[str, tuple[int, ...]]:
    """Every file of a folder that is not hidden, by path, with what changes when it is written to. Raises GeodataError
    where a link leads out of it, or would be gone through for ever."""
    found: dict[str, tuple[int, ...]] = {}
    home = folder.resolve()
    for where, folders, names in os.walk(home, followlinks=True):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for name in folders:
            _complain(home, Path(where, name))
        for name in sorted(each for each in names if not each.startswith(".")):
            path = Path(where, name)
            if path.is_file():
                _complain(home, path)
                state = path.stat()
                found[str(path.relative_to(home))] = (state.st_ino, state.st_size, state.st_mtime_ns)
    return found


def _complain(home: Path, path: Path) -> None:
    """Raises GeodataError where a file or folder is a link that is not followed."""
    if not path.is_symlink():
        return
    led = path.resolve()
    if not led.is_relative_to(home):
        reason = "a link that leads out of the folder"
    elif led.is_dir() and (path.parent.is_relative_to(led) or path.parent.resolve() != path.parent):
        reason = "a link to a folder that it lies in, or within a folder that is a link itself"
    else:
        return
    raise GeodataError([Fault(str(path.relative_to(home)), 0, "", f"{reason}, which is not followed")])


def _copied(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.suffix.lower() in _LINKED:
        try:
            os.link(source.resolve(), target)
            return
        except OSError:  # a disk without such links
            pass
    shutil.copy2(source, target)


def _differ(one: Path, other: Path) -> bool:
    first, second = one.stat(), other.stat()
    if first.st_ino == second.st_ino and first.st_dev == second.st_dev:
        return False
    return first.st_size != second.st_size or one.read_bytes() != other.read_bytes()
