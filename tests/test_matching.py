"""Proposals of what gathered features are, and the table of matches that a person reviews; all is synthetic."""

from pathlib import Path
from random import Random

import pytest
from gathered_place import Gathering, found, of
from hypothesis import given
from hypothesis import strategies as st
from place import feature, line, point, polygon

from mendmap.catalogue.gathered import Recipe
from mendmap.gather.names import Likeness, slug, words
from mendmap.gather.review import kept, review
from mendmap.load.check import Geodata
from mendmap.words.languages import latin


def square(x: float, y: float, side: float = 0.002) -> dict[str, object]:
    return polygon([[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]])


NEAR = square(20.701, 44.7)  # 80 m off the puddle, which may be 500 m off


@pytest.fixture
def gathering(tmp_path: Path) -> Gathering:
    """Testford and what a service found there: its puddle under another script, and a pond that nobody knew."""
    made = Gathering(tmp_path / "testford")
    made.place.feature("lakes", 1)["properties"] |= {"name_en": "Muddy puddle", "name_sr_latn": "Mutno jezerce"}
    made.found["ponds"] = [found("way/1", NEAR, "Мутно језерце"), found("way/2", square(20.3, 44.3), "Боровичко")]
    return made


def test_an_outline_is_proposed_for_the_feature_of_that_name_in_another_script(gathering: Gathering) -> None:
    proposed = of(gathering.review().put, "way/1")
    assert (proposed.feature, proposed.decision, proposed.recipe) == ("puddle", None, "ponds")
    assert proposed.score == pytest.approx(0.95, abs=0.02)
    assert proposed.distance_m == pytest.approx(190, abs=10)
    assert proposed.why == (
        "same name: Мутно језерце, ours Mutno jezerce; 79 m off, within the 520 m that both may be off; "
        "the outline there has 3.52 ha"
    )


def test_what_is_like_nothing_of_ours_is_proposed_as_new_with_an_id_made_of_its_name(gathering: Gathering) -> None:
    proposed = of(gathering.review().put, "way/2")
    assert (proposed.feature, proposed.score, proposed.name) == ("borovicko", None, "Боровичко")
    assert proposed.why == "nothing of ours is like it; the outline there has 3.55 ha"


def test_a_far_namesake_is_not_it_and_an_unnamed_outline_at_the_place_may_be(gathering: Gathering) -> None:
    gathering.found["ponds"] = [found("way/1", square(20.75, 44.7), "Мутно језерце"), found("way/2", NEAR)]
    put = gathering.review().put
    far = of(put, "way/1")
    assert (far.feature, far.score) == ("mutno_jezerce", 0.0)
    assert (far.why or "").startswith("puddle has this name, but is hardly it: 3,952 m off, beyond the 520 m")
    assert (of(put, "way/2").feature, of(put, "way/2").score) == ("puddle", pytest.approx(0.52, abs=0.02))
    assert gathering.review(accept=True, add=True).put == put  # it may be, but nobody has looked


def test_accept_decides_what_is_sure_and_ahead_of_the_next_and_add_what_is_new(gathering: Gathering) -> None:
    done = gathering.review(accept=True)
    assert [each.decision for each in done.put] == ["accept", None]
    assert [each.decision for each in gathering.review(add=True).put] == [None, "add"]
    gathering.found["ponds"].append(found("way/3", square(20.7, 44.7001), "Mutno jezerce"))
    rivals = gathering.review(accept=True)
    assert [each.decision for each in rivals.put] == [None, None, None]
    assert (of(rivals.put, "way/1").why or "").endswith("also proposed for it: way/3")


def test_the_same_review_again_changes_nothing_and_the_folder_has_no_fault(gathering: Gathering) -> None:
    gathering.found["ponds"] += [
        found(f"way/{nth}", square(20.3 + nth / 50, 44.2), f"Bara {nth}") for nth in range(3, 9)
    ]
    gathering.found["ponds"] += [found("way/9", square(20.702, 44.7), "Мутно"), found("node/1", point(20.5, 44.505))]
    for how in ({}, {"accept": True}, {"accept": True, "add": True}):
        gathering.put(gathering.review(**how))
        before = [dict(each) for each in gathering.matches]
        gathering.put(gathering.review(**how))
        assert gathering.matches == before
    assert sum(each["decision"] == "add" for each in gathering.matches) >= 7


