"""The law: every limit with its clause, and every rule by which one is held against readings.

Not here: whether it is kept, which the pages of sites, stations and series say (``findings``).
"""

from typing import Any

from fastapi import APIRouter, Request, Response

from mendmap.web import laws
from mendmap.web.answers import METHODS, named
from mendmap.web.asked import AsOfText
from mendmap.web.keeper import current
from mendmap.web.page import page
from mendmap.web.spoken import PAGE

router = APIRouter(prefix="/limits")


@router.api_route(".json", methods=METHODS)
def as_json(request: Request, as_of: AsOfText = None) -> dict[str, Any]:
    """Every limit and every rule."""
    atlas = current(request).at(as_of)
    return {
        "limits": [laws.limit(atlas, each) for each in atlas.limits.values()],
        "rules": [laws.rule(atlas, each) for each in atlas.rules.values()],
        "jurisdictions": list(atlas.place.jurisdictions),
        "snapshot": named(atlas.snapshot),
    }


@router.api_route("", **PAGE)
def as_page(request: Request, as_of: AsOfText = None) -> Response:
    """Every limit, by jurisdiction, and every rule."""
    served = current(request)
    atlas = served.at(as_of)
    rules = [laws.rule(atlas, each) for each in atlas.rules.values()]
    return page(request, served, "limits.html", atlas, groups=list(laws.by_jurisdiction(atlas)), rules=rules)
