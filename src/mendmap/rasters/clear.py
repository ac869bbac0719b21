"""Which pixels show the ground, by the classes of a band of the scene itself."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Landsat's collection 2 (USGS LSDS-1619, table of QA_PIXEL): fill, dilated cloud, cirrus, cloud and its shadow.
_QA_PIXEL = 0b11111


def clear(classes: NDArray[Any], kind: str) -> NDArray[np.bool_]:
    """Whether each pixel shows the ground; ``kind`` is a word of ``vocabulary.CLASSIFIED``."""
    if kind == "scl":
        # Sentinel-2's scene classification (ESA, Level-2A algorithm): 4 vegetation, 5 bare ground, 6 water,
        # 7 unclassified, 11 snow. Left out: 0 no data, 1 saturated, 2 dark or shaded, 3 shadow of clouds, 8 and 9
        # clouds of medium and high probability, 10 cirrus.
        # Comparisons: numpy's isin takes forty times as long.
        return np.asarray(((classes >= 4) & (classes <= 7)) | (classes == 11))
    if kind == "qa_pixel":
        # A class is a whole number: what is none, in a file of fractions, shows nothing.
        whole = classes if classes.dtype.kind in "iu" else np.where(np.isfinite(classes), classes, 1).astype(np.int64)
        return np.asarray((whole & _QA_PIXEL) == 0)
    return np.asarray(classes == 1)