def test_what_a_person_decided_and_noted_stays_and_what_is_gone_is_dropped(gathering: Gathering) -> None:
    gathering.put(gathering.review())
    gathering.matches[0] |= {"decision": "reject", "note": "A field.", "why": "as it was"}
    gathering.matches[1] |= {"note": "Look at it."}
    decided = dict(gathering.matches[0])
    gathering.found["ponds"] = [gathering.found["ponds"][0], found("way/2", square(20.31, 44.3), "Боровичко 2")]
    gathering.put(gathering.review(accept=True, add=False))
    assert gathering.matches[0] == decided
    assert (gathering.matches[1]["note"], gathering.matches[1]["name"]) == ("Look at it.", "Боровичко 2")
    waiting = gathering.matches[1]["id"]
    gathering.matches = gathering.matches[:1]
    geodata = gathering.check()
    gathering.matches.append({**decided, "id": waiting, "gathered": "way/2", "decision": ""})
    assert review(gathering.check(), _recipe(geodata), gathering.found["ponds"][:1]).drop == [waiting]


def _recipe(geodata: Geodata) -> Recipe:
    return next(each for each in geodata.records if isinstance(each, Recipe))


def test_what_was_accepted_and_is_there_no_more_is_kept_and_says_since_when(gathering: Gathering) -> None:
    gathering.match("way/1", "accept", "puddle")
    gathering.match("way/2", "", "new_pond")
    held = [each for each in gathering.check().records if each.kind == "match"]
    before = gathering.found["ponds"]
    missed = kept([], before, held, "ponds", "2026-03-04")  # type: ignore[arg-type]
    assert [(each.id, each.gone) for each in missed] == [("way/1", "2026-03-04")]
    later = kept([], missed, held, "ponds", "2026-05-06")  # type: ignore[arg-type]
    assert later == missed
    again = kept(before, missed, held, "ponds", "2026-05-06")  # type: ignore[arg-type]
    assert again == before


def test_another_outline_of_what_is_decided_is_not_added_beside_it(gathering: Gathering) -> None:
    gathering.found["ponds"].append(found("relation/1", NEAR, "Mutno jezerce"))
    gathering.match("way/1", "accept", "puddle")
    done = of(gathering.review(accept=True, add=True).put, "relation/1")
    assert (done.decision, done.feature, done.score) == (None, None, 0.0)
    assert (done.why or "").startswith("it looks like puddle, which is way/1 already; same name")


def test_what_a_load_would_refuse_is_said_and_never_decided_unseen(gathering: Gathering) -> None:
    gathering.found["ponds"] = [
        found("way/1", line([[20.7, 44.7], [20.701, 44.7]]), "Mutno jezerce"),
        found("way/2", square(20.9999, 44.3), "Боровичко"),
    ]
    done = gathering.review(accept=True, add=True).put
    assert [(each.decision, each.score) for each in done] == [(None, 0.0), (None, 0.0)]
    assert (done[0].why or "").startswith("it cannot be taken as it is: geometry: not a geometry type of this layer")
    assert (done[1].why or "").startswith("it cannot be added as it is: geometry: 20.9999, 44.3, 21.0019")


def test_a_code_says_more_than_a_name_and_what_is_known_better_is_not_replaced(gathering: Gathering) -> None:
    gathering.recipes[0] |= {"layer": "stations", "feature_kind": "gauge"}
    gathering.place.feature("stations", 1)["properties"]["aliases"] = "eea_aq:X1"
    gathering.found["ponds"] = [
        found("s/1", point(20.805, 44.8), "Something else", properties={"aliases": "eea_aq:X1; wqx:Q7"}),
        found("s/2", point(20.505, 44.505), "Inlet"),
        found("s/3", point(20.1, 44.1), "Ghost"),
    ]
    put = gathering.review(accept=True).put
    assert [(each.feature, each.decision) for each in put] == [("chimney", "accept"), ("inlet", None), ("ghost", None)]
    assert "same code x1" in (put[0].why or "")
    assert "ours is no less exact" in (put[1].why or "")
    assert "ours has no position" in (put[2].why or "")


