"""What is gathered from public services: the recipes that say what, and the matches that say what became of it.

A recipe asks one service for one kind of thing. What it fetches stays in files of its own, beside their terms; a
feature of them counts only once a person has decided so in a match. Not here: fetching (``gather``), and what a match
does to a feature (``load.gathered``).
"""

from dataclasses import dataclass
from typing import ClassVar

from mendmap.words.dates import Period
from mendmap.words.fields import column
from mendmap.words.vocabulary import BASES, DECISIONS, SERVICES


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What is asked of a service, and what is made of it: features of a layer where it names one; else readings of
    stations, or rasters, whichever the service has."""

    kind: ClassVar[str] = "recipe"
    id: str = column("id", "Id of the recipe, named to mendmap gather; its files are named after it.", required=True)
    title: str = column("text", "What it brings.", required=True)
    service: str = column("word", "What is spoken with the service.", required=True, choices=tuple(SERVICES))
    url: str | None = column("url", "Address of the service; blank: the public one of its kind, where there is one.")
    hosts: str | None = column(
        "text", "Further hosts that its answers may lead to, separated by commas; *.example.org means all below."
    )
    collection: str | None = column("text", "Which of the service's collections, types or data sets.")
    select: str | None = column(
        "text", "Which of its features: in the service's own terms, as README.md says for each."
    )
    layer: str | None = column(
        "id", "Layer that its features belong to; blank: it brings readings or rasters.", refers="layer"
    )
    feature_kind: str | None = column("word", "Kind of its features, one of the layer's kinds.")
    basis: str | None = column(
        "word", "How its positions and outlines are known; blank: published.", choices=tuple(BASES)
    )
    accuracy_m: float | None = column("number", "How far its positions and outlines may be off.", unit="m")
    around: tuple[str, ...] = column("ids", "Only around these features; blank: in the whole area.", refers="feature")
    margin_m: float | None = column(
        "amount", "How far around them, beyond how far they may be off; blank: 500.", unit="m"
    )
    box: str | None = column(
        "text", "West, south, east, north in degrees of the area; blank: the extent of the catalogue."
    )
    stations: tuple[str, ...] = column(
        "ids", "Stations whose readings are wanted; blank: all that it has of ours.", refers="station"
    )
    parameters: tuple[str, ...] = column(
        "ids", "What they measure; blank: every parameter that the service has.", refers="parameter"
    )
    period: Period | None = column("date", "Of which time.")
    months: str | None = column("months", "Of which months of the year, such as 6,7,8.")
    cloud: float | None = column("amount", "The most percent of clouds in a scene.", unit="%")
    most: int | None = column("integer", "The most scenes; the clearest are taken; blank: 20.")
    per: str | None = column("word", "At most one scene of each of these, the clearest.", choices=("month", "year"))
    zone: str | None = column("text", "Zone of times that the service gives without an offset, such as Europe/Paris.")
    source: str = column(
        "id", "Document or data set that what it brings is taken from.", required=True, refers="source"
    )
    licence: str = column("text", "Terms of use of what it brings, as an SPDX id or in words.", required=True)
    attribution: str | None = column("text", "What its terms ask to be shown beside every map.")
    decides: tuple[str, ...] = column("ids", "Statements that it may decide.", refers="statement")
    note: str | None = column("text", "What to know about it; whether it was ever run.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What one gathered feature is to the catalogue: a proposal, until a person decides."""

    kind: ClassVar[str] = "match"
    id: str = column("id", "Id of the match.", required=True)
    recipe: str = column("id", "Recipe that brought it.", required=True, refers="recipe")
    gathered: str = column("text", "Its id at the service.", required=True)
    name: str | None = column("text", "What it is called there.")
    feature: str | None = column("id", "Feature that it is, or is to become.")
    decision: str | None = column("answer", "What to do with it; blank: not decided yet.", choices=tuple(DECISIONS))
    distance_m: float | None = column("number", "How far its middle is from that of the feature.", unit="m")
    score: float | None = column("number", "How much speaks for it, from 0 to 1.")
    why: str | None = column("text", "What speaks for it, and what against.")
    note: str | None = column("text", "What to know about the decision.")
