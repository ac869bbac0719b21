"""What was gathered and decided is laid over the folder's own features at check and load. All is synthetic."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient
from gathered_place import Gathering, found
from hypothesis import given
from hypothesis import strategies as st
from place import line, point, polygon
from shapely import LineString

from mendmap.cli import main
from mendmap.errors import GeodataError
from mendmap.geo.chainage import Course, start_km
from mendmap.load.check import Geodata, translate
from mendmap.load.redrawn import names_of
from mendmap.load.write import write
from mendmap.settings import Settings
from mendmap.vectors.features import Feature
from mendmap.web.app import create_app

POND = polygon([[20.701, 44.7], [20.705, 44.7], [20.705, 44.703], [20.701, 44.703], [20.701, 44.7]])
FAR = polygon([[30.701, 44.7], [30.705, 44.7], [30.705, 44.703], [30.701, 44.7]])


@pytest.fixture
def gathering(tmp_path: Path) -> Gathering:
    """Testford with a pond that a service knows, and nothing decided."""
    made = Gathering(tmp_path / "testford")
    made.found["ponds"].append(found("way/1", POND, "en=Puddle", method="Outline of a way."))
    return made


def one(geodata: Geodata, ident: str) -> Feature:
    (feature,) = [each for each in geodata.features if each.id == ident]
    return feature


def test_an_accepted_outline_takes_the_place_of_ours_and_the_rest_of_the_feature_stays(gathering: Gathering) -> None:
    before = one(gathering.check(), "puddle")
    gathering.match("way/1", "accept", "puddle")
    after = one(gathering.check(), "puddle")
    assert after.geometry is not None and after.geometry.equals(gathering.found["ponds"][0].geometry)
    drawn = {"basis": "published", "accuracy_m": 20.0, "source": "street_map", "method": "Outline of a way."}
    assert after.properties == {**before.properties, **drawn}
    assert (after.id, after.row, after.layer) == (before.id, before.row, before.layer)


def test_what_is_not_decided_or_rejected_changes_nothing(gathering: Gathering) -> None:
    before = gathering.check()
    gathering.match("way/1", "", "puddle")
    assert gathering.check().features == before.features
    gathering.matches[0]["decision"] = "reject"
    assert gathering.check().features == before.features
    gathering.found["ponds"].clear()  # what was rejected may go without a word
    assert gathering.check().features == before.features


def test_an_added_feature_is_one_of_its_layer_that_others_may_name(gathering: Gathering) -> None:
    gathering.match("way/1", "add", "new_pond", name="New pond")
    gathering.place.tables["work"][1]["sites"] = "new_pond"
    feature = one(gathering.check(), "new_pond")
    assert (feature.layer, feature.row, feature.properties["kind"]) == ("lakes", 3, "lake")
    assert feature.properties["name"] == {"en": "New pond"}
    assert feature.properties["source"] == "street_map"


def test_what_nobody_has_named_is_called_by_its_kind_and_its_id_at_the_service(gathering: Gathering) -> None:
    gathering.found["ponds"] = [found("way/1", POND)]
    gathering.match("way/1", "add", "new_pond")
    assert one(gathering.check(), "new_pond").properties["name"] == {"en": "Synthetic lake way/1"}


def test_an_outline_thinner_than_a_centimetre_is_kept_as_it_is(gathering: Gathering) -> None:
    sliver = polygon([[20.7, 44.7], [20.702, 44.7], [20.702, 44.70000001], [20.7, 44.7]])
    gathering.found["ponds"] = [found("way/1", sliver), found("way/2", point(20.123456789, 44.7))]
    thin, place = gathering.check().found["ponds"]
    assert thin.geometry.equals(gathering.found["ponds"][0].geometry)
    assert place.geometry.x == 20.1234568


def test_terms_and_attribution_go_with_what_is_taken_once_and_only_then(gathering: Gathering) -> None:
    before = gathering.check().catalogue
    gathering.match("way/1", "", "puddle")
    assert gathering.check().catalogue == before
    gathering.matches[0]["decision"] = "accept"
    gathering.found["ponds"].append(found("way/2", polygon([[20.1, 44.1], [20.2, 44.1], [20.2, 44.2], [20.1, 44.1]])))
    gathering.match("way/2", "add", "other")
    after = gathering.check().catalogue
    assert after.attribution == "Synthetic data; © Synthetic Street Map"
    assert after.licence == "CC0-1.0; ODbL-1.0"
    terms = {layer.id: (layer.entry.licence, layer.entry.source) for layer in after.layers}
    assert terms.pop("lakes") == ("CC0-1.0; ODbL-1.0", "synthetic; A made-up map service")
    assert set(terms.values()) == {("CC0-1.0", "synthetic")}


def test_an_attribution_that_is_there_already_is_not_said_twice(gathering: Gathering) -> None:
    gathering.place.head = gathering.place.head.replace("Synthetic data", "© Synthetic Street Map (ODbL); others")
    gathering.match("way/1", "accept", "puddle")
    assert gathering.check().catalogue.attribution == "© Synthetic Street Map (ODbL); others"


def test_joined_terms_are_translated_as_far_as_their_parts_are(gathering: Gathering) -> None:
    folder = gathering.write() / "translations"
    folder.mkdir()
    (folder / "sr-Latn.po").write_text('msgid "Synthetic data"\nmsgstr "Sintetički podaci"\n', "utf-8")
    gathering.match("way/1", "accept", "puddle")
    catalogue = gathering.check().catalogue
    said = catalogue.translations["sr-Latn"]
    assert said[catalogue.attribution] == "Sintetički podaci; © Synthetic Street Map"


def test_what_a_decision_covers_is_still_there_to_be_translated_and_the_matches_are_not(gathering: Gathering) -> None:
    gathering.place.feature("lakes", 1)["properties"]["method"] = "Paced out."
    gathering.match("way/1", "", "puddle", why="Looks alike.", note="Ask.")
    translate(gathering.write(), 100)
    po = gathering.place.folder / "translations" / "sr-Latn.po"
    assert "Paced out." in po.read_text("utf-8") and "Looks alike." not in po.read_text("utf-8")
    gathering.matches[0]["decision"] = "accept"
    assert one(gathering.check(), "puddle").properties["method"] == "Outline of a way."
    translate(gathering.write(), 100)
    assert "Paced out." in po.read_text("utf-8").split("#~")[0]


def test_a_declared_area_that_is_no_longer_drawn_stays_in_words(gathering: Gathering) -> None:
    gathering.found["ponds"] = [found("way/1", POND)]
    mirror = gathering.place.feature("lakes")["properties"]
    mirror |= {"area_ha": 88.3, "size": "shallow"}
    before = one(gathering.check(), "mirror")
    assert before.properties["area_ha"] == 88.3
    gathering.match("way/1", "accept", "mirror")
    after = one(gathering.check(), "mirror")
    assert (after.properties["area_ha"], after.properties["size"]) == (None, "shallow; 88.3 ha")


def test_a_feature_that_the_service_has_no_more_is_used_and_says_so(gathering: Gathering) -> None:
    gathering.found["ponds"] = [found("way/1", POND, method="Outline of a way.", gone="2026-05-06")]
    gathering.match("way/1", "accept", "puddle")
    told = one(gathering.check(), "puddle").properties["method"]
    assert told == "Outline of a way. The service has had it no more since 2026-05-06."


def test_a_station_takes_the_names_by_which_formats_know_it_and_a_river_keeps_its_zero(gathering: Gathering) -> None:
    gauges = {"id": "gauges", "layer": "stations", "feature_kind": "gauge"}
    rivers = {"id": "rivers", "layer": "rivers", "feature_kind": "river"}
    gathering.recipes += [gathering.recipes[0] | gauges, gathering.recipes[0] | rivers]
    known = {"aliases": "b:2;a:1", "medium": "soil", "operator": "Office"}
    gathering.found["gauges"] = [found("s/1", point(20.8051, 44.8), properties=known)]
    gathering.found["rivers"] = [found("r/1", line([[20.3, 44.65], [20.4, 44.6], [20.5, 44.55], [20.6, 44.5]]))]
    gathering.place.feature("stations", 1)["properties"]["aliases"] = "a:1"
    gathering.match("s/1", "accept", "chimney", recipe="gauges")
    gathering.match("r/1", "accept", "brook", recipe="rivers")
    geodata = gathering.check()
    told = one(geodata, "chimney").properties
    assert (told["aliases"], told["medium"], told["operator"]) == ("a:1; b:2", "air", "Office")
    assert one(geodata, "brook").properties["start_km"] == pytest.approx(-9.679, abs=0.01)


@given(
    st.integers(-2, 4),
    st.integers(0, 5),
    st.floats(-20, 20).map(lambda each: round(each, 3)) | st.none(),
)
def test_every_place_of_a_line_that_is_drawn_on_or_cut_short_keeps_its_chainage(
    more: int, less: int, start: float | None
) -> None:
    whole = [(20 + nth / 100, 44 + (nth % 3) / 200) for nth in range(14)]
    was, now = LineString(whole[4:9]), LineString(whole[4 - more : 13 - less])
    before, after = Course.of(was), Course.of(now)
    assert before is not None and after is not None
    begins = start_km(was, start, now)
    middle = whole[6]
    then = (start or 0) + before.snap(*middle).at_m / 1000
    assert (begins or 0) + after.snap(*middle).at_m / 1000 == pytest.approx(then, abs=0.002)
    assert begins == start if more == 0 else begins is not None


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ({"": "Мутница", "en": "Muddy"}, {"en": "Muddy", "sr-Cyrl": "Мутница"}),
        ({"": "Мутница"}, {"en": "Мутница", "sr-Cyrl": "Мутница"}),
        ({"": "Mutnica"}, {"en": "Mutnica"}),
        ({"": "Мутница", "sr-Latn": "Mutnica"}, {"en": "Mutnica", "sr-Latn": "Mutnica", "sr-Cyrl": "Мутница"}),
        ({"sr": "Mutnica", "en": "Muddy"}, {"en": "Muddy", "sr-Latn": "Mutnica"}),
        ({"sr": "Мутница 2", "en": "Muddy"}, {"en": "Muddy", "sr-Cyrl": "Мутница 2"}),
        ({"de": "Schlamm"}, {"en": "Schlamm"}),
        ({}, {}),
    ],
)
def test_names_are_taken_for_the_languages_they_are_told_in(names: dict[str, str], told: dict[str, str]) -> None:
    assert names_of(names, ("en", "sr-Latn", "sr-Cyrl")) == told


Change = Callable[[Gathering], object]


def columns(nth: int = 0, **cells: str) -> Change:
    return lambda made: made.recipes[nth].update(cells)


def matched(gathered: str, decision: str, feature: str, **more: str) -> Change:
    return lambda made: made.match(gathered, decision, feature, **more)


def twice(*changes: Change) -> Change:
    return lambda made: [each(made) for each in changes]


FAULTS: dict[str, tuple[Change, str]] = {
    "a match of a recipe that is none": (
        matched("way/1", "accept", "puddle", recipe="lakes"),
        "match.csv:2: recipe: no such recipe: 'lakes'; choices: ponds",
    ),
    "a match of a recipe that brought nothing": (
        twice(lambda made: made.found.clear(), matched("way/1", "accept", "puddle")),
        "match.csv:2: recipe: nothing was gathered by it: 'ponds'; run mendmap gather ponds",
    ),
    "a match of something that was not gathered": (
        matched("way/2", "accept", "puddle"),
        "match.csv:2: gathered: not in gathered/ponds.geojson: 'way/2'",
    ),
    "a match that is not decided, of something that was not gathered": (
        matched("way/2", "", ""),
        "match.csv:2: gathered: not in gathered/ponds.geojson: 'way/2'",
    ),
    "a decision that is none": (
        matched("way/1", "yes", "puddle"),
        "match.csv:2: decision: not one of the choices: 'yes'; choices: accept, add, reject",
    ),
    "an accepted one without a feature": (
        matched("way/1", "accept", ""),
        "match.csv:2: feature: a value is required to accept it",
    ),
    "an accepted one of a feature that is none": (
        matched("way/1", "accept", "pudle"),
        "match.csv:2: feature: no such feature: 'pudle'; choices: brook, chimney, ghost, heap, inlet, mirror, puddle",
    ),
    "an outline for a layer of points": (
        matched("way/1", "accept", "inlet"),
        "match.csv:2: gathered: as gathered/ponds.geojson has it, geometry: not a geometry type of this layer: "
        "'Polygon'; choices: Point",
    ),
    "an outline outside the extent": (
        twice(lambda made: made.found["ponds"].append(found("way/2", FAR)), matched("way/2", "accept", "puddle")),
        "match.csv:2: gathered: as gathered/ponds.geojson has it, geometry: 30.701, 44.7, 30.705, 44.703 is outside",
    ),
    "two for one feature": (
        twice(
            lambda made: made.found["ponds"].append(found("way/2", POND)),
            matched("way/1", "accept", "puddle"),
            matched("way/2", "accept", "puddle"),
        ),
        "match.csv:3: feature: 'puddle' has a position from match.csv line 2 already; accept one of them",
    ),
    "one that is decided twice": (
        twice(matched("way/1", "accept", "puddle"), matched("way/1", "add", "new_pond")),
        "match.csv:3: gathered: 'way/1' is decided already in match.csv line 2",
    ),
    "an added one with an id that is taken": (
        matched("way/1", "add", "heap"),
        "match.csv:2: feature: 'heap' is a feature already; accept it, or choose another id",
    ),
    "an added one with a name that runs in a spreadsheet": (
        matched("way/1", "add", "new_pond", name="=1+1"),
        "match.csv:2: name: begins like a spreadsheet formula: '=1+1'",
    ),
    "an added one with a column that its layer has not": (
        twice(
            lambda made: made.found["ponds"].append(found("way/2", POND, properties={"colour": "red"})),
            matched("way/2", "add", "new_pond"),
        ),
        "match.csv:2: gathered: as gathered/ponds.geojson has it, colour: unknown column: 'colour'",
    ),
    "an added one that names a watercourse that is none": (
        twice(
            lambda made: made.found["ponds"].append(found("way/2", POND, properties={"watercourses": "creek"})),
            matched("way/2", "add", "new_pond"),
        ),
        "match.csv:2: watercourses: no such watercourse: 'creek'; choices: brook",
    ),
    "a recipe of features without a kind": (
        columns(feature_kind=""),
        "recipe.csv:2: feature_kind: features need a kind: ''; choices: lake",
    ),
    "a recipe of features of a kind that its layer has not": (
        columns(feature_kind="dump"),
        "recipe.csv:2: feature_kind: not a kind of its layer: 'dump'; choices: lake",
    ),
    "a recipe of features that does not say how exact they are": (
        columns(accuracy_m=""),
        "recipe.csv:2: accuracy_m: features need one: how far may they be from the true place?",
    ),
    "a recipe of features that are exact to no metre": (
        columns(accuracy_m="0"),
        "recipe.csv:2: accuracy_m: must be above 0: 0",
    ),
    "a recipe of features without a position": (
        columns(basis="unknown"),
        "recipe.csv:2: basis: what is gathered has a position",
    ),
    "a gathered file of a recipe that is none": (
        columns(id="lakes"),
        "catalogue.toml:122: recipe: no such recipe: 'ponds'; choices: lakes",
    ),
    "a gathered file of a recipe without a layer": (
        columns(layer=""),
        "catalogue.toml:122: recipe: 'ponds' names no layer, so it gathers no features",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_check_names_what_is_wrong_with_a_match_or_a_recipe(name: str, gathering: Gathering) -> None:
    change, wanted = FAULTS[name]
    change(gathering)
    with pytest.raises(GeodataError) as caught:
        gathering.check()
    assert any(str(fault).startswith(wanted) for fault in caught.value.faults), str(caught.value)


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("<html>", "not a GeoJSON FeatureCollection that was gathered"),
        ('{"features":[{}]}', "not a feature that was gathered: 'properties'"),
        ('{"features":[{"properties":{"gathered":"a"},"geometry":null}]}', "it has no geometry"),
    ],
)
def test_a_gathered_file_that_cannot_be_read_is_the_only_fault(gathering: Gathering, body: str, wanted: str) -> None:
    gathering.match("way/1", "add", "new_pond")
    gathering.place.tables["work"][1]["sites"] = "new_pond"
    (gathering.write() / "gathered" / "ponds.geojson").write_text(body)
    gathering.write = lambda: gathering.place.folder  # type: ignore[method-assign]
    with pytest.raises(GeodataError) as caught:
        gathering.check()
    (fault,) = caught.value.faults
    assert (fault.file, wanted in fault.message) == ("gathered/ponds.geojson", True)


def test_a_feature_that_is_wrong_itself_is_told_once(gathering: Gathering) -> None:
    gathering.place.feature("lakes", 1)["properties"]["kind"] = "pond"
    gathering.match("way/1", "accept", "puddle")
    with pytest.raises(GeodataError) as caught:
        gathering.check()
    assert [each.file for each in caught.value.faults] == ["lakes.geojson"]


def test_check_asks_whether_a_feature_of_another_layer_is_meant(gathering: Gathering) -> None:
    gathering.match("way/1", "accept", "heap")
    gathering.check()
    said = CliRunner().invoke(main, ["check", str(gathering.place.folder)])
    assert said.exit_code == 0
    assert "takes way/1, of layer lakes, as heap, of layer dumps; is that meant?" in said.stderr


def test_check_says_how_many_matches_wait_for_a_decision(gathering: Gathering) -> None:
    gathering.match("way/1", "", "puddle")
    done = CliRunner().invoke(main, ["check", str(gathering.write())])
    assert done.exit_code == 0
    assert "note: matches that are not decided: 1;" in done.stderr


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Testford in two snapshots: in the second, the puddle's outline was gathered and accepted."""
    made = Gathering(tmp_path_factory.mktemp("history") / "testford")
    made.found["ponds"].append(found("way/1", POND, "en=Puddle", method="Outline of a way."))
    lake = made.place.folder.parent / "lake"
    made.match("way/1", "", "puddle")
    write(made.check(), str(lake), made.place.folder)
    made.matches[0]["decision"] = "accept"
    write(made.check(), str(lake), made.place.folder)
    with TestClient(create_app(Settings(lake=str(lake)))) as opened:
        yield opened


