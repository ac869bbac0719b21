"""Whether a reader takes a body that is compressed with gzip (RFC 9110, section 12.5.3).

Not here: compressing (``web.app`` names the middleware that does).
"""

from functools import lru_cache

# Browsers send a handful of distinct values. Longer ones than any of them are not worth remembering.
_VALUES, _LONGEST = 128, 200


def takes_gzip(value: bytes) -> bool:
    """Whether the value of Accept-Encoding allows gzip. A weight that is no number refuses what it is for."""
    return _remembered(value) if len(value) <= _LONGEST else _takes_gzip(value)


def _takes_gzip(value: bytes) -> bool:
    weights: dict[str, float] = {}
    for each in value.decode("latin-1").lower().split(","):
        coding, _, parameter = each.partition(";")
        # The same coding by its name of old (section 8.4.1.3).
        weights[coding.strip().removeprefix("x-")] = _weight(parameter)
    # What is named goes before what stands for all.
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _weight(parameter: str) -> float:
    name, _, number = parameter.replace(" ", "").partition("=")
    if not name:
        return 1.0
    try:
        return float(number) if name == "q" else 1.0
    except ValueError:
        return 0.0


_remembered = lru_cache(_VALUES)(_takes_gzip)
