"""Dated values of the layers: in which months something is known, and what was known in one of them.

Their addresses have no query, so that a published copy answers them alike. Not here: what is told (``atlas.dated``).
"""

import datetime as dt
import re
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from mendmap.atlas import dated
from mendmap.errors import BadRequestError, shown
from mendmap.web.answers import METHODS, content, named
from mendmap.web.keeper import Served, current
from mendmap.web.wording import unit

router = APIRouter(prefix="/values")
JSON = "application/json"
_MONTH = re.compile(r"(?!0000)\d{4}-(0[1-9]|1[0-2])", re.ASCII)


@router.api_route("/{layer}.json", methods=METHODS)
def months(request: Request, layer: str) -> Response:
    """The months in which anything is known of a layer's features, with what and how much; and what has no date."""
    served = current(request)
    served.atlas.layer(layer)
    now = _this_month()
    body = served.kept(f"values {layer} until {now}", lambda: _months(served, layer, now))
    return content(request, body, JSON, served.atlas.snapshot)


@router.api_route("/{layer}/{month}.json", methods=METHODS)
def values(request: Request, layer: str, month: str) -> Response:
    """What was known of a layer's features in a month: states, works, readings, verdicts, figures."""
    served = current(request)
    served.atlas.layer(layer)
    if not _MONTH.fullmatch(month):
        raise BadRequestError(f"month: not a month (2021-03): {shown(month)}")
    if month > _this_month():
        raise BadRequestError(f"month: nobody knows what has not begun yet: {shown(month)}")
    body = served.kept(f"values {layer} {month}", lambda: _values(served, layer, month))
    return content(request, body, JSON, served.atlas.snapshot)


def _this_month() -> str:
    """The last month of which anything can be known; what is planned for later ones is no knowledge of them."""
    return dated.month_of(dt.datetime.now(dt.UTC).date())


def _months(served: Served, layer: str, now: str) -> bytes:
    atlas, found = served.atlas, served.atlas.layer(layer)
    counts = dated.months(atlas, found, served.months)
    listed = [month for month in counts if month <= now]
    return orjson.dumps(
        {
            "layer": layer,
            "first": listed[0] if listed else None,
            "last": listed[-1] if listed else None,
            "months": [{"month": month, **counts[month]} for month in listed],
            "undated": dict(dated.undated(atlas, found)),
            "snapshot": named(atlas.snapshot),
        }
    )


def _values(served: Served, layer: str, month: str) -> bytes:
    atlas = served.atlas
    told = dated.told(atlas, atlas.layer(layer), served.then(month), served.settings.max_values)
    kinds = (row.get(kind, ()) for row in told["features"].values() for kind in ("readings", "figures"))
    units = {each["unit"] for rows in kinds for each in rows}
    body: dict[str, Any] = {
        "layer": layer,
        "month": month,
        **told,
        # Each unit as it is printed.
        "units": {each: unit(each) for each in sorted(units)},
        "language": atlas.place.languages[0],
        "snapshot": named(atlas.snapshot),
    }
    return orjson.dumps(body)
