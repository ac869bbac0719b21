"""Whole layers as GeoJSON and whole tables as CSV, and the page that explains them."""

from fastapi import APIRouter, Request, Response

from mendmap.exports.explain import Download, downloads
from mendmap.web.answers import content, named
from mendmap.web.keeper import current

router = APIRouter(prefix="/downloads")
_MEDIA = {"geojson": "application/geo+json", "csv": "text/csv; charset=utf-8"}


@router.api_route(".json", methods=["GET", "HEAD"])
def listed(request: Request) -> dict[str, object]:
    """Every download with its size and what its columns mean."""
    served = current(request)
    return {
        "downloads": [_plain(each, len(served.file(each.name))) for each in downloads(served.atlas)],
        "licence": served.atlas.place.licence,
        "attribution": served.atlas.place.attribution,
        "snapshot": named(served.atlas.snapshot),
    }


def _plain(download: Download, size: int) -> dict[str, object]:
    columns = [
        {"name": each.name, "kind": each.kind, "unit": each.unit or None, "meaning": each.meaning}
        for each in download.fields
    ]
    return {
        "href": f"/downloads/{download.name}",
        "title": download.title,
        "description": download.description,
        "rows": download.rows,
        "bytes": size,
        "columns": columns,
    }


@router.api_route("/{name}", methods=["GET", "HEAD"])
def download(request: Request, name: str) -> Response:
    """One whole file."""
    served = current(request)
    body = served.file(name)
    media = _MEDIA[name.rpartition(".")[2]]
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return content(request, body, media, served.atlas.snapshot, headers)
