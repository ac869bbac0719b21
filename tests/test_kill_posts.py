"""Killing the service at any moment, or posting to it from rivals, loses and doubles nothing that was acknowledged."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx2 as httpx
import orjson
import pytest
from conftest import Service, times
from place import Testford
from test_ingest import HOUR, START, held, row, take
from test_lake import load
from test_post import key_of, ledger_rows


@pytest.fixture
def lake(testford: Testford, tmp_path: Path) -> Path:
    """A lake that holds the synthetic place."""
    load(testford, tmp_path / "lake")
    return tmp_path / "lake"


class Logger(threading.Thread):
    """Posts the hours it is given, one after another, until the service is gone; keeps what was acknowledged."""

    def __init__(self, url: str, secret: str, hours: range) -> None:
        super().__init__()
        self.url, self.secret, self.hours = url, secret, hours
        self.acknowledged: list[int] = []
        self.refused: list[str] = []

    def run(self) -> None:
        with httpx.Client(headers={"Authorization": f"Bearer {self.secret}"}, timeout=60) as client:
            for hour in self.hours:
                try:
                    answer = client.post(f"{self.url}/readings", json=[row(hour, str(hour))])
                except httpx.TransportError:
                    return
                if answer.status_code == 201:
                    self.acknowledged.append(hour)
                elif answer.status_code != 200:
                    self.refused.append(answer.text)


def found(lake: Path) -> Counter[int]:
    """How often each hour stands in the lake, each with its own value."""
    rows = [each for each in held(lake) if each["start"] >= START]  # type: ignore[operator]
    hours = [(each["start"] - START) // HOUR for each in rows]  # type: ignore[operator]
    assert [each["value"] for each in rows] == [float(hour) for hour in hours]
    return Counter(hours)


def test_a_killed_service_has_all_that_it_acknowledged_and_nothing_twice(
    serve: Callable[..., Service], lake: Path
) -> None:
    chance = random.Random(20261122)
    secret, acknowledged, begun = key_of(lake), set[int](), 0
    for _ in range(times(10, 200)):
        service = serve(lake)
        loggers = [Logger(service.url, secret, range(begun + nth, begun + 3000, 3)) for nth in range(3)]
        begun += 3000
        for logger in loggers:
            logger.start()
        # Somewhere within the next posts, however quick or slow the machine is just now.
        wanted, started = chance.randint(1, 6), time.monotonic()
        while sum(len(each.acknowledged) for each in loggers) < wanted:
            assert time.monotonic() < started + 60
            time.sleep(0.005)
        time.sleep(chance.uniform(0, (time.monotonic() - started) / wanted))
        service.kill()
        for logger in loggers:
            logger.join()
            assert logger.refused == []
            acknowledged.update(logger.acknowledged)
        standing = found(lake)
        assert acknowledged <= set(standing)
        assert set(standing.values()) <= {1}
    assert len(acknowledged) >= times(10, 200)
    named = {str(post["sha256"]) for _, _, detail in ledger_rows(lake) for post in detail["posts"]}
    assert named <= journalled(lake)
    print(f"{len(acknowledged)} posts acknowledged, {len(standing)} in the lake")


def journalled(lake: Path) -> set[str]:
    """The SHA-256 of every body that the journal holds whole."""
    kept = set()
    for file in (lake / "journal" / "posts").glob("*.ndjson"):
        for line in file.read_bytes().splitlines():
            try:
                kept.add(orjson.loads(line)["sha256"])
            except ValueError:
                continue
    return kept


def test_two_services_and_an_ingest_at_once_lose_and_double_nothing(serve: Callable[..., Service], lake: Path) -> None:
    secret, services = key_of(lake), (serve(lake), serve(lake))
    loggers = [Logger(each.url, secret, range(nth, 12, 2)) for nth, each in enumerate(services * 2)]
    for logger in loggers:
        logger.start()
    for nth in range(4):
        take(lake, [row(hour, str(hour)) for hour in (1000 + nth, nth)], name=f"rival{nth}.csv")
    for logger in loggers:
        logger.join()
        assert logger.refused == []
    assert found(lake) == Counter(dict.fromkeys((*range(12), *range(1000, 1004)), 1))
    added = Counter(hour for logger in loggers for hour in logger.acknowledged)
    assert set(added.values()) == {1}
    numbers = [number for number, _, _ in ledger_rows(lake)]
    assert numbers == list(range(2, 2 + len(numbers)))
    recorded = Counter(each["recorded"] for each in held(lake))
    assert set(numbers) <= set(recorded)
