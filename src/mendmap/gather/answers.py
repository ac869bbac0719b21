"""The answers of services that are kept in a folder: each by its content, beside the question that it was given to.

They are for the next run: one that goes on where another was interrupted, or one that asks only for what is new. Not
here: asking, and when an answer is taken as it is (``asker``).
"""

import datetime as dt
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import orjson

from mendmap.catalogue import files


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a question that was answered: the ``recipe`` that asked it, the content, what to ask with the
    next time, when the service last said so, and whether its run has come to its end."""

    recipe: str
    url: str
    sha256: str
    etag: str
    last_modified: str
    at: str
    done: bool = False

    @property
    def moment(self) -> dt.datetime:
        return dt.datetime.fromisoformat(self.at)


class Answers:
    """The answers that are kept in a folder: ``answers`` has their contents, ``questions`` what was asked for each."""

    def __init__(self, home: Path) -> None:
        self._contents, self._questions = home / "answers", home / "questions"
        for each in (self._contents, self._questions):
            each.mkdir(parents=True, exist_ok=True)

    def forget(self, recipe: str = "") -> None:
        """Forgets the answers to a recipe, or all."""
        for path, kept in self._all():
            if not recipe or kept is None or kept.recipe == recipe:
                path.unlink()

    def find(self, question: str) -> Kept | None:
        """What is kept of a question, if its content is whole."""
        kept = _read(self._questions / question)
        if kept is None or not self.path(kept).is_file() or files.sha256(self.path(kept)) != kept.sha256:
            return None
        return kept

    def path(self, kept: Kept) -> Path:
        """The file of an answer."""
        return self._contents / kept.sha256

    @contextmanager
    def coming(self) -> Iterator[Path]:
        """A file for an answer that is on its way."""
        path = self._contents / f".{os.getpid()}"
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def keep(self, question: str, kept: Kept, path: Path | None = None) -> Path:
        """Keeps an answer, whose content stands in ``path``, or is kept already."""
        if path:
            path.replace(self.path(kept))
        beside = self._questions / f".{question}"
        beside.write_bytes(orjson.dumps(asdict(kept)))
        beside.replace(self._questions / question)
        return self.path(kept)

    def close(self, recipe: str, questions: Collection[str]) -> None:
        """A run for a recipe has come to its end: what else it ever asked is forgotten."""
        for path, kept in self._all():
            if kept is None or kept.recipe != recipe:
                continue
            if path.name not in questions:
                path.unlink()
            elif not kept.done:
                self.keep(path.name, replace(kept, done=True))

    def tidy(self, recipes: Collection[str]) -> None:
        """Takes away what belongs to no recipe any more, and what no question is answered with."""
        for path, kept in self._all():
            if kept is None or kept.recipe not in recipes:
                path.unlink()
        named_here = {kept.sha256 for _, kept in self._all() if kept}
        for path in self._contents.iterdir():
            if path.name not in named_here:
                path.unlink()

    def _all(self) -> Iterator[tuple[Path, Kept | None]]:
        for path in sorted(self._questions.iterdir()):
            yield path, _read(path)


def _read(path: Path) -> Kept | None:
    try:
        kept = Kept(**orjson.loads(path.read_bytes()))
        return kept if kept.moment <= dt.datetime.now(dt.UTC) else None
    except (OSError, ValueError, TypeError):  # none, of another version, or not written to its end
        return None
