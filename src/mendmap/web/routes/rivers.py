"""Watercourses: what lies along each in order, and a parameter's profile along it, now or on a date."""

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Request, Response
from markupsafe import Markup

from mendmap.atlas.model import Atlas, Feature
from mendmap.atlas.rivers import Watercourse
from mendmap.catalogue.records import names
from mendmap.charts import profile as chart
from mendmap.errors import BadRequestError
from mendmap.exports.files import rows_csv
from mendmap.query.times import Interval
from mendmap.statements.model import Outcome
from mendmap.web import along, answers, asked, claims, describe, profile, spoken
from mendmap.web.asked import AsOfText, Given, Text
from mendmap.web.keeper import Served, current
from mendmap.web.page import page
from mendmap.web.profile import Row
from mendmap.web.spoken import METHODS, PAGE

router = APIRouter(prefix="/watercourses")
SVG = "image/svg+xml"
CSV = "text/csv; charset=utf-8"


class _Asked(NamedTuple):
    """A watercourse as a request asks for it, as known when; and the parameter and time of a profile, if any."""

    served: Served
    given: Given
    atlas: Atlas
    feature: Feature
    watercourse: Watercourse
    profile: tuple[str, Interval] | None


def _asked(
    request: Request, ident: str, parameter: Text = None, date: Text = None, within: Text = None, as_of: AsOfText = None
) -> _Asked:
    """Raises NotFoundError with the watercourses there are, and BadRequestError."""
    served = current(request)
    given = asked.given(parameter=parameter, date=date, within=within, as_of=as_of)
    atlas = served.at(as_of)
    feature = atlas.feature(ident, "watercourse")
    wanted = asked.profile(atlas, given)
    return _Asked(served, given, atlas, feature, atlas.rivers.watercourses[ident], wanted)


Asked = Annotated[_Asked, Depends(_asked)]


@router.api_route(".json", methods=METHODS)
def listed_json(request: Request, as_of: AsOfText = None) -> dict[str, Any]:
    """Every watercourse in a row."""
    served = current(request)
    atlas = served.at(as_of, whole=True)
    rows, left_out = _listed(atlas, served.settings.max_rows)
    return {"watercourses": rows, "left_out": left_out, "snapshot": answers.named(atlas.snapshot)}


@router.api_route("", **PAGE)
def listed(request: Request, as_of: AsOfText = None) -> Response:
    """The table of watercourses."""
    served = current(request)
    atlas = served.at(as_of, whole=True)
    rows, left_out = _listed(atlas, served.settings.max_rows)
    return page(request, served, "watercourses.html", atlas, rows=rows, rows_left_out=left_out)


@router.api_route("/{ident}.json", **PAGE)
def as_json(ident: str, of: Asked) -> dict[str, Any]:
    """The watercourse, what lies along it, and the profile where one is asked for."""
    told: dict[str, Any] = {
        **claims.feature(of.atlas, of.feature, _outcomes(of)),
        **along.watercourse(of.atlas, of.watercourse),
    }
    if of.profile:
        parameter, interval = of.profile
        rows, left_out = _rows(of)
        drawn = profile.drawn(of.atlas, of.watercourse, parameter, interval, rows)
        told["profile"] = {
            "parameter": parameter,
            "unit": of.atlas.parameters[parameter].unit,
            "first": interval.first.isoformat() if interval.first else None,
            "last": interval.last.isoformat() if interval.last else None,
            "rows": list(profile.told(of.atlas, rows)),
            "limits": [{"label": each.label, "value": each.value} for each in drawn.bounds],
            "left_out": left_out,
        }
    return {**told, "asked": dict(of.given), "snapshot": answers.named(of.atlas.snapshot)}


