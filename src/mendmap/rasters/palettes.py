"""Colours for numbers: the palettes of the vocabulary as tables, and the words for their ends and middles.

Each runs through a few stops, and between them evenly as the eye sees it. Neighbours along a palette differ in
lightness, or else along blue and yellow, so that nobody needs to tell red from green. Not here: drawing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mendmap.words.phrases import say


@dataclass(frozen=True, slots=True)
class Palette:
    """``stops`` from the lowest value to the highest, evenly spaced; what the ``low`` end and the ``high`` one say, and
    the ``middle``, which may say nothing."""

    stops: tuple[str, ...]
    low: str
    middle: str
    high: str


PALETTES: Mapping[str, Palette] = {
    "greens": Palette(
        ("#a06a2c", "#d0a45e", "#f7efc2", "#a5d3b4", "#4aa58c", "#0f7465", "#00413c"),
        say("bare"),
        say("sparse"),
        say("green"),
    ),
    "blues": Palette(("#e8cf8f", "#b3c9a8", "#7fb2b9", "#4a8db9", "#25609f", "#0f2f6e"), say("dry"), "", say("water")),
    "earths": Palette(
        ("#fbf3df", "#e8cf9f", "#cfa064", "#a6703a", "#744522", "#3f2110"), say("covered"), "", say("bare")
    ),
    "rusts": Palette(
        ("#d9dcde", "#d9bfa8", "#d6986a", "#c0673a", "#8f3f1e", "#55200f"), say("little rust"), "", say("much rust")
    ),
    "greys": Palette(("#111111", "#ffffff"), say("dark"), "", say("bright")),
    "fall_rise": Palette(
        ("#40104f", "#7a4a92", "#b795c6", "#f5f3f5", "#93cda0", "#3a9160", "#00492f"),
        say("fell"),
        say("the same"),
        say("rose"),
    ),
}
# Linear light to the responses of the eye's cones, and those, compressed, to lightness and two opponent colours:
# Ottosson 2020, "A perceptual color space for image processing" (OKLab).
_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_OPPONENTS = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def of_hex(text: str) -> tuple[int, int, int]:
    """Red, green and blue of ``#rrggbb``."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def to_hex(color: NDArray[np.uint8]) -> str:
    """``#rrggbb`` of red, green and blue."""
    return "#{:02x}{:02x}{:02x}".format(*(int(each) for each in color))


def to_oklab(colors: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Lightness and two opponent colours of (n, 3) colours of sRGB."""
    share = colors / 255
    light = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.cbrt(light @ _CONES.T) @ _OPPONENTS.T)


def from_oklab(found: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The inverse of ``to_oklab``; what no screen shows is drawn as its nearest."""
    light = np.clip((found @ np.linalg.inv(_OPPONENTS).T) ** 3 @ np.linalg.inv(_CONES).T, 0, 1)
    share = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(share * 255), dtype=np.uint8)


@lru_cache(maxsize=64)
def colors(name: str, count: int) -> NDArray[np.uint8]:
    """A palette as ``count`` colours from its low end to its high one, (count, 3)."""
    stops = to_oklab(np.array([of_hex(each) for each in PALETTES[name].stops], dtype=np.uint8))
    at = np.linspace(0, len(stops) - 1, count)
    found = np.column_stack([np.interp(at, np.arange(len(stops)), each) for each in stops.T])
    made = from_oklab(found)
    made.setflags(write=False)
    return made
