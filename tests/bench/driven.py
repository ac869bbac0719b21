"""Drives a server with ``wrk``: so many connections, each of which asks again as soon as it is answered.

Not here: what is asked, and what comes of it.
"""

import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 64


@dataclass(frozen=True)
class Driven:
    """What came of it. ``errors`` counts answers of other than 2xx and 3xx, and broken connections; ``p50`` and ``p99``
    are milliseconds from a request to its whole answer."""

    requests: int
    seconds: float
    bytes: int
    errors: int
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


class Drive:
    """A run that goes on by itself until ``end`` is asked for."""

    def __init__(
        self,
        url: str,
        paths: Sequence[str],
        seconds: float,
        headers: Sequence[str] = (),
        connections: int = CONNECTIONS,
    ) -> None:
        if not (program := shutil.which("wrk")):
            sys.exit("wrk is missing; as root: apt-get install --no-install-recommends wrk")
        self._folder = tempfile.TemporaryDirectory()
        listed = Path(self._folder.name) / "paths.txt"
        listed.write_text("".join(f"{path}\n" for path in paths))
        given = [part for header in headers for part in ("-H", header)]
        how = ["-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "10s"]
        script = ["-s", str(Path(__file__).with_suffix(".lua"))]
        command = [program, *how, *given, *script, url, "--", str(listed), str(random.randrange(10**6))]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def end(self) -> Driven:
        """Waits for the end. Raises AssertionError where it failed."""
        told, _ = self._process.communicate(timeout=600)
        self._folder.cleanup()
        assert self._process.returncode == 0, told
        return Driven(**json.loads(told.splitlines()[-1]))


def driven(url: str, paths: Sequence[str], seconds: float, *headers: str, connections: int = CONNECTIONS) -> Driven:
    """Drives a server at an address, over some paths in random order, after a short while of warming."""
    Drive(url, paths, 1, headers, connections).end()
    found = Drive(url, paths, seconds, headers, connections).end()
    assert found.requests and not found.errors, f"{url}: {found}"
    return found
