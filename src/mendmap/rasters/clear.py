"""Which pixels show the ground, by the classes of a band of the scene itself."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Sentinel-2's scene classification (ESA, Level-2A algorithm): vegetation, bare ground, water, unclassified, snow.
# Left out: no data, saturated, dark or shaded, shadow of clouds, clouds of medium and high probability, cirrus.
_SCL = (4, 5, 6, 7, 11)
# Landsat's collection 2 (USGS LSDS-1619, table of QA_PIXEL): fill, dilated cloud, cirrus, cloud and its shadow.
_QA_PIXEL = 0b11111


def clear(classes: NDArray[Any], kind: str) -> NDArray[np.bool_]:
    """Whether each pixel shows the ground; ``kind`` is a word of ``vocabulary.CLASSIFIED``."""
    if kind == "scl":
        return np.asarray(np.isin(classes, _SCL))
    if kind == "qa_pixel":
        # A class is a whole number: what is none, in a file of fractions, shows nothing.
        whole = classes if classes.dtype.kind in "iu" else np.where(np.isfinite(classes), classes, 1).astype(np.int64)
        return np.asarray((whole & _QA_PIXEL) == 0)
    return np.asarray(classes == 1)
