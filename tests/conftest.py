"""Fixtures: a synthetic place, the flagship data in a lake, a running service, a browser and its pages.

Tests that need a program of the system are marked ``system(program)``. Without it they are left out and named at
the end, with the command that adds it; with CI=true a missing program is a failure.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2 as httpx
import hypothesis
import ogc_place
import pytest
from axe_playwright_python.sync_playwright import Axe
from click.testing import CliRunner
from fastapi.testclient import TestClient
from feed_server import FeedServer, serving
from place import Testford
from playwright.sync_api import Browser, Page, expect, sync_playwright

from mendmap.cli import main
from mendmap.lake import connection
from mendmap.load.check import check
from mendmap.load.write import write

ROOT = Path(__file__).parent.parent
MENDMAP = [sys.executable, "-m", "mendmap"]
PROVE = os.environ.get("MENDMAP_PROVE") == "1"
_WANTING = " is not installed; make test-system adds it"
# The same examples every time, so that a red run can be run again; make prove looks for new ones. How long one takes
# says nothing on a busy machine.
hypothesis.settings.register_profile("mendmap", derandomize=not PROVE, database=None, deadline=None)
hypothesis.settings.load_profile("mendmap")
# The lakes of tests are small, and two processes of tests share the machine: with threads to wait for, a write takes
# half as long again. Commands and services in processes of their own have all threads; so has make prove.
if not PROVE:
    connection._QUIET["threads"] = "1"
# On a busy machine a page may take long to become what a test expects; where all is well nobody waits.
expect.set_options(timeout=15_000)
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
_CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("system"):
        program = marker.args[0]
        if shutil.which(program) is None:
            if os.environ.get("CI") == "true":
                pytest.fail(f"{program} is not installed, and with CI=true nothing is left out")
            pytest.skip(f"{program}{_WANTING}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Names what was left out. The reports tell it, because the tests may have run in other processes."""
    reasons = [str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", ())]
    programs = [reason.removeprefix("Skipped: ").removesuffix(_WANTING) for reason in reasons if _WANTING in reason]
    for program, count in sorted(Counter(programs).items()):
        terminalreporter.write_line(f"left out for want of {program}: {count} tests; make test-system adds it")


def times(usual: int, full: int) -> int:
    """How often to repeat something costly: ``full`` in make prove, else ``usual``."""
    return full if PROVE else usual


@pytest.fixture
def testford(tmp_path: Path) -> Testford:
    """The synthetic place, not written yet."""
    return Testford(tmp_path / "testford")


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run_mendmap() -> Run:
    """Runs a command in this process, since most take less time than a start of Python. That a process of its own says
    the same, and exits with the same, is a test of its own (test_cli)."""

    def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        given = list(map(str, arguments))
        kept = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
        done = CliRunner().invoke(main, given, env=environment, prog_name="mendmap")
        for each, handler in kept.items():
            signal.signal(each, handler)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return subprocess.CompletedProcess(given, done.exit_code, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def _testford_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("testford")
    place = Testford(folder / "testford").write()
    write(check(place, 100), str(folder / "lake"), place)
    return folder / "lake"


@pytest.fixture
def lake(_testford_lake: Path, tmp_path: Path) -> Path:
    """A lake of the test's own that holds the synthetic place."""
    return Path(shutil.copytree(_testford_lake, tmp_path / "lake"))


@pytest.fixture(scope="session")
def bor_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake that holds the flagship data."""
    lake = tmp_path_factory.mktemp("bor") / "lake"
    write(check(ROOT / "geodata", 100), str(lake), ROOT / "geodata")
    return lake


@pytest.fixture
def server() -> Iterator[FeedServer]:
    """A server of feeds on this machine, which answers as a test tells it to."""
    with serving() as found:
        yield found


class Service:
    """A running ``mendmap serve`` on a free port."""

    def __init__(self, lake: Path, log: Path, **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._log = log.open("wb")
        command = [*MENDMAP, "serve", "--lake", str(lake), "--port", str(port)]
        # In a session of its own, so that its workers can be killed with it.
        self.process = subprocess.Popen(
            command, stdout=self._log, stderr=self._log, env=os.environ | environment, start_new_session=True
        )
        for _ in range(300):
            try:
                if httpx.get(f"{self.url}/healthz").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        self.stop()
        raise AssertionError(f"the service did not start: {log.read_text()}")

    def kill(self) -> None:
        """Ends the service at once with all its workers, as a power cut does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=20)

    def stop(self) -> None:
        """Ends the service as a service manager does."""
        self.process.terminate()
        self.process.wait(timeout=20)
        self._log.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Starts services over a lake, and stops them at the end of the test."""
    started: list[Service] = []

    def start(lake: Path, **environment: str) -> Service:
        started.append(Service(lake, tmp_path / f"serve{len(started)}.log", **environment))
        return started[-1]

    yield start
    for service in started:
        service.stop()


@pytest.fixture(scope="session")
def bor_url(bor_lake: Path) -> Iterator[str]:
    """The address of a service over the flagship data."""
    service = Service(bor_lake, bor_lake.parent / "serve.log")
    yield service.url
    service.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a screen."""
    with sync_playwright() as playwright:
        program = shutil.which("chromium")
        launched = playwright.chromium.launch(executable_path=program, args=_CHROMIUM_FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def ogc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service over a synthetic place with times and projections, that answers in this process."""
    folder = tmp_path_factory.mktemp("ogc")
    with ogc_place.service(ogc_place.synthetic(folder / "place"), folder / "lake") as client:
        yield client


class Watched:
    """A page that remembers what it asked for and what went wrong."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.wrong: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", lambda said: self.wrong.append(said.text) if said.type in ("error", "warning") else None)


def watched(browser: Browser, **options: object) -> Watched:
    """A page in a context of its own; nothing is animated, so nothing is waited for."""
    context = browser.new_context(**{"viewport": DESKTOP, "reduced_motion": "reduce", **options})  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    return Watched(context.new_page())


@pytest.fixture
def desk(browser: Browser) -> Iterator[Watched]:
    found = watched(browser)
    yield found
    found.page.context.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Watched]:
    found = watched(browser, viewport=PHONE, has_touch=True, is_mobile=True)
    yield found
    found.page.context.close()


def open_map(page: Page, url: str) -> None:
    page.goto(url)
    # Two maps stand there where two dates are compared, and each shows its own half.
    expect(page.locator(".marker[data-feature=tir_smelter]").filter(visible=True).first).to_be_visible()
    expect(page.locator(".tiles-watercourse path.shape").first).to_be_attached()
    expect(page.locator(".leaflet-tile:not(.leaflet-tile-loaded)")).to_have_count(0)


def assert_accessible(page: Page, *rules: str, within: str | None = None) -> None:
    """Axe finds nothing wrong, by all its rules or by some, with a page or with what is within an element of it.

    Only what is wrong is described: to describe what is right takes axe longer than to look.
    """
    options: dict[str, object] = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    found = Axe().run(page, context=within, options=options)
    assert found.violations_count == 0, f"{page.url}: {found.generate_report()}"
