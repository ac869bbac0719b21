"""What is asked of readings: which series, places and parameters, what time and what quality.

Not here: times (``times``), SQL (``lake.contents``), and addresses (``web``).
"""

from dataclasses import dataclass

from mendmap.errors import BadRequestError, not_one_of
from mendmap.query.times import Interval
from mendmap.words.vocabulary import QUALITIES

# What a source took back is told only to those who ask for it.
USUAL = tuple(each for each in QUALITIES if each != "withdrawn")


@dataclass(frozen=True, slots=True)
class ReadingQuery:
    """Which readings are asked for: each of ``series``, ``stations`` and ``parameters`` is ids, or None for any."""

    series: tuple[str, ...] | None = None
    stations: tuple[str, ...] | None = None
    parameters: tuple[str, ...] | None = None
    interval: Interval = Interval()
    qualities: tuple[str, ...] = USUAL


def qualities(text: str | None) -> tuple[str, ...]:
    """The qualities of a comma list; all but withdrawn where none is given."""
    if text is None:
        return USUAL
    asked = text.split(",")
    for each in asked:
        if each not in QUALITIES:
            raise BadRequestError(not_one_of("quality: not one of the choices", each, QUALITIES))
    return tuple(each for each in QUALITIES if each in asked)
