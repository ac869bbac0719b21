"""A whole layer as one GeoJSON FeatureCollection (RFC 7946), with its joined columns."""

import orjson
import shapely

from mendmap.atlas.model import Atlas, Layer


def layer_geojson(atlas: Atlas, layer: Layer) -> bytes:
    """Every feature of a layer in the file's order; one without a position has a null geometry.

    Exterior rings wind counter-clockwise. Beside the features stand the layer's name, licence, attribution and
    the snapshot, as foreign members (RFC 7946, section 6.1).
    """
    shapes = shapely.orient_polygons(layer.frame.geometry.to_numpy())
    written = shapely.to_geojson(shapes)
    rows = layer.frame.drop(columns=layer.frame.geometry.name).to_dict("records")
    features = [
        b'{"type":"Feature","id":%b,"geometry":%b,"properties":%b}'
        % (orjson.dumps(row["id"]), shape.encode() if shape else b"null", orjson.dumps(row))
        for row, shape in zip(rows, written, strict=True)
    ]
    head = {
        "name": layer.id,
        "snapshot": {"number": atlas.snapshot.number, "digest": atlas.snapshot.digest},
        "licence": layer.licence,
        "attribution": atlas.place.attribution,
    }
    return b'{"type":"FeatureCollection",%b,"features":[\n%b\n]}\n' % (
        orjson.dumps(head)[1:-1],
        b",\n".join(features),
    )
