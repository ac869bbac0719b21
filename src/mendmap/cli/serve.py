"""``mendmap serve``: granian, with workers that share the lake; each has its own atlas and its own cache.

Not here: what is served (``web.app``). Any other ASGI server can carry ``mendmap.web.app:served``.
"""

import gc
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from dataclasses import replace
from functools import partial
from multiprocessing.connection import wait
from typing import Any

import click

from mendmap.cli.main import lake_option, log_to_stderr, main, settings_with
from mendmap.settings import Settings

# How long a worker may take to end, before it is ended.
_END_S = 10
# How soon a thread that computes lets go of the interpreter where another waits for it. Python's own 5 ms, once for
# each step of an answer, is what readers would wait while a new snapshot is made ready.
_SWITCH_S = 0.0005


@main.command(epilog="Example: mendmap serve --port 8000 --workers 2")
@lake_option
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=int, help="Port to listen on; 0 takes any that is free.")
@click.option("--workers", type=int, help="Processes that answer; each has the whole atlas in its memory.")
def serve(lake: str | None, host: str | None, port: int | None, workers: int | None) -> None:
    """Serve the map, the tiles and the downloads."""
    from mendmap.web import basemaps

    chosen = settings_with(lake=lake, host=host, port=port, workers=workers)
    basemaps.origin(chosen)
    ip, free = _bindable(chosen.host, chosen.port)
    with tempfile.TemporaryDirectory(prefix="mendmap-") as folder:
        if chosen.workers > 1 and not chosen.metrics_folder:
            chosen = replace(chosen, metrics_folder=folder)
        threading.Thread(target=_announce, args=(ip, free, chosen), daemon=True).start()
        _granian(ip, free, chosen.workers).serve(target_loader=partial(_service, chosen), wrap_loader=False)


def _granian(ip: str, port: int, workers: int) -> Any:
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    return Server(
        "mendmap",
        ip,
        port,
        interface=Interfaces.ASGI,
        workers=workers,
        http=HTTPModes.http1,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=_END_S,
        log_level=LogLevels.warning,
        log_dictconfig={"loggers": {"_granian": {"propagate": True}}},
    )


def _service(chosen: Settings) -> Any:
    """What a worker serves, imported and made by the worker."""
    from mendmap.web.app import create_app

    log_to_stderr()
    threading.Thread(target=_outlived, daemon=True).start()
    sys.setswitchinterval(_SWITCH_S)
    service = create_app(chosen)
    # What is imported stays: Python need not look through it for cycles again and again, 140 ms in which nobody is
    # answered. To look more seldom would cost memory: 200 MiB with a million points.
    gc.freeze()
    return service


def _outlived() -> None:
    """Ends a worker whose master was killed: nobody else would, and its port would stay taken."""
    if master := multiprocessing.parent_process():
        wait([master.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)


def _bindable(host: str, port: int) -> tuple[str, int]:
    """The address of a host and a port of it that nobody listens on. Workers share theirs with whoever asks, so that
    two services on one port would else take readers from each other without a word. Raises OSError."""
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    with socket.create_server((str(address[0]), port), family=family) as probe:
        found = probe.getsockname()
    return str(found[0]), int(found[1])


def _announce(ip: str, port: int, chosen: Settings) -> None:
    """Tells the address as soon as somebody answers there."""
    while True:
        try:
            socket.create_connection((ip, port)).close()
            break
        except OSError:
            time.sleep(0.05)
    shown = f"[{chosen.host}]" if ":" in chosen.host else chosen.host
    click.echo(f"mendmap is at http://{shown}:{port}/ ({chosen.workers} worker{'s' * (chosen.workers > 1)})", err=True)
