"""Puts the service together. Importing does nothing; two apps can live in one process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from fastapi import Depends, FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from mendmap import __version__
from mendmap.load.intake import Intake
from mendmap.settings import Settings
from mendmap.web import problems, readers
from mendmap.web.guards import Guards
from mendmap.web.keeper import Keeper
from mendmap.web.ogc import edr, grids, item, items, landing, observations, openapi, schemas, tile, tilesets
from mendmap.web.routes import (
    changes,
    data,
    downloads,
    health,
    limits,
    package,
    pages,
    progress,
    readings,
    rivers,
    search,
    series,
    statements,
    tiles,
    values,
)

STATIC = Path(__file__).parent / "static"
# In the order in which addresses are looked for.
_ROOMS = (
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
    tiles,
    values,
    downloads,
    series,
    rivers,
    search,
    statements,
    limits,
    progress,
    changes,
    data,
    readings,
    pages,
)


def create_app(settings: Settings) -> FastAPI:
    """The service over one lake. It starts without a lake too, and is ready once something is loaded."""
    keeper = Keeper(settings)
    intake = Intake(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        keeper.start()
        intake.start()
        yield
        intake.stop()
        keeper.stop()

    app = FastAPI(
        title="mendmap",
        version=__version__,
        summary="Maps of land on the mend",
        lifespan=lifespan,
        dependencies=[Depends(problems.refuse_unknown), Depends(readers.known)],
        # FastAPI's own documentation pages load scripts from other hosts.
        docs_url=None,
        redoc_url=None,
    )
    app.state.keeper = keeper
    app.state.intake = intake
    problems.install(app)
    for room in _ROOMS:
        app.include_router(room.router)
    app.openapi = partial(openapi.whole, app)  # type: ignore[method-assign]
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(GZipMiddleware, minimum_size=500, compresslevel=6)
    app.add_middleware(Guards, max_url_length=settings.max_url_length)
    return app
