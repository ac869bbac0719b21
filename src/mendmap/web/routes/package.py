"""The regulator package, whole or of some sites, parameters and a period; and metadata for catalogues of data."""

from pathlib import Path

import orjson
from fastapi import APIRouter, Request, Response

from mendmap.atlas.model import Atlas
from mendmap.catalogue.imagery import Raster
from mendmap.catalogue.records import names
from mendmap.exports import metadata, rasters
from mendmap.exports.explain import downloads
from mendmap.exports.metadata import Dataset, Distribution
from mendmap.exports.rasters import Stocked
from mendmap.exports.stac import item_address
from mendmap.package.build import MEDIA_TYPE, build
from mendmap.package.scope import scope
from mendmap.web import answers
from mendmap.web.answers import METHODS
from mendmap.web.asked import AsOfText, Text
from mendmap.web.keeper import Served, current
from mendmap.words.vocabulary import SHOWS

router = APIRouter()
PACKAGE = "package.zip"
# As many rows as there may be: the making of a package always waits for its turn.
_COSTLY = 10**9


@router.api_route(f"/downloads/{PACKAGE}", methods=METHODS)
def package(
    request: Request, site: Text = None, parameter: Text = None, datetime: Text = None, as_of: AsOfText = None
) -> Response:
    """Everything known at a snapshot as one zip file: layers, readings, verdicts, methods, a manifest, a cover page. A
    blank filter is none, as forms send it."""
    served = current(request)
    asked = scope(served.at(as_of or None, whole=True), site or "", parameter or "", datetime or "")

    def make(path: Path) -> None:
        with served.lake() as lake:
            build(lake, asked, path, served.settings.max_package_mb)

    return answers.file(
        request,
        asked.atlas.snapshot,
        name=PACKAGE,
        asked=(asked.atlas.place.id, asked.given),
        media_type=MEDIA_TYPE,
        make=lambda tag: served.spool.lend(tag, _COSTLY, make),
    )


@router.api_route("/dcat.jsonld", methods=METHODS)
def dcat(request: Request) -> Response:
    """What is published, as DCAT-AP 3 in JSON-LD."""
    return _described(request, "dcat.jsonld")


@router.api_route("/schema.jsonld", methods=METHODS)
def schema_org(request: Request) -> Response:
    """What is published, in the words of schema.org, as JSON-LD."""
    return _described(request, "schema.jsonld")


def _described(request: Request, name: str) -> Response:
    served = current(request)
    base = served.site(request)
    make = metadata.dcat if name == "dcat.jsonld" else metadata.schema_org
    document = make(served.atlas, f"{base}/{name}", _datasets(served, base))
    return answers.content(request, orjson.dumps(document), metadata.MEDIA_TYPE, served.atlas.snapshot)


def _datasets(served: Served, base: str) -> list[Dataset]:
    atlas = served.atlas
    return [
        Dataset(
            f"{base}/downloads#{each.anchor}",
            each.title,
            each.description,
            each.licence,
            each.fields,
            tuple(Distribution(f"{base}/downloads/{each.name}.{form}", each.media[form]) for form in each.formats),
            spatial=each.layer,
        )
        for each in downloads(atlas)
    ] + [_raster(atlas, each, base) for each in served.stock.values() if each.path]


def _raster(atlas: Atlas, found: Stocked, base: str) -> Dataset:
    """A raster as a data set: one file, which its STAC item describes."""
    record = found.record
    told, licence = record.note or "", atlas.place.licence
    if isinstance(record, Raster):
        told, licence = record.note or SHOWS[record.shows], record.licence
    file = Distribution(base + found.address, rasters.MEDIA_TYPE, found.bytes, found.sha256)
    return Dataset(base + item_address(found), names(record.name), told or names(record.name), licence, (), (file,))
