"""The page of all imagery: the twin, in a table, of what maps show of it. Its JSON twin is /rasters.json."""

from fastapi import APIRouter, Request, Response

from mendmap.web import imagery
from mendmap.web.keeper import current
from mendmap.web.page import page
from mendmap.web.routes.pages import first_map
from mendmap.web.spoken import PAGE

router = APIRouter()


@router.api_route("/imagery", **PAGE)
def as_page(request: Request) -> Response:
    """Every scene, every model of the ground and every change between scenes, with source, terms and file."""
    served = current(request)
    spec = served.atlas.maps.get(first_map(served.atlas))
    # Where the first map goes without it, nothing can be shown on it.
    without = spec.without if spec else ("imagery", "relief")
    return page(request, served, "imagery.html", without=without, **imagery.listing(served.atlas, served.pictures))
