"""Features of a layer as GeoJSON, encoded once and kept, for those who ask for the same ones again and again.

Not here: how a feature is written (``geojson``), and which are asked for (``atlas.select``).
"""

import numpy as np

from mendmap.atlas.model import Layer
from mendmap.atlas.select import Rows
from mendmap.exports.geojson import features

# Bytes of features that one layer keeps; when they are more, it begins anew.
_MOST = 256 * 2**20


class Encoded:
    """The features of one layer, in OGC:CRS84 and with all their columns. Safe to use from several threads."""

    def __init__(self, layer: Layer, most: int = _MOST) -> None:
        self._layer, self._most = layer, most
        self._made: dict[int, bytes] = {}
        self._bytes = 0

    def features(self, rows: Rows) -> list[bytes]:
        """Those of some rows of the layer's frame, in their order."""
        kept = self._made
        found = [kept.get(row) for row in rows.tolist()]
        missing = [nth for nth, each in enumerate(found) if each is None]
        if missing:
            new = list(features(self._layer, rows[np.array(missing)]))
            for nth, each in zip(missing, new, strict=True):
                found[nth] = each
            self._keep(dict(zip(rows[np.array(missing)].tolist(), new, strict=True)))
        return [each for each in found if each is not None]

    def _keep(self, new: dict[int, bytes]) -> None:
        self._bytes += sum(map(len, new.values()))
        if self._bytes > self._most:
            self._made, self._bytes = {}, 0
        else:
            self._made.update(new)