@router.api_route("/{ident}.csv", **PAGE)
def as_csv(request: Request, ident: str, of: Asked) -> Response:
    """The profile where one is asked for, else what lies along it."""
    if of.profile:
        rows, left_out = _rows(of)
        if left_out:
            raise BadRequestError(f"{left_out} rows more than one answer has; the readings' download has them all")
        body = rows_csv([each.name for each in profile.COLUMNS], profile.flat(of.atlas, rows))
    else:
        found = (along.place(of.atlas, each) for each in of.watercourse.along)
        flat = ({**each, "name": names(each["name"], of.atlas.place.languages)} for each in found)
        body = rows_csv([each.name for each in along.COLUMNS], flat)
    headers = {"Content-Disposition": f'attachment; filename="{ident}.csv"'}
    return answers.content(request, body, CSV, of.atlas.snapshot, headers)


@router.api_route("/{ident}.svg", **PAGE)
def as_svg(request: Request, ident: str, of: Asked) -> Response:
    """The drawing of a profile."""
    if of.profile is None:
        raise BadRequestError("a drawing is of a profile: name the parameter")
    drawn = profile.drawn(of.atlas, of.watercourse, *of.profile, _rows(of)[0])
    language = of.served.language(spoken.chosen(request, of.atlas))
    return answers.content(request, _drawing(request, of, drawn), SVG, of.atlas.snapshot, spoken.headers(language))


@router.api_route("/{ident}", **PAGE)
def as_page(request: Request, ident: str, of: Asked) -> Response:
    """What lies along it, and the profile where one is asked for."""
    rows, left_out = _rows(of)
    drawn = profile.drawn(of.atlas, of.watercourse, *of.profile, rows) if of.profile else None
    return page(
        request,
        of.served,
        "watercourse.html",
        of.atlas,
        feature=claims.feature(of.atlas, of.feature, _outcomes(of)),
        river=along.watercourse(of.atlas, of.watercourse),
        parameters=_measured(of.served.atlas, of.watercourse),
        drawn=drawn,
        drawing=Markup(_drawing(request, of, drawn).decode()) if drawn else "",  # noqa: S704 - charts escape every text
        profile=list(profile.told(of.atlas, rows)),
        rows_left_out=left_out,
        given=of.given,
        within=asked.WITHIN,
        address=f"/watercourses/{ident}",
        asked=f"?{request.url.query}" if of.given else "",
    )


def _drawing(request: Request, of: _Asked, drawn: chart.Profile) -> bytes:
    return chart.draw_profile(drawn, of.served.language(spoken.chosen(request, of.atlas)))


def _outcomes(of: _Asked) -> Sequence[Outcome]:
    """What came of statements; of another time nothing, since its atlas is read without series."""
    return of.served.outcomes if of.atlas is of.served.atlas else ()


def _rows(of: _Asked) -> tuple[list[Row], int]:
    """The rows of a profile, no more than one answer has, and how many are left out; none where none is asked for."""
    if of.profile is None:
        return [], 0
    with of.served.lake() as lake:
        found = profile.rows(lake, of.atlas, of.watercourse, profile.query(of.watercourse, *of.profile))
    most = of.served.settings.max_rows
    return found[:most], max(0, len(found) - most)


def _measured(atlas: Atlas, watercourse: Watercourse) -> list[str]:
    """The parameters that its stations have readings of, in the catalogue's order."""
    features = (atlas.features.get(each.feature) for each in watercourse.along if each.role == "station")
    found = {series.parameter for each in features if each for series in each.series}
    return [ident for ident in atlas.parameters if ident in found]


def _listed(atlas: Atlas, most: int) -> tuple[list[dict[str, Any]], int]:
    rows, left_out = describe.listing(atlas, atlas.layers_of("watercourse"), most)
    for row in rows:
        river = atlas.rivers.watercourses[row["id"]]
        told = along.watercourse(atlas, river)
        row |= {name: told[name] for name in ("start_km", "end_km", "length_km", "flows_into")}
        row["stations"] = [each.feature for each in river.along if each.role == "station"]
        row["parameters"] = _measured(atlas, river)
    return rows, left_out
