"""Statements about figures: each computation with figures made for it, about the synthetic Testford."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from place import Testford
from test_lake import load, read

from mendmap.atlas.build import build
from mendmap.atlas.model import Atlas
from mendmap.catalogue.records import Figure, Source, Statement, from_plain
from mendmap.statements.model import Outcome
from mendmap.statements.outcome import outcomes
from mendmap.statements.spans import Span, stance, told

CLAIM = {"id": "claim", "claim": "Less.", "claimant": "Works Ltd", "source": "claims", "wanted": "More."}
CHANGE = CLAIM | {
    "check": "change", "feature": "mirror", "parameter": "cu", "before": "2020", "after": "2021",
    "claimed": -90, "unit": "%", "qualifier": "<",
}  # fmt: skip
IMPLIED = CLAIM | {"check": "implied", "figures": ["level", "cut"], "before": "2018", "tolerance": 0.02}
TIMES = CLAIM | {"check": "times", "figures": ["base"], "after": "2024", "claimed": 2.4, "tolerance": 0.05}


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    folder = tmp_path_factory.mktemp("figures")
    load(Testford(folder / "testford"), folder / "lake")
    found = build(read(folder / "lake"))
    sources = {
        ident: Source(
            id=ident, title=ident, publisher=who, url=None, published=None, licence=None, sample=None, note=None
        )
        for ident, who in (("claims", "Works Ltd"), ("yearbook", "Agency"), ("leaflet", None))
    }
    return dataclasses.replace(found, sources={**found.sources, **sources})


def figure(ident: str, value: float, period: str, source: str = "claims", **more: Any) -> Figure:
    known = {"id": ident, "place": "Mirror", "feature": "mirror", "medium": "emission", "what": ident, "unit": "t"}
    given = {"parameter": "cu", "value": value, "period": period, "basis": "verbatim", "source": source}
    return from_plain(Figure, known | given | more)


def checked(atlas: Atlas, claim: dict[str, Any], *figures: Figure) -> Outcome:
    parameters = {**atlas.parameters, "cu": dataclasses.replace(atlas.parameters["cu"], unit="t")}
    held = dataclasses.replace(
        atlas,
        parameters=parameters,
        figures={each.id: each for each in figures},
        statements={"claim": from_plain(Statement, claim)},
    )
    (found,) = outcomes(held)
    return found


@pytest.mark.parametrize(
    ("after", "source", "outcome"),
    [(5, "yearbook", "supported"), (5, "claims", "consistent"), (5, "leaflet", "unverifiable"),
     (20, "yearbook", "contradicted"), (20, "claims", "contradicted"), (20, "leaflet", "unverifiable")],
)  # fmt: skip
def test_a_change_is_computed_from_printed_figures_of_both_years(
    atlas: Atlas, after: float, source: str, outcome: str
) -> None:
    found = checked(atlas, CHANGE, figure("a", 100, "2020", source), figure("b", after, "2021", source))
    assert found.outcome == outcome
    assert found.computed == pytest.approx(after - 100)
    assert found.sums == (f"({after} − 100) / 100 = −{100 - after} %",)
    assert "less than −90 % is claimed, 1% allowed" in found.because


def test_a_change_without_figures_says_which_are_missing(atlas: Atlas) -> None:
    found = checked(atlas, CHANGE, figure("a", 100, "2020"))
    assert (found.outcome, found.computed) == ("unverifiable", None)
    assert found.missing == ("No figure of “Copper” for 2021 is at hand.",)


def test_a_figure_that_was_derived_here_decides_nothing(atlas: Atlas) -> None:
    found = checked(atlas, CHANGE, figure("a", 100, "2020"), figure("b", 5, "2021", basis="derived"))
    assert found.outcome == "unverifiable"


@pytest.mark.parametrize(
    ("qualifier", "value", "outcome"),
    [("<", 5, "supported"), ("<", 50, "unverifiable"), (">", 50, "contradicted"), (">", 5, "unverifiable")],
)
def test_more_than_and_less_than_decide_only_where_they_can(
    atlas: Atlas, qualifier: str, value: float, outcome: str
) -> None:
    later = figure("b", value, "2021", "yearbook", qualifier=qualifier)
    assert checked(atlas, CHANGE, figure("a", 100, "2020", "yearbook"), later).outcome == outcome


def test_figures_of_two_parties_are_compared_each_with_its_own(atlas: Atlas) -> None:
    own = figure("a", 100, "2020"), figure("b", 5, "2021")
    others = figure("c", 300, "2020", "yearbook"), figure("d", 250, "2021", "yearbook")
    found = checked(atlas, CHANGE, *own, *others)
    assert found.outcome == "contradicted"
    assert found.sums == ("(5 − 100) / 100 = −95 %", "(250 − 300) / 300 = −16.67 %")
    assert [each.standing for each in found.evidence] == ["claimant", "independent"] * 2


def test_a_ratio_is_taken_again_from_figures_of_someone_else(atlas: Atlas) -> None:
    claim = CLAIM | {"check": "ratio", "figures": ["b", "a"], "claimed": 0.05, "unit": "1"}
    own = figure("a", 100, "2020"), figure("b", 5, "2021")
    assert checked(atlas, claim, *own).outcome == "consistent"
    others = figure("c", 3e5, "2020", "yearbook", unit="kg"), figure("d", 15, "2021", "yearbook")
    found = checked(atlas, claim, *own, *others)
    assert found.outcome == "supported"
    assert len(found.evidence) == 4


LEVEL = figure("level", 1.32, "2025-01/2025-09", unit="%")
CUT = figure("cut", 99.16, "2025-01/2025-09", unit="%", parameter=None)


def test_a_level_and_its_cut_imply_the_level_before(atlas: Atlas) -> None:
    found = checked(atlas, IMPLIED, LEVEL, CUT)
    assert found.outcome == "unverifiable"
    assert found.computed == pytest.approx(1.32 / 0.0084)
    assert found.sums == ("1.32 % / (100 % − 99.16 %) = 157.1 % in 2018",)
    assert found.missing == ("No figure of “Copper” for 2018 is at hand.",)


@pytest.mark.parametrize(
    ("value", "source", "outcome"),
    [(157.0, "yearbook", "consistent"), (157.0, "claims", "consistent"), (157.0, "leaflet", "unverifiable"),
     (80.0, "yearbook", "contradicted")],
)  # fmt: skip
def test_an_implied_level_is_held_against_a_figure_of_that_time_and_never_supports(
    atlas: Atlas, value: float, source: str, outcome: str
) -> None:
    found = checked(atlas, IMPLIED, LEVEL, CUT, figure("then", value, "2018", source, unit="%"))
    assert found.outcome == outcome


def test_a_cut_by_all_of_it_implies_nothing(atlas: Atlas) -> None:
    found = checked(atlas, IMPLIED, LEVEL, dataclasses.replace(CUT, value=100.0))
    assert (found.outcome, found.computed) == ("unverifiable", None)


def test_both_readings_of_an_increase_by_so_many_times_are_shown(atlas: Atlas) -> None:
    found = checked(atlas, TIMES, figure("base", 67400, "2018"))
    assert (found.outcome, found.computed) == ("unverifiable", None)
    assert found.sums == ("67,400 t × 2.4 = 161,760 t", "67,400 t + 240 % = 229,160 t")


@pytest.mark.parametrize(
    ("value", "outcome", "words"),
    [(160_000, "consistent", "it agrees with 67,400 t × 2.4"), (230_000, "consistent", "it agrees with 67,400 t + 240"),
     (200_000, "contradicted", "it agrees with neither")],
)  # fmt: skip
def test_a_figure_tells_which_reading_agrees(atlas: Atlas, value: float, outcome: str, words: str) -> None:
    found = checked(atlas, TIMES, figure("base", 67400, "2018"), figure("then", value, "2024", "yearbook"))
    assert found.outcome == outcome
    assert words in found.because
    assert found.tolerance == 0.05


def test_an_increase_is_supported_only_where_both_figures_are_independent(atlas: Atlas) -> None:
    both = figure("base", 67400, "2018", "yearbook"), figure("then", 160_000, "2024", "yearbook")
    assert checked(atlas, TIMES, *both).outcome == "supported"


BOUNDS = st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)).map(sorted).map(lambda each: Span(*each))


@settings(max_examples=200, deadline=None)
@given(one=BOUNDS, other=BOUNDS)
def test_a_span_agrees_disagrees_or_decides_nothing(one: Span, other: Span) -> None:
    word = stance(one, other)
    apart = one.high < other.low or other.high < one.low
    assert (word == "disagrees") == apart
    if word == "agrees":
        assert stance(Span(one.low, one.low), other) == stance(Span(one.high, one.high), other) == "agrees"


@pytest.mark.parametrize(
    ("span", "words"),
    [(Span(3, 3), "3 t"), (Span(3, float("inf")), "at least 3 t"), (Span(-float("inf"), 3), "at most 3 t"),
     (Span(1234.56, 2000), "1,235 to 2,000 t")],
)  # fmt: skip
def test_a_span_in_words(span: Span, words: str) -> None:
    assert told(span, "t") == words
