"""Asks public services, as an adapter is given it (``model.Ask``): politely, only hosts that may be asked, and keeping
what came.

Who asks says who it is. A host is left alone between two questions. An answer is kept by its content, beside what was
asked: as long as the run that it was for has not come to its end, it is taken as it is, so that what was interrupted
goes on, and a dry run's answers are those of the run that follows; later the service is asked whether it has changed.
Not here: the connection (``feeds``), and what an answer says (``services``).
"""

import datetime as dt
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from mendmap import __version__
from mendmap.catalogue import files
from mendmap.catalogue.gathered import Recipe
from mendmap.errors import FeedError
from mendmap.feeds.fetch import Fetcher, Limits
from mendmap.feeds.guarded import Guard, Hosts, named
from mendmap.gather.answers import Answers, Kept
from mendmap.gather.model import Service
from mendmap.load.pull import identified
from mendmap.settings import Settings

# How long an answer is taken as it is for a run that has not come to its end.
_TAKEN_UP = dt.timedelta(days=1)
# How long a server is left alone that answers 429, and not for how long: what overpass-api.de asks for, which locks out
# those who come back earlier.
_TOO_MUCH_S = 30.0


class Turns:
    """When each host was asked last, so that it is left alone for some seconds; and which of them could not be reached,
    so that no recipe after it waits for it again."""

    def __init__(self, pause_s: float) -> None:
        self._pause_s = pause_s
        self._last: dict[str, float] = {}
        self.unreached: set[str] = set()

    def wait(self, host: str) -> None:
        """Waits until it is right to ask."""
        due = self._last.get(host, float("-inf")) + self._pause_s
        time.sleep(max(0.0, due - time.monotonic()))

    def took(self, host: str) -> None:
        """Remembers that it was asked."""
        self._last[host] = time.monotonic()


class Asker:
    """Asks for one recipe. ``questions`` are those that were asked, ``newest`` when the last of their answers came;
    ``counts`` says how many came anew, had not changed, or were kept of a run that was interrupted. ``failed`` where
    it was the asking that went wrong, and not what came."""

    def __init__(self, recipe: Recipe, answers: Answers, fetcher: Fetcher, turns: Turns, settings: Settings) -> None:
        self._recipe, self._answers, self._fetcher, self._turns = recipe, answers, fetcher, turns
        self._most, self._most_mb = settings.max_pull_pages, settings.max_gather_mb
        self._bytes = 0
        self.questions: set[str] = set()
        self.newest: dt.datetime | None = None
        self.counts = {"fetched": 0, "unchanged": 0, "kept": 0}
        self.failed = False

    def __call__(self, url: str, post: bytes | None = None, media: str = "application/json") -> Path:
        """The file with the answer. Raises FeedError."""
        question = _digest(self._recipe.id, url, media if post is not None else "", post)
        self.questions.add(question)
        if len(self.questions) > self._most:
            raise FeedError(f"{named(url)}: more than {self._most} questions (setting MENDMAP_MAX_PULL_PAGES)")
        kept = self._answers.find(question)
        if kept and not kept.done and dt.datetime.now(dt.UTC) - kept.moment < _TAKEN_UP:
            self.counts["kept"] += 1
        else:
            kept = self._asked(question, kept, url, post, media)
        self.newest = max(filter(None, (self.newest, kept.moment)))
        path = self._answers.path(kept)
        self._bytes += path.stat().st_size
        if self._bytes > self._most_mb * 1_000_000:
            more = f"more than {self._most_mb} MB (setting MENDMAP_MAX_GATHER_MB); ask for less"
            raise FeedError(f"{named(url)}: the answers to this recipe are {more}")
        return path

    def _asked(self, question: str, kept: Kept | None, url: str, post: bytes | None, media: str) -> Kept:
        # Of a post the same conditions would mean something else (RFC 9110, 13.1.2).
        known = (kept.etag, kept.last_modified) if kept and post is None else ("", "")
        host = urlsplit(url).netloc
        if host in self._turns.unreached:
            raise FeedError(f"{named(url)}: could not be reached, so it was not asked again")
        self._turns.wait(host)
        try:
            with self._answers.coming() as path:
                with path.open("w+b") as sink:
                    answer = self._fetcher.fetch(url, sink, *known, post=post, media=media)
                now = f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
                if kept and not answer.changed:
                    self.counts["unchanged"] += 1
                    kept = replace(kept, at=now, done=False)
                    self._answers.keep(question, kept)
                    return kept
                self.counts["fetched"] += 1
                sha256 = files.sha256(path)
                kept = Kept(self._recipe.id, url, sha256, answer.etag, answer.last_modified, now)
                self._answers.keep(question, kept, path)
                return kept
        except FeedError as error:
            self.failed = True
            if not error.reached:
                self._turns.unreached.add(host)
            raise
        finally:
            self._turns.took(host)


def _digest(recipe: str, url: str, media: str, post: bytes | None) -> str:
    whole = hashlib.sha256()
    for part in (recipe.encode(), url.encode(), media.encode(), post or b""):
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()


@contextmanager
def fetching(recipe: Recipe, service: Service, contact: str, settings: Settings) -> Iterator[Fetcher]:
    """A fetcher that asks for one recipe: the hosts that it names, those of its service, and the operator's own.
    Raises SettingError where one of them is no host."""
    limits = Limits(settings.max_pull_mb * 1_000_000, settings.pull_timeout_seconds, settings.pull_tries)
    limits = replace(limits, too_much_s=_TOO_MUCH_S)
    guard = Guard(hosts(recipe, service, settings))
    fetcher = Fetcher("", identified(f"mendmap/{__version__}", contact), limits, guard=guard)
    try:
        yield fetcher
    finally:
        fetcher.close()


def hosts(recipe: Recipe, service: Service, settings: Settings) -> Hosts:
    """The hosts that may be asked for a recipe. Raises SettingError."""
    public = [_host(url) for url in (recipe.url, service.url) if url]
    public += [each.strip() for each in (recipe.hosts or "").split(",")] + list(service.hosts)
    # Only the operator opens their own machine, and not whoever wrote the catalogue.
    asked = ",".join(each for each in public if "://" not in each)
    where = f"recipe {recipe.id}, its service, or setting MENDMAP_GATHER_OWN"
    own = Hosts.parse(settings.gather_own, "setting MENDMAP_GATHER_OWN")
    return Hosts(Hosts.parse(asked, where).listed | own.listed, where)


def _host(url: str) -> str:
    """The host of an address; none of an origin of one's own machine, which the setting alone opens."""
    parts = urlsplit(url)
    return (parts.hostname or "") if parts.scheme == "https" else ""
