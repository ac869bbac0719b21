"""For tests of adapters: asks a server of this machine as ``mendmap gather`` does, and keeps what it answers."""

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from feed_server import FeedServer

from mendmap.catalogue.gathered import Recipe
from mendmap.catalogue.records import from_plain
from mendmap.feeds.fetch import Fetcher, Limits
from mendmap.feeds.guarded import Guard, Hosts
from mendmap.gather.model import Ask, Place
from mendmap.geo.bounds import Bounds
from mendmap.load.check import check
from mendmap.settings import Settings


def fetcher(server: FeedServer, limits: Limits | None = None) -> Fetcher:
    """Asks the server only, and is not patient."""
    bounds = limits or Limits(10_000_000, 2.0, 2, total_s=20, backoff_s=0.01, longest_wait_s=0.05)
    return Fetcher("", "mendmap/tests", bounds, guard=Guard(Hosts.parse(server.url)))


def asking(server: FeedServer, folder: Path, limits: Limits | None = None) -> Ask:
    """What an adapter asks with."""
    fetches = fetcher(server, limits)

    def ask(url: str, post: bytes | None = None, media: str = "application/json") -> Path:
        sink = io.BytesIO()
        fetches.fetch(url, sink, post=post, media=media)
        path = folder / hashlib.sha256(sink.getvalue()).hexdigest()
        path.write_bytes(sink.getvalue())
        return path

    return ask


def place(folder: Path, box: tuple[float, float, float, float], server: FeedServer, **settings: Any) -> Place:
    """What a recipe is about: a folder of geodata, and an area."""
    return Place(folder, check(folder, 100), Bounds(*box), fetcher(server), Settings(**settings))


def recipe(**columns: Any) -> Recipe:
    """A recipe with some columns."""
    given: Mapping[str, Any] = {"id": "some", "title": "Some", "source": "some", "licence": "CC0-1.0"} | columns
    return from_plain(Recipe, given)
