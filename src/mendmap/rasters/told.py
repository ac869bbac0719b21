"""What a raster file tells of itself that a row of a catalogue wants to know. Nothing is guessed.

Not here: what it must be to be read (``header``).
"""

import datetime as dt
import math
import re
from collections.abc import Iterator

from mendmap.rasters.header import Header
from mendmap.words.vocabulary import CLASSIFIED

# Where programs write the moment at which a scene was seen. Not TIFFTAG_DATETIME, which is when the file was written.
_TAKEN = (
    "ACQUISITIONDATETIME",
    "ACQUISITION_DATE",
    "DATE_ACQUIRED",
    "DATATAKE_1_DATATAKE_SENSING_START",
    "PRODUCT_START_TIME",
    "SENSING_TIME",
)
_PLATFORM = ("SATELLITEID", "DATATAKE_1_SPACECRAFT_NAME", "SPACECRAFT_ID", "PLATFORM")
_DAY = re.compile(r"(\d{4})[-:]?(\d\d)[-:]?(\d\d)(?!\d)")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def told(header: Header, bands: str = "") -> Iterator[tuple[str, str, str]]:
    """Columns of a raster that its file fills: name, text as a row holds it, and where in the file that stands.
    ``bands`` are the names of its bands as a row holds them, where they are known already."""
    tags = {name.upper(): text for name, text in header.tags.items()}
    for name in _TAKEN:
        if day := _day(tags.get(name, "")):
            yield "taken", day, f"its tag {name}"
            break
    for name in _PLATFORM:
        if text := tags.get(name, "").strip():
            yield "platform", text, f"its tag {name}"
            break
    names = [(each or "").strip().lower() for each in header.descriptions]
    if all(_NAME.fullmatch(each) for each in names) and len(set(names)) == len(names):
        yield "bands", ",".join(names), "the descriptions of its bands"
    if bands:
        names = [each.strip() for each in bands.split(",")]
    classes = [each for each in names if each in CLASSIFIED]
    if len(classes) == 1:
        yield "classes", classes[0], "the names of its bands"
    # Classes are never scaled, so what the file says of them does not count.
    for column, values, usual in (("scale", header.scales, 1.0), ("offset", header.offsets, 0.0)):
        of_light = {value for value, name in zip(values, names, strict=False) if name not in CLASSIFIED}
        if len(of_light) == 1 and (value := of_light.pop()) != usual:
            yield column, f"{value:.17g}", f"the {column} of its bands"
    if header.nodata is not None and math.isfinite(header.nodata):
        yield "nodata", f"{header.nodata:.17g}", "its value for nothing"


def _day(text: str) -> str:
    """The day that a text begins with, as ``2023-07-19``; empty where it begins with none."""
    found = _DAY.match(text.strip())
    try:
        return dt.date(*map(int, found.groups())).isoformat() if found else ""
    except ValueError:
        return ""
