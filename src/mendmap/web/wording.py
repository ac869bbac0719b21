"""How pages write dates, spans of time and units, so that they read as plain English. Not here: sentences."""

import datetime as dt
import re

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_POWERS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
# Pure numbers and counts follow their number without a unit.
_UNITS = {"1": "", "count": ""}


def day(moment: dt.datetime | str | None) -> str:
    """The day of a moment, in UTC: ``7 January 2024``; empty where there is none."""
    found = _moment(moment)
    return f"{found.day} {_MONTHS[found.month - 1]} {found.year}" if found else ""


def hours(start: str | None, end: str | None) -> str:
    """A reading's time, in UTC: ``7 January 2024, 13:00 to 14:00 UTC``; the end's day where it is another."""
    begun, finished = _moment(start), _moment(end)
    if begun is None:
        return ""
    if finished is None:
        return f"{day(begun)}, {begun:%H:%M} UTC"
    other = "" if finished.date() == begun.date() else f"{day(finished)}, "
    return f"{day(begun)}, {begun:%H:%M} to {other}{finished:%H:%M} UTC"


def period(text: str | None) -> str:
    """A date or span as sources print them, in words: ``2024-05/2025-05`` is ``May 2024 to May 2025``."""
    return " to ".join(_date(part) for part in (text or "").split("/"))


def unit(text: str | None) -> str:
    """A unit as it is printed: ``ug/m3`` is ``µg/m³``; nothing for a pure number or a count."""
    if not text or text in _UNITS:
        return ""
    raised = re.sub(r"(?<=[a-zA-Z])-?\d+", lambda found: found[0].translate(_POWERS), text)
    return re.sub(r"\bu(?=[a-zA-Z])", "µ", raised)


def averaging(text: str) -> str:
    """An averaging time in words: ``1h`` is ``1 hour``."""
    found = re.fullmatch(r"(\d+)(h|d)", text)
    if not found:
        return text.replace("_", " ")
    word = {"h": "hour", "d": "day"}[found[2]]
    return f"{found[1]} {word}{'' if found[1] == '1' else 's'}"


def _moment(given: dt.datetime | str | None) -> dt.datetime | None:
    found = dt.datetime.fromisoformat(given) if isinstance(given, str) else given
    return found.astimezone(dt.UTC) if found else None


def _date(text: str) -> str:
    parts = text.split("-")
    if len(parts) == 1:
        return text
    month = _MONTHS[int(parts[1]) - 1]
    return f"{int(parts[2])} {month} {parts[0]}" if len(parts) == 3 else f"{month} {parts[0]}"
