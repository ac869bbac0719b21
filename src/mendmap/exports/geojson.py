"""Features of a layer as GeoJSON (RFC 7946), with their joined columns."""

from collections.abc import Iterator, Sequence

import orjson
import shapely

from mendmap.atlas.model import Atlas, Layer
from mendmap.atlas.select import Rows
from mendmap.geo.crs import Crs, crs

CRS84 = crs("OGC:CRS84")


def features(
    layer: Layer, rows: Rows | None = None, system: Crs = CRS84, columns: Sequence[str] | None = None
) -> Iterator[bytes]:
    """Features of a layer, each as JSON: those of some rows of its frame, in their order, or all.

    One without a position has a null geometry. Exterior rings wind counter-clockwise. Of the properties only some
    ``columns`` are told where they are given. In another system than CRS84 the coordinates have the order of axes of
    its authority (OGC 18-058r1, 6.2.1), and what comes is no GeoJSON by the letter of RFC 7946.
    """
    frame = layer.frame if rows is None else layer.frame.iloc[rows]
    shapes = shapely.orient_polygons(system.official(system.from_crs84(frame.geometry.to_numpy())))
    kept = frame.drop(columns=frame.geometry.name) if columns is None else frame[list(columns)]
    for ident, row, shape in zip(frame["id"], kept.to_dict("records"), shapely.to_geojson(shapes), strict=True):
        geometry = shape.encode() if shape else b"null"
        yield b'{"type":"Feature","id":%b,"geometry":%b,"properties":%b}' % (
            orjson.dumps(ident),
            geometry,
            orjson.dumps(row),
        )


def layer_geojson(atlas: Atlas, layer: Layer) -> bytes:
    """A whole layer as one FeatureCollection, in the file's order.

    Beside the features stand the layer's name, licence, attribution and the snapshot, as foreign members (RFC 7946,
    section 6.1).
    """
    head = {
        "name": layer.id,
        "snapshot": {"number": atlas.snapshot.number, "digest": atlas.snapshot.digest},
        "licence": layer.licence,
        "attribution": atlas.place.attribution,
    }
    return b'{"type":"FeatureCollection",%b,"features":[\n%b\n]}\n' % (
        orjson.dumps(head)[1:-1],
        b",\n".join(features(layer)),
    )
