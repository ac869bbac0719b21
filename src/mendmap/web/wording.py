"""How pages write dates, spans of time, units and lengths of time. Not here: sentences."""

import datetime as dt
import re
from typing import Any

from mendmap.words.dates import Period, day_of, whole_days
from mendmap.words.phrases import Phrase, counted, joined, say

_POWERS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
# Pure numbers and counts follow their number without a unit.
_UNITS = {"1": "", "count": ""}
_MOMENTS = {"instant": say("instant"), "sample": say("sample"), "month": say("month"), "year": say("year")}


def day(moment: dt.datetime | dt.date | str | None) -> Phrase:
    """The day of a moment, in UTC: ``7 January 2024``; empty where there is none."""
    found = _moment(moment)
    return say("{day}", day=found) if found else Phrase("")


def local_day(moment: dt.datetime | str | None, zone: str) -> Phrase:
    """The day of a zone in which a moment lies: ``7 January 2024``; empty where there is none."""
    found = _moment(moment)
    return say("{day}", day=day_of(found, zone)) if found else Phrase("")


def hours(start: str | None, end: str | None, zone: str) -> Phrase:
    """A reading's time: the days of a zone, where it is of whole days there; else in UTC, ``7 January 2024, 13:00 to
    14:00 UTC``, with the end's day where it is another."""
    begun, finished = _moment(start), _moment(end)
    if begun is None:
        return Phrase("")
    if finished and (days := whole_days(begun, finished, zone)):
        return say("{period}", period=days)
    told: dict[str, Any] = {"day": begun, "begin": f"{begun:%H:%M}"}
    if finished is None:
        return say("{day}, {begin} UTC", **told)
    told["end"] = f"{finished:%H:%M}"
    if finished.date() == begun.date():
        return say("{day}, {begin} to {end} UTC", **told)
    return say("{day}, {begin} to {last_day}, {end} UTC", last_day=finished, **told)


def period(text: str | None) -> Phrase:
    """A date or span as sources print them, in words: ``2024-05/2025-05`` is ``May 2024 to May 2025``."""
    return say("{period}", period=Period.parse(text)) if text else Phrase("")


def unit(text: str | None) -> str:
    """A unit as it is printed: ``ug/m3`` is ``µg/m³``; nothing for a pure number or a count."""
    if not text or text in _UNITS:
        return ""
    raised = re.sub(r"(?<=[a-zA-Z])-?\d+", lambda found: found[0].translate(_POWERS), text)
    return re.sub(r"\bu(?=[a-zA-Z])", "µ", raised)


def averaging(text: str) -> str:
    """An averaging time in words: ``1h`` is ``1 hour``."""
    found = re.fullmatch(r"(\d+)(h|d|min)", text)
    if not found:
        return _MOMENTS.get(text, text)
    number = int(found[1])
    if found[2] == "h":
        return counted("{number} hour", "{number} hours", number)
    if found[2] == "d":
        return counted("{number} day", "{number} days", number)
    return counted("{number} minute", "{number} minutes", number)


def age(moment: dt.datetime | None, now: dt.datetime) -> Phrase:
    """How long ago a moment was, in plain words: ``2 years and 10 months``; empty where there is none."""
    if moment is None:
        return Phrase("")
    days = (now - moment).days
    # A year is no twelve months of 30 days.
    years, months = days // 365, min(days % 365 // 30, 11)
    if days < 60:
        return counted("{number} day", "{number} days", days) if days > 0 else say("less than a day")
    told = [counted("{number} year", "{number} years", years)] if years else []
    told += [counted("{number} month", "{number} months", months)] if months else []
    return say("{years} and {months}", years=told[0], months=told[1]) if len(told) == 2 else joined("", told)


def _moment(given: dt.datetime | dt.date | str | None) -> dt.datetime | None:
    found = dt.datetime.fromisoformat(given) if isinstance(given, str) else given
    if isinstance(found, dt.date) and not isinstance(found, dt.datetime):
        found = dt.datetime.combine(found, dt.time.min, dt.UTC)
    return found.astimezone(dt.UTC) if found else None
