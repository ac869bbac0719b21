"""Watches a page in Chromium whose main thread is slowed down: when it stands still, what came over the line, its long
tasks and its memory. Used by the benchmark of the map."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

SLOWER = 4  # times, of the main thread
QUIET_MS = 1500  # a page on which nothing changed and nothing was long for so long stands still
# When the page last changed, and every task longer than 50 ms, which is what a browser calls long.
WATCH = """
(() => {
  window.watched = { changed: 0, tasks: [] };
  new MutationObserver(() => { window.watched.changed = performance.now(); })
    .observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  const { tasks } = window.watched;
  const long = (list) => list.getEntries().forEach((each) => tasks.push([each.startTime, each.duration]));
  new PerformanceObserver(long).observe({ type: "longtask", buffered: true });
})();
"""
STANDING = """(quiet) => {
  const { changed, tasks } = window.watched;
  const loaded = performance.getEntriesByType("navigation")[0].loadEventEnd;
  const last = Math.max(changed, loaded, ...tasks.map(([start, long]) => start + long));
  return document.readyState === "complete" && performance.now() - last > quiet ? last : false;
}"""


@dataclass(frozen=True)
class View:
    """The first view of a page: milliseconds until it stood still, the bytes and answers that came over the line, and
    the longest task in milliseconds."""

    milliseconds: float
    bytes: int
    answers: int
    longest_task: float


@contextmanager
def page(browser: Browser, slower: int = SLOWER) -> Iterator[tuple[Page, CDPSession]]:
    """A page of its own, 1280 by 800, with an empty cache."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(120_000)
    found = context.new_page()
    found.add_init_script(WATCH)
    session = context.new_cdp_session(found)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    yield found, session
    context.close()


def first_view(browser: Browser, url: str, drawn: str) -> View:
    """Opens an address and waits until it stands still; ``drawn`` is what must be true of it by then."""
    with page(browser) as (found, session):
        sizes: list[float] = []
        session.send("Network.enable")
        session.on("Network.loadingFinished", lambda each: sizes.append(each["encodedDataLength"]))
        found.goto(url)
        stood = found.wait_for_function(STANDING, arg=QUIET_MS).json_value()
        assert found.evaluate(drawn), f"{url} stands still, and is not drawn"
        return View(stood, int(sum(sizes)), len(sizes), _longest(found))


def heap(session: CDPSession) -> tuple[float, int]:
    """Megabytes of JavaScript that are in use after a full collection, and the nodes of the page."""
    for _ in range(2):
        session.send("HeapProfiler.collectGarbage")
    found = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    return found["JSHeapUsedSize"] / 1e6, int(found["Nodes"])


def tasks_of(found: Page, act: Callable[[], Any]) -> list[float]:
    """The milliseconds of each long task while something is done."""
    found.evaluate("() => { window.watched.tasks.length = 0; }")
    act()
    return [each[1] for each in found.evaluate("window.watched.tasks")]


def _longest(found: Page) -> float:
    return max((each[1] for each in found.evaluate("window.watched.tasks")), default=0.0)
