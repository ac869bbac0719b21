"""``/metrics``: what the service has done and has now, for Prometheus. No label follows the data or the readers.

Not here: the counting (``web.meter``).
"""

import datetime as dt
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from mendmap.web.answers import METHODS
from mendmap.web.meter import BOUNDS, Meter, Numbers

router = APIRouter()
_COUNTS = {
    "tile_cache_hits": "Tiles that were answered from the cache.",
    "tile_cache_misses": "Tiles that were not in the cache when they were asked for.",
    "tile_cache_evictions": "Tiles that the cache dropped to stay within its bound.",
    "tile_cache_stale": "Tiles that the cache dropped because a new snapshot changed their layer.",
    "tile_waits": "Requests that waited for a tile that was being made for another.",
    "readings_posted": "Readings of posts that were new, or revised others.",
}
_SUMS = {
    "tile_cache_entries": "Tiles in the caches of all workers.",
    "tile_cache_bytes": "Bytes of the tiles in the caches of all workers.",
    "tile_blocks_bytes": "Bytes of what is prepared for tiles to be cut from, of all workers.",
    "resident_memory_bytes": "Memory of all workers, as far as it is not on disk.",
}


@router.api_route("/metrics", methods=METHODS)
def metrics(request: Request) -> Response:
    """Everything in the form that the reader's Accept asks for: OpenMetrics, or Prometheus' own."""
    meter: Meter = request.app.state.meter
    registry = CollectorRegistry()
    registry.register(_Told(meter.numbers()))
    encoder, media_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(encoder(registry), headers={"Content-Type": media_type, "Cache-Control": "no-store"})


class _Told(Collector):
    """Numbers in the words of Prometheus."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers

    def collect(self) -> Iterator[Metric]:
        yield _requests(self._numbers)
        for name, meaning in _COUNTS.items():
            yield CounterMetricFamily(f"mendmap_{name}", meaning, self._numbers.counts[name])
        now = self._numbers.now
        yield GaugeMetricFamily("mendmap_workers", "Workers that live.", len(now))
        for name, meaning in _SUMS.items():
            if any(name in each for each in now):
                yield GaugeMetricFamily(f"mendmap_{name}", meaning, sum(each.get(name, 0) for each in now))
        yield from _snapshot([each for each in now if "snapshot_number" in each])


def _requests(numbers: Numbers) -> Metric:
    told = HistogramMetricFamily(
        "mendmap_request_seconds",
        "Seconds from a request to the end of its answer, by route, method and status.",
        labels=("route", "method", "status"),
    )
    for kind, row in sorted(numbers.answers.items()):
        ends = [*map(str, BOUNDS), "+Inf"]
        buckets = list(zip(ends, accumulate(row[:-1]), strict=True))
        told.add_metric((kind.route, kind.method, str(kind.status)), buckets, row[-1])
    return told


def _snapshot(now: list[dict[str, Any]]) -> Iterator[Metric]:
    """The oldest snapshot that any worker serves, so that one that lags behind is seen."""
    if not now:
        return
    oldest = min(now, key=lambda each: int(each["snapshot_number"]))
    yield GaugeMetricFamily(
        "mendmap_snapshot_number", "The oldest snapshot that a worker serves.", oldest["snapshot_number"]
    )
    age = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(oldest["snapshot_moment"])
    yield GaugeMetricFamily("mendmap_snapshot_age_seconds", "Seconds since that was written.", age.total_seconds())