def test_a_tributary_that_ends_in_a_river_is_not_the_river_nor_is_one_that_runs_against_it(
    gathering: Gathering,
) -> None:
    gathering.recipes[0] |= {"layer": "rivers", "feature_kind": "river"}
    gathering.place.feature("rivers")["properties"]["accuracy_m"] = 300
    course = [[20.4, 44.6], [20.45, 44.576], [20.5, 44.55], [20.6, 44.5]]
    gathering.found["ponds"] = [
        found("w/1", line([[20.5, 44.65], [20.5, 44.55]])),
        found("w/2", line(course), "Brook"),
        found("w/3", line(course[::-1]), "Brook"),
    ]
    put = gathering.review().put
    assert of(put, "w/1").feature == "river_w_1"
    assert of(put, "w/2").score == pytest.approx(1.0, abs=0.05)
    assert of(put, "w/3").score == pytest.approx(0.48, abs=0.05)
    assert "it runs against ours" in (of(put, "w/3").why or "")


def test_one_numbered_field_is_not_another_and_a_common_word_makes_nothing_alike() -> None:
    names = ["Veliko polje 1", "Veliko polje 2", "Jezero Bela", "Jezero Crna", "Lake Bela", "Reka"]
    likeness = Likeness(names, ["Lakes", "Jezera", "lake"])
    assert likeness.of("Veliko polje 1", "Велико поље 1") == 1.0
    assert likeness.of("Veliko polje 1", "Велико поље 2") < 0.4
    assert likeness.of("Jezero Bela", "Језеро Црна") < 0.4
    assert likeness.of("Lake Bela", "Језеро Бела") > 0.7
    assert likeness.of("Bela", "Jezero Bela") > 0.8
    assert likeness.of("湖", "") == 0.0


CYRILLIC = st.text("абвгдђежзијклљмнњопрстћуфхцчџш ", min_size=4, max_size=20).filter(lambda text: len(words(text)) > 0)


@given(CYRILLIC)
def test_a_name_and_its_transliteration_are_the_same_name(name: str) -> None:
    assert Likeness([name], []).of(name, latin(name)) == 1.0
    assert slug(name) == slug(latin(name))


@given(st.text(max_size=12), st.text(max_size=12))
def test_likeness_is_between_0_and_1_and_the_same_both_ways(one: str, other: str) -> None:
    likeness = Likeness([one, other], ["lake"])
    assert 0 <= likeness.of(one, other) <= 1
    assert likeness.of(one, other) == pytest.approx(likeness.of(other, one))


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[Geodata, Recipe]:
    """Testford with lakes in a row, some of them near each other and alike by name."""
    made = Gathering(tmp_path_factory.mktemp("many") / "testford")
    made.place.layers["lakes"]["features"] += [
        feature(f"lake{nth}", "lake", point(20.1 + nth / 100, 44.2), name_en=name, basis="schematic", accuracy_m=900)
        for nth, name in enumerate(("Bela bara", "Bela bara 2", "Crna bara", "Jezero", "Duboko jezero"))
    ]
    geodata = made.check()
    return geodata, _recipe(geodata)


FOUND = [
    found(f"way/{nth}", square(20.1 + nth / 150, 44.2), *names)
    for nth, names in enumerate([["Бела бара"], [], ["Црна бара"], ["Jezero"], ["sr=Дубоко језеро"], ["Бела бара"], []])
]


@given(st.randoms(use_true_random=False))
def test_the_order_in_which_anything_comes_makes_no_difference(many: tuple[Geodata, Recipe], random: Random) -> None:
    geodata, recipe = many
    shuffled = FOUND[:]
    random.shuffle(shuffled)
    for how in ({}, {"accept": True, "add": True}):
        assert review(geodata, recipe, shuffled, **how) == review(geodata, recipe, FOUND, **how)


def test_ids_of_new_features_are_ids_and_different(gathering: Gathering) -> None:
    names = ["Bara", "Bara", "Бара", "湖", "", "!!!", "x" * 300, "Puddle muddy"]
    gathering.found["ponds"] = [
        found(f"way/{nth}", square(20.1 + nth / 20, 44.2), name) if name else found(f"way/{nth}", square(20.1, 44.4))
        for nth, name in enumerate(names)
    ]
    done = gathering.review(add=True)
    ids = [each.feature or "" for each in done.put]
    assert len(set(ids)) == len(names) and all(len(each) <= 80 for each in ids)
    assert ids[:2] == ["bara", "bara_way_1"]
    gathering.put(done)
    assert len(gathering.check().features) == 7 + len(names) - 1
    assert "puddle has this name" in (done.put[-1].why or "")


def test_an_id_of_a_service_is_told_in_letters_of_an_id() -> None:
    assert slug("Оштрељ, North–East/7") == "ostrelj_north_east_7"
