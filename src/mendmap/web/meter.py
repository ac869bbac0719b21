"""What the service has answered, in plain numbers: counting is cheap, and reading them is left to who asks.

The workers of one service put their numbers together in a folder, a file each, so that whichever of them is asked
tells those of all. Not here: how they are told (``web.routes.metrics``).
"""

import asyncio
import os
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import orjson

# Upper ends of the buckets of the histogram, in seconds.
BOUNDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_OTHER = "other"
_WRITTEN_EVERY_S = 1.0


class Answered(NamedTuple):
    """Route template, method and status, by which answers are counted."""

    route: str
    method: str
    status: int


class Numbers(NamedTuple):
    """Those of one worker, or of all added up: of each kind of answer how many fell into each bucket (one more than
    ``BOUNDS``) and, last, their seconds in all; counts of what happened; and what each living worker has now."""

    answers: dict[Answered, list[float]]
    counts: Counter[str]
    now: list[dict[str, Any]]


class Meter:
    """Counts in one thread. ``look`` tells what the worker has now, by name, when it is asked; counts that are kept
    elsewhere are among them, and end in ``_total``."""

    def __init__(self, folder: str, look: Callable[[], dict[str, Any]]) -> None:
        self._folder = Path(folder) if folder else None
        self._look = look
        # A plain tuple is as good a key as an Answered, and is made sooner.
        self._answers: dict[tuple[str, str, int], list[float]] = {}
        self._counts: Counter[str] = Counter()

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Counts one answer. An address that no route has, and a method that HTTP does not know, count as other."""
        found = self._answers.get((route, method, status))
        if found is None:
            known = Answered(route or _OTHER, method if method in _METHODS else _OTHER, status)
            found = self._answers.setdefault(known, [0.0] * (len(BOUNDS) + 2))
        found[bisect_left(BOUNDS, seconds)] += 1
        found[-1] += seconds

    def count(self, name: str, number: int = 1) -> None:
        """Counts something that happened."""
        self._counts[name] += number

    def numbers(self) -> Numbers:
        """What all workers of the service have counted, those that have died too."""
        if self._folder is None:
            return _together([self._own()])
        self.write()
        return _together([orjson.loads(path.read_bytes()) for path in self._folder.glob("*.json")])

    def write(self) -> None:
        """Lays this worker's numbers where the others find them, whole."""
        if self._folder is not None:
            path = self._folder / f"{os.getpid()}.new"
            path.write_bytes(orjson.dumps(self._own()))
            path.replace(path.with_suffix(".json"))

    async def keep_writing(self) -> None:
        """Writes again and again. What a worker told of itself is never newer than what others tell of it."""
        while self._folder is not None:
            self.write()
            await asyncio.sleep(_WRITTEN_EVERY_S)

    def _own(self) -> dict[str, Any]:
        now = self._look()
        kept_elsewhere = {name.removesuffix("_total"): now.pop(name) for name in list(now) if name.endswith("_total")}
        answers = [[*kind, row] for kind, row in self._answers.items()]
        return {"pid": os.getpid(), "answers": answers, "counts": {**self._counts, **kept_elsewhere}, "now": now}


def _together(workers: list[dict[str, Any]]) -> Numbers:
    """Numbers of workers, added up: counts never go down, so the dead count, but have nothing now."""
    found = Numbers({}, Counter(), [])
    for each in workers:
        for route, method, status, row in each["answers"]:
            kind = Answered(route, method, status)
            found.answers[kind] = [a + b for a, b in zip(row, found.answers.get(kind, [0.0] * len(row)), strict=True)]
        found.counts.update(each["counts"])
        if _lives(each["pid"]):
            found.now.append(each["now"])
    return found


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