def test_an_accepted_outline_is_a_redrawn_position_in_our_record_and_no_change_on_the_ground(
    client: TestClient,
) -> None:
    rows = client.get("/changes.json?since=1").json()["changes"]
    (drawn,) = [each for each in rows if each["what"] == "redrawn"]
    assert (drawn["id"], drawn["nature"]) == ("puddle", "record")
    assert drawn["moved_m"] == pytest.approx(289, abs=3)
    assert drawn["now_ha"] == pytest.approx(10.6, abs=0.2)
    assert {each["nature"] for each in rows} == {"record"}
    changed = {(each["id"], each["property"]): each["now"] for each in rows if each["what"] == "changed"}
    assert changed["puddle", "basis"] == "published"
    assert changed["puddle", "accuracy_m"] == "20"
    assert changed["puddle", "source"] == "street_map"
    assert changed["lakes", "licence"] == "CC0-1.0; ODbL-1.0"
    assert {each["thing"] for each in rows} == {"feature", "layer", "catalogue"}


def test_what_was_known_before_is_still_answered(client: TestClient) -> None:
    then, now = (client.get(f"/sites/puddle.json{query}").json() for query in ("?as-of=1", ""))
    assert (then["basis"], then["accuracy_m"]) == ("schematic", 500.0)
    assert (now["basis"], now["accuracy_m"], now["method"]) == ("published", 20.0, "Outline of a way.")
    shapes = [
        client.get(f"/downloads/lakes.geojson?filter=id='puddle'{query}").json()["features"][0]["geometry"]["type"]
        for query in ("&as-of=1", "")
    ]
    assert shapes == ["Point", "Polygon"]


def test_pages_and_downloads_tell_where_an_outline_came_from_and_on_what_terms(client: TestClient) -> None:
    page = client.get("/sites/puddle").text
    assert "A made-up street map" in page and "Outline of a way." in page and "© Synthetic Street Map" in page
    download = client.get("/downloads/lakes.geojson").json()
    assert "CC0-1.0; ODbL-1.0" in str(download) and "© Synthetic Street Map" in str(download)
    assert "ODbL-1.0" in client.get("/about").text
