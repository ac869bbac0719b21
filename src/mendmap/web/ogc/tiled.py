"""What a request for tiles is about: which layers, of which snapshot, and where their tiles are.

Not here: how tiles are described (``tilesets``), and the tiles (``tile``).
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import Request

from mendmap.atlas.model import Layer
from mendmap.catalogue.records import Names, names
from mendmap.errors import BadRequestError, not_one_of
from mendmap.web.keeper import Served, current
from mendmap.web.ogc import links
from mendmap.web.ogc.grids import QUAD
from mendmap.web.ogc.negotiation import GEOJSON, MVT, Form

# The first is answered where nothing is asked for.
TILES = (MVT, GEOJSON._replace(name="geojson"))
# The union of other layers, which a tile of all layers has already.
_UNION = "sites"


@dataclass(frozen=True, slots=True)
class Tiled:
    """Layers in one tileset, the lowest first: of a collection, or of the whole dataset. ``at`` is the address that
    ``/tiles`` follows, ``query`` what else was asked."""

    served: Served
    layers: tuple[Layer, ...]
    names: Names
    at: str
    query: dict[str, str]

    @property
    def title(self) -> str:
        """Its name in the catalogue's first language that it has one in."""
        return names(self.names, self.served.atlas.place.languages)

    def address(self, path: str = "", **query: str) -> str:
        """The address of the list of tilesets, or of what is below it, with what was asked and more."""
        asked = urlencode({**self.query, **query}, safe=",")
        return f"{self.at}/tiles{path}{'?' if asked else ''}{asked}"

    def template(self, form: Form, zoom: str, row: str, column: str) -> str:
        """The address of the tiles in a form, with the names of its variables in braces."""
        return self.address(f"/{QUAD}/{{{zoom}}}/{{{row}}}/{{{column}}}", f=form.name)


def of_collection(request: Request, collection: str, as_of: str | None) -> Tiled:
    """The tiles of one collection. Raises NotFoundError, and BadRequestError."""
    served = current(request).of(as_of)
    layer = served.atlas.layer(collection)
    root = links.root(request, served)
    return Tiled(served, (layer,), layer.name, f"{root}/collections/{layer.id}", _query(as_of=as_of))


def of_dataset(request: Request, collections: str | None, as_of: str | None) -> Tiled:
    """The tiles of some collections, those named last on top; of all but the union where none are named. Raises
    BadRequestError with the choices."""
    served = current(request).of(as_of)
    choices = served.atlas.layers
    listed = [each for each in choices if each != _UNION] if collections is None else collections.split(",")
    for each in listed:
        if each not in choices:
            raise BadRequestError(not_one_of("collections: no such collection", each, choices))
    if len(set(listed)) < len(listed):
        raise BadRequestError("collections: one is named twice")
    place = served.atlas.place
    query = _query(collections=collections, as_of=as_of)
    return Tiled(served, tuple(choices[each] for each in listed), place.name, links.root(request, served), query)


def _query(**given: str | None) -> dict[str, str]:
    return {name.replace("_", "-"): text for name, text in given.items() if text is not None}
