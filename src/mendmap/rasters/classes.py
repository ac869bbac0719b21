"""What the classes of a scene's own band are, in words. Not here: which of them show the ground (``clear``)."""

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
_CLEAR = {0: say("not seen"), 1: say("clear")}


def said(value: int, kind: str) -> str:
    """A class in words; ``kind`` is a word of ``vocabulary.CLASSIFIED``. One that nobody defined is said to be so."""
    if kind == "qa_pixel":
        bits = [word for bit, word in enumerate(_QA_PIXEL) if value >> bit & 1]
        return joined(", ", bits) if bits else say("clear")
    found = (_SCL if kind == "scl" else _CLEAR).get(value)
    return found or say("class {value}, which has no meaning that we know", value=value)
