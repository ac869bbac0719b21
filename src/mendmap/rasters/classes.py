"""What the classes of a scene's own band say: in words, and which pixels show the ground.

The kinds of classes are the words of ``vocabulary.CLASSIFIED``. Not here: what their bands are called by satellites
(``sensors``).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendmap.words.phrases import joined, say

# Sentinel-2's scene classification (ESA, Level-2A algorithm).
_SCL = {
    0: say("no data"),
    1: say("saturated or defective"),
    2: say("dark, or in the shadow of the terrain"),
    3: say("shadow of a cloud"),
    4: say("plants"),
    5: say("ground without plants"),
    6: say("water"),
    7: say("not classified"),
    8: say("probably cloud"),
    9: say("cloud"),
    10: say("thin cirrus"),
    11: say("snow or ice"),
}
# The bits of Landsat's collection 2 (USGS LSDS-1619, table of QA_PIXEL), the least first.
_QA_PIXEL = (
    say("no data"),
    say("beside a cloud"),
    say("thin cirrus"),
    say("cloud"),
    say("shadow of a cloud"),
    say("snow or ice"),
    say("clear"),
    say("water"),
)
# Of these, those that hide the ground: all before snow.
_HIDDEN = 0b11111
_CLEAR = {0: say("not seen"), 1: say("clear")}


def said(value: int, kind: str) -> str:
    """A class in words; ``kind`` is a word of ``vocabulary.CLASSIFIED``. One that nobody defined is said to be so."""
    if kind == "qa_pixel":
        bits = [word for bit, word in enumerate(_QA_PIXEL) if value >> bit & 1]
        return joined(", ", bits) if bits else say("clear")
    found = (_SCL if kind == "scl" else _CLEAR).get(value)
    return found or say("class {value}, which has no meaning that we know", value=value)


def clear(classes: NDArray[Any], kind: str) -> NDArray[np.bool_]:
    """Whether each pixel shows the ground, by a scene's own classes.

    Sentinel-2's scene classification (``scl``): plants (4), ground without plants (5), water (6), what is not
    classified (7), and snow (11) do; no data, what is saturated, dark or shaded, clouds and their shadows, and cirrus
    do not. Landsat's collection 2 (``qa_pixel``): all do but fill, what is beside a cloud, cirrus, clouds and their
    shadows. A band of its own (``clear``): 1 does. ``kind`` is a word of ``vocabulary.CLASSIFIED``.
    """
    if kind == "scl":
        # Comparisons: numpy's isin takes forty times as long.
        return np.asarray(((classes >= 4) & (classes <= 7)) | (classes == 11))
    if kind == "qa_pixel":
        # A class is a whole number: what is none, in a file of fractions, shows nothing.
        whole = classes if classes.dtype.kind in "iu" else np.where(np.isfinite(classes), classes, 1).astype(np.int64)
        return np.asarray((whole & _HIDDEN) == 0)
    return np.asarray(classes == 1)
