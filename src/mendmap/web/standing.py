"""How a place stands, in one sentence in plain words; how fresh what is known of it is; and its past as a timeline.

The sentence says only what rows say: what the one who did a work claims is told as a claim, and what cannot be decided,
is not measured or is not known is told as that. Not here: the rows (``describe``), and their verdicts (``findings``).
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from mendmap.atlas.model import Atlas, Feature
from mendmap.catalogue.model import Network
from mendmap.web import wording
from mendmap.words.dates import Period
from mendmap.words.phrases import Phrase, counted, joined, say

Row = Mapping[str, Any]
# Names of parameters that one sentence lists.
_LISTED = 4


def sentence(told: Row, state: Row | None) -> Phrase:
    """How a site or a station stands, of what ``claims.feature`` tells of it and its newest ``state``; nothing of
    another feature. A sentence of a few clauses: what is said, what was measured, how that changes, and whether the
    place itself is a guess."""
    if told["role"] not in ("site", "station"):
        return Phrase("")
    site = told["role"] == "site"
    said = _said(state, told["works"]) if site else Phrase("")
    guess = say("that it lies here is a guess, not a fact") if told["basis"] == "hypothesis" else Phrase("")
    measured = _at_stations(told, _measured(told)) if site and told["series"] else _measured(told)
    return say("In short: {clauses}.", clauses=joined("; ", (said, measured, _trend(told["answers"]), guess)))


def _said(state: Row | None, works: Sequence[Row]) -> Phrase:
    """What is said of a site: its state with who vouches for it, or else its works."""
    if state is None:
        return _worked(works)
    values = {"state": state["state"], "when": when(state["since"], state["until"])}
    if state["until"]:
        return say("what it is like now is not known; the last that is said of it is “{state}” ({when})", **values)
    if state["trust"] == "checked":
        return say("it is “{state}” ({when}), and that was checked independently", **values)
    if state["trust"] == "reported":
        return say("it is reported to be so: “{state}” ({when})", **values)
    return say(
        "the one who did the work says “{state}” ({when}), and nobody else is known to have checked it", **values
    )


def _worked(works: Sequence[Row]) -> Phrase:
    """What is known of a site whose state nobody tells."""
    number = {status: sum(each["status"] == status for each in works) for status in ("ongoing", "finished", "planned")}
    if not works:
        return say("no source in hand says what it is like, and no work is known here")
    if number["ongoing"]:
        return counted(
            "{number} work is under way, and no source in hand says what it is like",
            "{number} works are under way, and no source in hand says what it is like",
            number["ongoing"],
        )
    if number["finished"]:
        return counted(
            "{number} work is said to be finished, and no source in hand says what it is like since",
            "{number} works are said to be finished, and no source in hand says what it is like since",
            number["finished"],
        )
    if number["planned"]:
        return counted(
            "{number} work is planned, and no source in hand says what it is like",
            "{number} works are planned, and no source in hand says what it is like",
            number["planned"],
        )
    return say("work is known here, but not how far it has come, and no source in hand says what it is like")


def _measured(told: Row) -> Phrase:
    """What was found of the limits that are law, those in force; the newest verdict of each series and limit."""
    if not told["series"]:
        return say("nothing in hand measures it") if told["role"] == "site" else say("no reading from it is in hand")
    held = [each for each in told["answers"] if each["kind"] == "verdict"]
    held = [each for each in held if each["law"] and each["validity"] != "not_yet"]
    if not held:
        return say("no legal limit can be held against the readings")
    over, kept = ([each for each in held if each["outcome"] == outcome] for outcome in ("exceeds", "within"))
    if over:
        return say("the law's limits for {what} were not kept ({when})", **_of(over))
    if not kept:
        return say("the readings cannot decide whether the law's limits are kept")
    if len(kept) < len(held):
        return say("the law's limits for {what} were kept where that can be judged ({when})", **_of(kept))
    return say("the law's limits for {what} were kept ({when})", **_of(kept))


def _at_stations(told: Row, measured: Phrase) -> Phrase:
    """What was measured of a site was measured at its stations, which may be assumed to be its own; or, as by imagery,
    at the site itself."""
    stations = {each["station"] for each in told["series"]} - {told["id"]}
    if not stations:
        return measured
    if all(each["assumed"] for each in told["joins"] if each["id"] in stations):
        return say("at stations that are only assumed to tell of it, {measured}", measured=measured)
    return say("at the stations that tell of it, {measured}", measured=measured)


def _of(verdicts: Sequence[Row]) -> dict[str, Phrase]:
    """What verdicts are about, and of when the newest of them is."""
    symbols = list(dict.fromkeys(each["symbol"] for each in verdicts))
    listed = joined(", ", symbols[:_LISTED])
    if len(symbols) > _LISTED:
        more = len(symbols) - _LISTED
        listed = counted("{listed} and {number} other", "{listed} and {number} others", more, listed=listed)
    newest = max(verdicts, key=lambda each: Period.parse(each["period"]).last)
    return {"what": listed, "when": wording.period(newest["period"])}


def _trend(answers: Iterable[Row]) -> Phrase:
    """Whether what is measured changes, with the time that the newest trend is of, which may have ended long ago;
    nothing where no trend was computed."""
    trends = [each for each in answers if each["kind"] == "trend"]
    if not trends:
        return Phrase("")
    known = [each for each in trends if each["outcome"] != "too_short"] or trends
    newest = max(known, key=lambda each: Period.parse(each["period"]).last)
    course = _course({each["outcome"] for each in trends})
    return say("{course} ({when})", course=course, when=wording.period(newest["period"]))


def _course(found: AbstractSet[str]) -> Phrase:
    """What trends with these outcomes show together."""
    if found >= {"falling", "rising"}:
        return say("some of what is measured falls and some rises")
    if "falling" in found:
        return say("what is measured falls") if found == {"falling"} else say("some of what is measured falls")
    if "rising" in found:
        return say("what is measured rises") if found == {"rising"} else say("some of what is measured rises")
    if "none" in found:
        return say("no change is seen that chance alone would not make")
    return say("the readings are too few to tell whether it changes")


def when(since: str | None, until: str | None) -> Phrase:
    """From when until when, as precisely as a source says."""
    begin, end = wording.period(since), wording.period(until)
    if since and until:
        if "/" in since or "/" in until:
            return say("begun {begin}, until {end}", begin=begin, end=end)
        return say("{begin} to {end}", begin=begin, end=end)
    if since:
        # Of a span nobody knows where in it something began.
        return say("some time in {span}", span=begin) if "/" in since else say("from {begin}", begin=begin)
    return say("until {end}", end=end) if until else say("no date stated")


def timeline(told: Row) -> list[dict[str, Any]]:
    """The states and works of a feature by date, those without one last: each with its ``kind``, ``state`` or ``work``,
    and ``when`` it was. A work also has its amounts in ``rows``, planned against achieved."""
    rows = [{"kind": "state", "when": when(each["since"], each["until"]), **each} for each in told["states"]]
    rows += [
        {"kind": "work", "when": _done(each), "rows": _amounts(each["quantities"]), **each} for each in told["works"]
    ]
    return sorted(rows, key=_place)


def leading(told: Row) -> list[Row]:
    """The series of a feature, those first in which limits were not kept, and then the newest."""
    over = {each["series"] for each in told["answers"] if each["kind"] == "verdict" and each["outcome"] == "exceeds"}
    return sorted(told["series"], key=lambda each: each["id"] not in over)


def _done(work: Row) -> Phrase:
    begun, finished = wording.period(work["begun"]), wording.period(work["finished"])
    if begun and finished:
        return finished if begun == finished else say("begun {begin}, finished {end}", begin=begun, end=finished)
    if begun:
        known = {"finished": say("begun {begin}; when it was finished is not stated", begin=begun)}
        return known.get(work["status"], say("begun {begin}", begin=begun))
    return say("finished {end}", end=finished) if finished else say("no date stated")


def _place(row: Row) -> tuple[bool, str, bool, str, bool]:
    """Where a row stands in a timeline: by when it began, or else ended; what is dated more vaguely later, a work
    before the state it led to, and what has no date last."""
    begin, end = (row["since"], row["until"]) if row["kind"] == "state" else (row["begun"], row["finished"])
    known = Period.parse(begin or end) if begin or end else None
    first, last = (str(known.first), str(known.last)) if known else ("", "")
    # A state of which only the end is known was there before whatever began then.
    return known is None, first, bool(begin), last, row["kind"] == "state"


def _amounts(quantities: Iterable[Row]) -> list[dict[str, Any]]:
    """What a work is about to be and was, by what is counted; reports that differ stand side by side."""
    found: dict[str, dict[str, Any]] = {}
    for each in quantities:
        found.setdefault(each["what"], {"what": each["what"], "planned": [], "achieved": []})[each["role"]].append(each)
    return list(found.values())


def networks(atlas: Atlas, found: Feature) -> list[Network]:
    """The official networks that measure what a feature is about."""
    media = set(atlas.layers[found.layer].media) or {atlas.parameters[each.parameter].medium for each in found.series}
    return [each for each in atlas.place.networks if not each.media or not media or media & set(each.media)]


def is_current(atlas: Atlas, newest: dt.datetime | None, now: dt.datetime) -> bool:
    """Whether the newest reading is new enough to tell how it is now."""
    return newest is not None and now - newest <= atlas.place.fresh_for
