"""The tables of a catalogue: one frozen class a table, whose columns say what they mean.

Each row has an ``id`` that is unique in its table. Not here: the files (``tables``) and features (``vectors``).
"""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from mendmap.catalogue.gathered import Match, Recipe
from mendmap.catalogue.imagery import Difference, Index, Raster, Zonal
from mendmap.words.dates import Period
from mendmap.words.fields import Row, column, fields_of, plain, value
from mendmap.words.phrases import Name
from mendmap.words.vocabulary import (
    BLOCKS,
    CERTAINTIES,
    CHECKS,
    CONNECTIONS,
    EXPECTED,
    LOSSES,
    MEDIA,
    PERIODS,
    QUALIFIERS,
    RULED,
    SAMPLES,
    STATISTICS,
    TEXTS,
    TRUSTS,
    WANTS,
)

Names = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A document that rows are taken from."""

    kind: ClassVar[str] = "source"
    id: str = column("id", "Id, named by the rows that come from this document.", required=True)
    title: str = column("text", "Title of the document.", required=True)
    publisher: str | None = column("text", "Who published it.")
    url: str | None = column("url", "Where it can be read.")
    published: Period | None = column("date", "When it was published.")
    licence: str | None = column("text", "Terms under which its figures may be used.")
    sample: str | None = column(
        "word",
        "Whether it prints all it measured (blank: all), or chooses, such as the hours that exceed.",
        choices=tuple(SAMPLES),
    )
    note: str | None = column("text", "What to know about it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """Something that is measured."""

    kind: ClassVar[str] = "parameter"
    id: str = column("id", "Id, named by readings and limits.", required=True)
    name: Names = column("names", "Name of the parameter", required=True)
    symbol: str = column("text", "Short form for tables and charts.", required=True)
    medium: str = column("word", "What it is measured in.", required=True, choices=MEDIA)
    unit: str = column("unit", "Canonical unit; readings are converted to it.", required=True)
    fraction: str | None = column("word", "Part of the sample.", choices=("total", "dissolved", "PM10"))
    vocabulary: str | None = column("url", "Address of the parameter in a public vocabulary.")
    aliases: str | None = column("text", "What other formats call it, as prefix:code, separated by semicolons.")
    least: float | None = column("number", "Readings below this are flagged as out of range, in the canonical unit.")
    greatest: float | None = column("number", "Readings above this are flagged as out of range.")
    molar_mass: float | None = column("amount", "Molar mass of a gas, for values in ppb or ppm.", unit="g/mol")
    note: str | None = column("text", "What to know about it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How a limit is held against readings, as a law says: which statistic, of what, and how complete it must be."""

    kind: ClassVar[str] = "rule"
    id: str = column("id", "Id, named by the limits that are assessed so.", required=True)
    statistic: str = column("word", "The statistic.", required=True, choices=tuple(RULED))
    block: str = column(
        "word", "What is averaged first, and then counted or averaged again.", required=True, choices=tuple(BLOCKS)
    )
    period: str = column("word", "Over what.", required=True, choices=tuple(PERIODS))
    times: int | None = column("integer", "How many hours in a row, of consecutive ones: 2 to 8.")
    percentile: float | None = column("number", "Which percentile, such as 99.")
    block_share: float | None = column("number", "Share of a block that must be there for it to count; blank: 0.75.")
    period_share: float | None = column("number", "Share of the period's blocks that must be there.")
    losses: str | None = column(
        "word", "Whether time lost to calibration and maintenance counts as missing.", choices=tuple(LOSSES)
    )
    least: int | None = column("integer", "Fewest samples that a period must have.")
    clause: str = column("text", "Where the law says so: article or annex.", required=True)
    basis: str = column("word", "How its text was seen.", required=True, choices=tuple(TEXTS))
    source: str = column("id", "Document it is taken from.", required=True, refers="source")
    note: str | None = column("text", "What to know about it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A legal or guideline value that a statistic of a series can be held against."""

    kind: ClassVar[str] = "limit"
    id: str = column("id", "Id of the limit.", required=True)
    jurisdiction: str = column("word", "Whose law it is: EU, RS, DE, WHO, ...", required=True)
    instrument: str = column("text", "The law or guideline, with article or annex.", required=True)
    parameter: str = column("id", "Parameter it is about.", required=True, refers="parameter")
    type: str = column(
        "word",
        "What the law calls it.",
        required=True,
        choices=(
            "limit",
            "target",
            "guideline",
            "alert",
            "information",
            "critical_level",
            "indicative",
            "AA-EQS",
            "MAC-EQS",
            "emission_limit",
        ),
    )
    averaging: str = column("text", "Time or samples that the value is an average of.", required=True)
    value: float = column("number", "The value that may not be exceeded.", required=True)
    unit: str = column("unit", "Unit of the value.", required=True)
    allowed_exceedances: int | None = column("integer", "How often a calendar year may exceed it; blank: never said.")
    percentile: str | None = column("text", "The percentile that amounts to the same, as the law or its guide prints.")
    condition: str | None = column("text", "Where or when it applies.")
    depends_on: str | None = column(
        "id", "Parameter whose median, of samples of the same days, chooses it.", refers="parameter"
    )
    depends_from: float | None = column("number", "It holds from this median on, in that parameter's canonical unit.")
    depends_to: float | None = column("number", "It holds below this median.")
    applies_from: Period | None = column("date", "First day it applies.")
    applies_to: Period | None = column("date", "Last day it applies; blank: no end is set.")
    rules: tuple[str, ...] = column("ids", "How it is assessed; blank: it cannot be, yet.", refers="rule")
    basis: str = column("word", "How its text was seen.", required=True, choices=("read", "quoted"))
    source: str = column("id", "Document it is taken from.", required=True, refers="source")
    note: str | None = column("text", "What to know about it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a site was like from a date on, as someone says."""

    kind: ClassVar[str] = "state"
    id: str = column("id", "Id of the state.", required=True)
    site: str = column("id", "Site it is about.", required=True, refers="site")
    since: Period | None = column("date", "From when.")
    until: Period | None = column("date", "Until when; blank: until the next state, or now.")
    state: str = column("text", "What the site was like, in a few words.", required=True)
    trust: str = column("word", "Who vouches for it.", required=True, choices=TRUSTS)
    source: str = column("id", "Document it is taken from.", required=True, refers="source")
    note: str | None = column("text", "What to know about it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A dated act of remediation at one or more sites."""

    kind: ClassVar[str] = "work"
    id: str = column("id", "Id of the work.", required=True)
    sites: tuple[str, ...] = column(
        "ids", "Sites or other features it was done at; blank: the source does not say which.", refers="feature"
    )
    type: str = column("word", "Kind of work, in one word.", required=True)
    name: Names = column("names", "Name of the work", required=True)
    begun: Period | None = column("date", "When it began, as precisely as known.")
    finished: Period | None = column("date", "When it was finished; blank: not finished, or not known.")
    status: str = column("word", "How far it is.", required=True, choices=("planned", "ongoing", "finished", "unknown"))
    cost: float | None = column("number", "What it cost, in millions of the currency.")
    currency: str | None = column("word", "Currency of the cost.", choices=("USD", "EUR", "RSD"))
    trust: str = column("word", "Who vouches for it.", required=True, choices=TRUSTS)
    source: str = column("id", "Document it is taken from.", required=True, refers="source")
    note: str | None = column("text", "What to know about it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A way that water, or what is in it, takes from one feature to another, as one source says. Sources stand side by
    side, a row each."""

    kind: ClassVar[str] = "connection"
    id: str = column("id", "Id of the connection.", required=True)
    from_feature: str = column("id", "Where it comes from.", required=True, refers="feature")
    to_feature: str | None = column("id", "Where it gets to; blank: the source does not say.", refers="feature")
    how: str = column("word", "How it gets there.", required=True, choices=tuple(CONNECTIONS))
    since: Period | None = column("date", "From when.")
    until: Period | None = column("date", "Until when; blank: until now, or not stated.")
    certainty: str = column("word", "How sure it is that there is one.", required=True, choices=tuple(CERTAINTIES))
    trust: str = column("word", "Who vouches for it.", required=True, choices=TRUSTS)
    source: str = column("id", "Document it is taken from.", required=True, refers="source")
    note: str | None = column("text", "What to know about it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """How much a work planned or achieved, as one report says. Reports that conflict stand side by side."""

    kind: ClassVar[str] = "quantity"
    id: str = column("id", "Id of the report.", required=True)
    work: str = column("id", "Work it is about.", required=True, refers="work")
    role: str = column("word", "Planned or achieved.", required=True, choices=("planned", "achieved"))
    what: str = column("text", "What is counted.", required=True)
    qualifier: str | None = column("word", "How the value is to be read.", choices=QUALIFIERS)
    value: float = column("number", "How much.", required=True)
    unit: str = column("unit", "Unit of the value.", required=True)
    date: Period | None = column("date", "Date or period the report is about.")
    trust: str = column("word", "Who vouches for it.", required=True, choices=TRUSTS)
    source: str = column("id", "Document it is taken from.", required=True, refers="source")
    note: str | None = column("text", "What to know about it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A published value, range, ratio or total. Shown and cited; never averaged or assessed as a reading."""

    kind: ClassVar[str] = "figure"
    id: str = column("id", "Id of the figure.", required=True)
    place: str = column("text", "What it is about, as the source names it.", required=True)
    feature: str | None = column("id", "Site, station or place of this catalogue that it is about.", refers="feature")
    medium: str = column("word", "What it is about.", required=True, choices=MEDIA)
    what: str = column("text", "What the value is.", required=True)
    parameter: str | None = column("id", "Parameter, where it is one of this catalogue.", refers="parameter")
    qualifier: str | None = column("word", "How the value is to be read.", choices=QUALIFIERS)
    value: float = column("number", "The value; the lower end where it is a range.", required=True)
    value_to: float | None = column("number", "The upper end of a range.")
    unit: str = column("unit", "Unit of the values.", required=True)
    period: Period | None = column("date", "Date or period it is about.")
    period_note: str | None = column("text", "The period in the source's terms, where no date says it.")
    statistic: str | None = column("text", "What statistic it is, as the source says.")
    basis: str = column(
        "word", "Printed by the source, or derived from what it prints.", required=True, choices=("verbatim", "derived")
    )
    claimant: str | None = column("text", "Who claims it, where that is the one it is about.")
    source: str = column("id", "Document it is taken from.", required=True, refers="source")
    note: str | None = column("text", "What to know about it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A published claim, with the computation that would check it."""

    kind: ClassVar[str] = "statement"
    id: str = column("id", "Id of the statement.", required=True)
    claim: str = column("text", "What is claimed, in our own words.", required=True)
    claimant: str = column("text", "Who claims it.", required=True)
    claimant_also: str | None = column(
        "text", "Other names of the claimant, as publishers and operators print them, separated by semicolons."
    )
    sites: tuple[str, ...] = column("ids", "Sites or other features it is about.", refers="feature")
    period: Period | None = column("date", "Date or period it is about.")
    source: str = column("id", "Document it is taken from.", required=True, refers="source")
    check: str = column("word", "The computation that would check it.", required=True, choices=CHECKS)
    figures: tuple[str, ...] = column("ids", "Figures the computation takes, in its order.", refers="figure")
    feature: str | None = column("id", "Feature the computation takes.", refers="feature")
    parameter: str | None = column("id", "Parameter the computation takes.", refers="parameter")
    before: Period | None = column("date", "Earlier time that the computation compares with.")
    after: Period | None = column("date", "Later time that the computation compares.")
    stations: tuple[str, ...] = column(
        "ids", "Stations whose readings check it; blank: those joined to its sites.", refers="feature"
    )
    limits: tuple[str, ...] = column("ids", "Limits that its readings are held against.", refers="limit")
    expects: str | None = column("word", "What it says of the readings.", choices=EXPECTED)
    statistic: str | None = column("word", "Statistic that it says the value of.", choices=STATISTICS)
    qualifier: str | None = column("word", "How the value claimed is to be read.", choices=QUALIFIERS)
    claimed: float | None = column("number", "The value claimed, for the computation.")
    unit: str | None = column("unit", "Unit of the value claimed.")
    tolerance: float | None = column("amount", "How far the computed value may be off, as a share of the one claimed.")
    wants: str | None = column(
        "word", "Kind of rows that would decide it; blank: what the computation takes.", choices=WANTS
    )
    wanted: str = column("text", "The evidence that would decide it.", required=True)
    reply: str | None = column("text", "What the claimant replied, if anything.")
    note: str | None = column("text", "What to know about it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """An address that ``mendmap pull`` fetches readings from. It holds no secret."""

    kind: ClassVar[str] = "feed"
    id: str = column("id", "Id of the feed, named to mendmap pull.", required=True)
    title: str = column("text", "What it gives.", required=True)
    url: str = column("url", "Where it is fetched; of SensorThings, its Observations or Datastreams.", required=True)
    format: str | None = column("word", "Format, as mendmap ingest names it; blank: found by the content.")
    mapping: str | None = column("text", "Mapping file of a wide table, below the folder of the catalogue.")
    zone: str | None = column("text", "Zone of times without an offset, such as Europe/Belgrade.")
    label: str | None = column("word", "What a single time label tells of its interval.", choices=("begin", "end"))
    encoding: str | None = column("word", "Encoding of CSV; blank: UTF-8.")
    source: str = column("id", "Source of readings that name none themselves.", required=True, refers="source")
    every: dt.timedelta | None = column(
        "duration", "How often it is expected to change, such as 1h; not asked more often."
    )
    overlap: dt.timedelta | None = column(
        "duration", "SensorThings: how far back from the newest reading is asked for again; blank: 7d."
    )
    token: str | None = column(
        "word", "Environment variable, its name beginning with MENDMAP_FEED_, that holds a token for this host only."
    )
    note: str | None = column("text", "What to know about it.")


_OF_PLACES = Source | Parameter | Rule | Limit | State | Connection | Work | Quantity | Figure | Statement | Feed
Record = _OF_PLACES | Raster | Index | Zonal | Difference | Recipe | Match
RecordT = TypeVar("RecordT", bound=Record)
TABLES: Mapping[str, type[Record]] = {
    table.kind: table
    for table in (
        Source,
        Parameter,
        Rule,
        Limit,
        State,
        Connection,
        Work,
        Quantity,
        Figure,
        Statement,
        Feed,
        Raster,
        Index,
        Zonal,
        Difference,
        Recipe,
        Match,
    )
}


def to_plain(record: Record) -> Row:
    """A record as JSON holds it. ``from_plain`` reads it back."""
    return {each.name: plain(getattr(record, each.name)) for each in dataclasses.fields(record)}


def from_plain(table: type[RecordT], body: Mapping[str, Any]) -> RecordT:
    """A record that ``to_plain`` wrote; columns that it did not have yet are blank."""
    values: dict[str, Any] = {
        each.name: body.get(each.name) if each.kind == "names" else value(each, body.get(each.name))
        for each in fields_of(table)
    }
    return table(**values)


def names(text: Names, languages: Sequence[str] = ()) -> Name:
    """A name in the first of ``languages`` that it has, else in the first it has at all; a phrase that says it has it
    in the others."""
    first = next((text[language] for language in languages if language in text), next(iter(text.values()), ""))
    return Name(first, values=text)
