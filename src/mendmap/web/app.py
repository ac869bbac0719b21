"""Puts the service together. Importing does nothing; two apps can live in one process."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from mendmap import __version__
from mendmap.load.intake import Intake
from mendmap.settings import Settings, from_environment
from mendmap.web import basemaps, problems, readers
from mendmap.web.cache import TileCache
from mendmap.web.drawers import Drawers
from mendmap.web.guards import Guards
from mendmap.web.hot import Hot
from mendmap.web.keeper import Keeper
from mendmap.web.meter import Meter
from mendmap.web.ogc import edr, grids, item, items, landing, observations, openapi, schemas, tile, tilesets
from mendmap.web.routes import (
    areas,
    changes,
    data,
    downloads,
    finding,
    health,
    imagery,
    limits,
    metrics,
    package,
    pages,
    progress,
    rasters,
    readings,
    rivers,
    search,
    series,
    stac,
    statements,
    strip,
    tiles,
    values,
)

# Smaller answers are compressed on the spot; of larger ones others would have to wait for it.
_COMPRESSED_ASIDE = 16_384
STATIC = Path(__file__).parent / "static"
# What answers, in the order in which an address is looked for.
ROOMS = (
    # Before the collections of features, whose addresses would take in this one's.
    edr,
    observations,
    landing,
    openapi,
    schemas,
    items,
    item,
    tilesets,
    tile,
    grids,
    # Before the downloads, as one of whose names it could be taken.
    package,
    health,
    metrics,
    finding,
    tiles,
    areas,
    rasters,
    values,
    stac,
    downloads,
    series,
    rivers,
    strip,
    imagery,
    search,
    statements,
    limits,
    progress,
    changes,
    data,
    readings,
    pages,
)


class Service(FastAPI):
    """The app, with the layer in front of it that spares it what it has answered before."""

    hot: Hot

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.hot(scope, receive, send)


def create_app(settings: Settings) -> Service:
    """The service over one lake. It starts without a lake too, and is ready once something is loaded."""
    keeper, intake, cache = Keeper(settings), Intake(settings), TileCache(settings.tile_cache_mb * 1_000_000)
    drawers = Drawers(settings)
    meter = Meter(settings.metrics_folder, partial(_now, keeper, cache))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        keeper.start()
        intake.start()
        writing = asyncio.create_task(meter.keep_writing())
        yield
        writing.cancel()
        intake.stop()
        drawers.stop()
        keeper.stop()
        meter.write()

    app = Service(
        title="mendmap",
        version=__version__,
        summary="Maps of land on the mend",
        lifespan=lifespan,
        dependencies=[Depends(problems.refuse_unknown), Depends(readers.known)],
        # FastAPI's own documentation pages load scripts from other hosts.
        docs_url=None,
        redoc_url=None,
    )
    app.state.keeper, app.state.intake, app.state.meter, app.state.drawers = keeper, intake, meter, drawers
    problems.install(app)
    for room in ROOMS:
        app.include_router(room.router)
    app.openapi = partial(openapi.whole, app)  # type: ignore[method-assign]
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(GZipMiddleware, minimum_size=500, compresslevel=6, thread_minimum_size=_COMPRESSED_ASIDE)
    app.add_middleware(Guards, max_url_length=settings.max_url_length, images=basemaps.origin(settings))
    app.hot = Hot(super(Service, app).__call__, keeper, cache, meter)
    keeper.heat = app.hot.heat
    return app


def served() -> Service:
    """The service as the environment sets it up, for a server that asks for no more than a name."""
    return create_app(from_environment())


def _now(keeper: Keeper, cache: TileCache) -> dict[str, Any]:
    """What a worker has now, and what its cache has counted, as ``web.meter`` takes it."""
    counted = {"hits": cache.hits, "misses": cache.misses, "evictions": cache.evictions, "stale": cache.stale}
    found: dict[str, Any] = {f"tile_cache_{name}_total": number for name, number in counted.items()}
    found |= {"tile_cache_entries": len(cache), "tile_cache_bytes": cache.bytes}
    found["tile_blocks_bytes"] = keeper.blocks.bytes
    # Where the system tells it.
    if (status := Path("/proc/self/statm")).exists():
        found["resident_memory_bytes"] = int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    if served := keeper.public:
        snapshot = served.atlas.snapshot
        found |= {"snapshot_number": snapshot.number, "snapshot_moment": snapshot.moment.isoformat()}
    return found
