"""Labels: how the words of the vocabulary are said where they stand by themselves, beside a sign or in a table.

Not here: what they mean (``vocabulary``).
"""

from mendmap.words.phrases import say

_HOW_KNOWN = {
    "published": say("published"),
    "estimated": say("estimated"),
    "schematic": say("schematic"),
    "hypothesis": say("hypothesis"),
    "unknown": say("unknown"),
    "claimed": say("claimed"),
    "reported": say("reported"),
    "checked": say("checked"),
    "independent": say("independent"),
    "claimant": say("claimant"),
    "read": say("read"),
    "quoted": say("quoted"),
    "unchecked": say("unchecked"),
    "analogous": say("analogous"),
    "named": say("named"),
    "inside": say("inside"),
    "along": say("along"),
    "near": say("near"),
    "measured": say("measured"),
    "coarse": say("coarse"),
    "aside": say("aside"),
    "unplaced": say("unplaced"),
    "verbatim": say("verbatim"),
    "derived": say("derived"),
}
_OUTCOMES = {
    "supported": say("supported"),
    "consistent": say("consistent"),
    "contradicted": say("contradicted"),
    "unverifiable": say("unverifiable"),
    "agrees": say("agrees"),
    "disagrees": say("disagrees"),
    "undecided": say("undecided"),
    "within": say("within"),
    "exceeds": say("exceeds"),
    "undecidable": say("undecidable"),
    "no_data": say("no data"),
    "falling": say("falling"),
    "rising": say("rising"),
    "none": say("no change"),
    "too_short": say("too short"),
    "incomplete": say("incomplete"),
    "conclusive": say("conclusive"),
    "biased": say("biased"),
    "detection": say("detection"),
    "unpaired": say("unpaired"),
    "samples": say("samples"),
}
_READINGS = {
    "valid": say("valid"),
    "preliminary": say("preliminary"),
    "missing": say("missing"),
    "invalid": say("invalid"),
    "withdrawn": say("withdrawn"),
    "mean": say("mean"),
    "exceedances": say("exceedances"),
    "highest": say("highest"),
    "consecutive": say("consecutive"),
    "annual_average": say("annual average"),
    "percentile": say("percentile"),
    "four_of_five": say("four of five"),
    "median": say("median"),
    "p90": say("p90"),
    "p98": say("p98"),
    "least": say("least"),
    "kaplan_meier": say("kaplan meier"),
    "trend": say("trend"),
    "before_after": say("before after"),
    "baseline": say("baseline"),
    "total": say("total"),
    "dissolved": say("dissolved"),
}
_LIMITS = {
    "limit": say("limit"),
    "target": say("target"),
    "guideline": say("guideline"),
    "alert": say("alert"),
    "information": say("information"),
    "critical_level": say("critical level"),
    "indicative": say("indicative"),
    "emission_limit": say("emission limit"),
}
_WORKS = {
    "planned": say("planned"),
    "ongoing": say("ongoing"),
    "finished": say("finished"),
    "achieved": say("achieved"),
}
_THINGS = {
    "feature": say("feature"),
    "readings": say("readings"),
    "verdict": say("verdict"),
    "outcome": say("outcome"),
    "catalogue": say("catalogue"),
    "layer": say("layer"),
    "source": say("source"),
    "parameter": say("parameter"),
    "rule": say("rule"),
    "state": say("state"),
    "work": say("work"),
    "quantity": say("quantity"),
    "figure": say("figure"),
    "statement": say("statement"),
    "series": say("series"),
    "site": say("site"),
    "station": say("station"),
    "watercourse": say("watercourse"),
    "context": say("context"),
    "position": say("position"),
}
_CHANGES = {
    "world": say("world"),
    "record": say("record"),
    "added": say("added"),
    "removed": say("removed"),
    "moved": say("moved"),
    "redrawn": say("redrawn"),
    "changed": say("changed"),
    "revised": say("revised"),
    "turned": say("turned"),
}
LABELS = _HOW_KNOWN | _OUTCOMES | _READINGS | _LIMITS | _WORKS | _THINGS | _CHANGES


def label(word: str) -> str:
    """A word of the vocabulary as a phrase; any other, such as a kind of work that a catalogue names, a text."""
    return LABELS.get(word) or word.replace("_", " ")
