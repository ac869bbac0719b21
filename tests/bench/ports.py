"""Servers of a benchmark: a free port to listen on, and the wait until somebody answers there."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager


def free() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(command: Sequence[str], port: int, given: Mapping[str, str], ready: str) -> Iterator[str]:
    """The address of a server that a command starts, once it answers at the path ``ready``; ended afterwards."""
    process = subprocess.Popen(command, env=os.environ | given, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        answers(f"{url}{ready}")
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


def answers(url: str) -> None:
    """Waits until an address answers. Raises AssertionError where it answers with an error, or not within a minute."""
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=10).read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{url}: {error.code} {error.read()[:500]!r}") from None
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"nothing answers at {url}")
