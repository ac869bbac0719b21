"""``mendmap pull``: when to pull which feed, and what is said of it.

Not here: fetching and ingesting (``load.pull``).
"""

import datetime as dt
import random
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mendmap import __version__
from mendmap.cli.main import counts_in_words, lake_option, main, settings_with
from mendmap.errors import FeedError, GeodataError, MendmapError
from mendmap.settings import Settings
from mendmap.words.dates import length

if TYPE_CHECKING:
    from mendmap.load.pull import Manner, Pulled

_MOST_FAULTS = 20  # of one feed, in one round


def _length(context: click.Context, option: click.Parameter, given: str | None) -> dt.timedelta | None:
    try:
        return length(given) if given else None
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@main.command(epilog="Example: mendmap pull --every 10m")
@click.argument("feeds", nargs=-1)
@lake_option
@click.option("--catalogue", default="", help="Catalogue whose feeds are meant, where the lake holds more than one.")
@click.option("--every", callback=_length, metavar="TIME", help="Go on, a round every 30s, 10m, 6h or 1d.")
@click.option("--rejects", type=click.Path(path_type=Path), help="Take the good rows; the bad ones go to this folder.")
@click.option("--whole", is_flag=True, help="Ask for everything anew, whatever was pulled before.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and write nothing.")
def pull(
    feeds: tuple[str, ...], lake: str | None, catalogue: str, every: dt.timedelta | None, dry_run: bool, **how: Any
) -> None:
    """Fetch what is new at the FEEDS that the catalogue declares, or at all of them, and ingest it."""
    from mendmap.load.pull import Manner

    chosen = settings_with(lake=lake, catalogue=catalogue or None)
    stop = _stopping()
    if how["rejects"]:
        how["rejects"].mkdir(parents=True, exist_ok=True)
    agent = f"mendmap/{__version__}"
    manner = Manner(_limits(chosen), chosen.max_pull_pages, agent, stop.wait, how["whole"], dry_run, how["rejects"])
    rounds = _Rounds(chosen, feeds, manner, stop)
    if every is None:
        sys.exit(0 if rounds.pulled() and not stop.is_set() else 1)
    while not stop.is_set():
        try:
            rounds.pulled()
        except MendmapError as error:
            # A lake that cannot be read now may be there in the next round.
            click.echo(f"mendmap: {error}", err=True)
        stop.wait(every.total_seconds() * random.uniform(0.95, 1.05))


class _Rounds:
    """Pulls the feeds that are due, one after the other; one that fails does not keep the others from their turn."""

    def __init__(self, chosen: Settings, feeds: tuple[str, ...], manner: "Manner", stop: threading.Event) -> None:
        self._chosen, self._feeds, self._manner, self._stop = chosen, feeds, manner, stop
        self._due: dict[str, float] = {}

    def pulled(self) -> bool:
        """One round. Whether nothing went wrong."""
        from mendmap.load.pull import declared
        from mendmap.load.pull import pull as pulled

        known = declared(self._chosen.lake, self._chosen.catalogue, self._feeds)
        if not known.feeds:
            click.echo("the catalogue declares no feeds; a table of kind feed does", err=True)
        well = True
        for feed in known.feeds:
            now = time.monotonic()
            if self._stop.is_set() or now < self._due.get(feed.id, 0):
                continue
            wait_s = feed.every.total_seconds() if feed.every else 0.0
            try:
                _say(feed.id, pulled(self._chosen.lake, known, feed, self._manner), self._manner.dry)
            except (MendmapError, OSError) as error:
                well = False
                _complain(feed.id, error)
                wait_s = max(wait_s, error.wait_s) if isinstance(error, FeedError) else wait_s
            self._due[feed.id] = now + wait_s
        return well


def _say(feed: str, done: "Pulled", dry: bool) -> None:
    if not done.ingested:
        click.echo(f"{feed}: {'another pull is at work on it' if done.busy else 'unchanged'}")
    for each in done.ingested:
        counts = each.written.changes["readings"]
        bad = f", {each.settled.bad_rows} rows rejected" if each.settled.bad_rows else ""
        changed = counts_in_words(counts) if any(counts.values()) else "unchanged"
        ends = "nothing was written" if dry else f"snapshot {each.written.snapshot}"
        click.echo(f"{feed}: {each.format}; {each.settled.claims} claims{bad}; readings: {changed}; {ends}")


def _complain(feed: str, error: Exception) -> None:
    """A line a fault, as many as one can read."""
    faults = error.faults if isinstance(error, GeodataError) else [error]
    lines = [" ".join(str(each).split()) for each in faults]
    for line in lines[:_MOST_FAULTS]:
        click.echo(f"{feed}: {line}", err=True)
    if len(lines) > _MOST_FAULTS:
        click.echo(f"{feed}: and {len(lines) - _MOST_FAULTS} more faults", err=True)


def _limits(chosen: Settings) -> Any:
    from mendmap.feeds.fetch import Limits

    return Limits(chosen.max_pull_mb * 1_000_000, chosen.pull_timeout_seconds, chosen.pull_tries)


def _stopping() -> threading.Event:
    """Set by the first signal to stop, so that the feed under way comes to its end; a second one ends it at once."""
    stop = threading.Event()

    def stopped(number: int, frame: object) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stopped)
    return stop
