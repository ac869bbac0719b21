"""A layer as FlatGeobuf, with its index. Not here: GDAL's writing of it (``vector``)."""

from pathlib import Path

from mendmap.exports.layers.chosen import Chosen
from mendmap.exports.layers.vector import distinct, renamed, write_layer


def write(chosen: Chosen, path: Path) -> None:
    """Writes the features in the order of the index. The format's index holds no feature without a position: where
    there is one, all of them are kept in the layer's order, and the index is left out."""
    names = distinct([each.name for each in chosen.fields], 250)
    indexed = chosen.count and not chosen.positionless
    options = {"SPATIAL_INDEX": "YES" if indexed else "NO", "TITLE": chosen.about["title"]}
    options["DESCRIPTION"] = "; ".join(f"{name}: {text}" for name, text in chosen.about.items())
    write_layer(
        chosen.parts(),
        path,
        "FlatGeobuf",
        layer=chosen.layer.id,
        schema=renamed(chosen.schema, names),
        types=chosen.types,
        system=chosen.system,
        options=options,
    )
