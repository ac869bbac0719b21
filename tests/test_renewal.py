"""A newer snapshot taken in: what is shared with the one before, and that nothing of it differs for that."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import fields
from pathlib import Path

import orjson
import pytest
from conftest import times
from hypothesis import given, settings
from hypothesis import strategies as st
from place import Testford, point, polygon
from test_as_of import load
from test_ingest import row, take

from mendmap.atlas.build import Builder, build
from mendmap.atlas.model import Atlas
from mendmap.exports import geojson as downloads
from mendmap.geo.grid import Tile
from mendmap.lake import access, contents, ledger
from mendmap.lake.access import Rules
from mendmap.lake.connection import Lake, open_lake
from mendmap.lake.contents import Contents
from mendmap.lake.features import FeatureRow, Features
from mendmap.settings import Settings
from mendmap.tiles import geojson, mvt
from mendmap.tiles.blocks import Blocks
from mendmap.tiles.cut import cut
from mendmap.tiles.prepare import tile_layer
from mendmap.web.keeper import Keeper

HIDDEN = Rules(layers=frozenset(["dumps"]), properties=frozenset([("lakes", "size")]))


def redraw(place: Testford, _: Path) -> None:
    west = 20.5 + len(place.statements) % 7 / 1000
    ring = [[west, 44.5], [20.52, 44.5], [20.52, 44.51], [west, 44.51], [west, 44.5]]
    place.feature("lakes")["geometry"] = polygon(ring)
    place.statements += "\n"


def add(place: Testford, _: Path) -> None:
    nth = len(place.layers["dumps"]["features"])
    new = orjson.loads(orjson.dumps(place.feature("dumps")))
    new["properties"] |= {"id": f"heap{nth}", "name_en": f"Heap {nth}"}
    place.layers["dumps"]["features"].append({**new, "geometry": point(20.9 + nth / 100, 44.8)})


def remove(place: Testford, _: Path) -> None:
    if len(place.layers["dumps"]["features"]) > 2:
        place.layers["dumps"]["features"].pop()


def move_a_station(place: Testford, _: Path) -> None:
    x, y = place.feature("stations")["geometry"]["coordinates"]
    place.feature("stations")["geometry"] = point(round(x + 0.001, 3), y)


def describe(place: Testford, _: Path) -> None:
    told = place.feature("lakes", 1)["properties"]
    told["size"] = f"{told.get('size') or ''}!"


def change_a_work(place: Testford, _: Path) -> None:
    place.tables["work"][0] |= {"finished": "2022" if place.tables["work"][0].get("finished") != "2022" else "2021"}


def change_a_state(place: Testford, _: Path) -> None:
    place.tables["state"][1] |= {"until": "" if place.tables["state"][1].get("until") else "2023"}


def measure(place: Testford, lake: Path) -> None:
    take(lake, [row(len(list(lake.parent.iterdir())), str(time.monotonic_ns() % 97))])


def withdraw(place: Testford, lake: Path) -> None:
    take(lake, [row(2, "5")])
    take(lake, [row(2, "", quality="withdrawn")])


ACTS = (redraw, add, remove, move_a_station, describe, change_a_work, change_a_state, measure, withdraw)
Act = Callable[[Testford, Path], None]


def done(act: Act, place: Testford, lake: Path) -> None:
    act(place, lake)
    load(place, lake)


def read(lake: Lake, before: Contents | None = None) -> Contents:
    return contents.read(lake, ledger.latest(lake), "testford", before=before)


def said(atlas: Atlas) -> Iterator[object]:
    """Everything that an atlas says: its values, and the bytes of its downloads and tiles."""
    for each in fields(Atlas):
        if each.name not in ("layers", "features", "answers", "rivers"):
            yield getattr(atlas, each.name)
    yield from ((ident, atlas.rivers.of(ident)) for ident in atlas.features)
    yield dict(atlas.features)
    yield atlas.answers.table.to_pylist()
    blocks = Blocks(10**7)
    for name, layer in atlas.layers.items():
        yield name, layer.revision, layer.kinds, layer.fields, layer.licence, list(layer.features), layer.ids
        yield list(downloads.features(layer))
        tiles = tile_layer(layer, Settings(), blocks)
        for tile in (Tile.of(4, 8, 5, 16), Tile.of(10, 570, 369, 16)):
            yield geojson.written([cut(tiles, tile)]).body, mvt.written([cut(tiles, tile)]).body


def same(one: Contents, other: Contents) -> bool:
    assert one.answers is not None
    assert other.answers is not None
    found, other_found = (
        (each.snapshot, each.features, dict(each.records), each.series, dict(each.revisions)) for each in (one, other)
    )
    return found == other_found and one.answers.to_pylist() == other.answers.to_pylist()


@given(
    acts=st.lists(st.sampled_from(ACTS), min_size=2, max_size=4),
    looks=st.lists(st.booleans(), min_size=4, max_size=4),
)
@settings(max_examples=times(4, 40), deadline=None)
def test_what_is_taken_in_change_by_change_is_what_would_be_read_anew(
    tmp_path_factory: pytest.TempPathFactory, acts: list[Act], looks: list[bool]
) -> None:
    place = Testford(tmp_path_factory.mktemp("renewal") / "testford")
    folder = place.folder.parent / "lake"
    load(place, folder)
    everyone, restricted = Builder(), Builder()
    with closing(open_lake(str(folder))) as lake:
        held = read(lake)
        everyone.build(held)
        for act, looked in zip(acts, looks, strict=False):
            done(act, place, folder)
            if not looked and act is not acts[-1]:
                continue  # several writes between two looks
            held, anew = read(lake, held), read(lake)
            assert same(held, anew)
            assert list(said(everyone.build(held))) == list(said(build(anew)))
            known = access.measured(lake, held.snapshot.number, "testford")
            little, seen = access.seen(held, HIDDEN, known), access.seen(anew, HIDDEN, known)
            assert same(little, seen)
            assert list(said(restricted.build(little))) == list(said(build(seen)))


def test_a_layer_that_did_not_change_stays_with_all_that_was_made_of_it(testford: Testford, tmp_path: Path) -> None:
    folder = tmp_path / "lake"
    load(testford, folder)
    keeper = Keeper(Settings(lake=str(folder), poll_seconds=0.05))
    keeper.start()
    try:
        before = keeper.served("public")
        index, names = before.index("rivers"), before.names("rivers")
        done(redraw, testford, folder)
        until = time.monotonic() + 20
        while keeper.snapshot.number == 1 and time.monotonic() < until:
            time.sleep(0.02)
        now = keeper.served("public")
    finally:
        keeper.stop()
    assert now.atlas.snapshot.number == 2
    same = {name for name, layer in now.atlas.layers.items() if layer is before.atlas.layers[name]}
    assert "rivers" in same
    assert not {"lakes", "sites"} & same
    assert same == {name for name in now.tiles if now.tiles[name] is before.tiles[name]}
    assert (now.index("rivers"), now.names("rivers")) == (index, names)
    assert now.index("lakes") is not before.index("lakes")


def test_a_lake_of_another_history_is_read_whole(testford: Testford, tmp_path: Path) -> None:
    for name in ("one", "other"):
        load(testford, tmp_path / name)
        redraw(testford, tmp_path)
    with closing(open_lake(str(tmp_path / "one"))) as one, closing(open_lake(str(tmp_path / "other"))) as other:
        before = read(one)
        assert before.snapshot.number == ledger.latest(other).number
        assert same(read(other, before), read(other))


@given(
    st.lists(
        st.tuples(st.text(min_size=1, max_size=8), st.booleans(), st.dictionaries(st.text(), st.text(), max_size=3)),
        max_size=700,
        unique_by=lambda each: each[0],
    )
)
@settings(max_examples=times(20, 200), deadline=None)
def test_features_in_columns_are_the_features(made: list[tuple[str, bool, dict[str, str]]]) -> None:
    rows = [FeatureRow("l", ident, None, {**told, "monitors": ["x"] * some}) for ident, some, told in made]
    held = Features.of(rows)
    assert list(held) == [held[nth] for nth in range(len(rows))] == rows
    assert [held.position(row.id) for row in rows] == list(range(len(rows)))
    assert held.position("none such") is None
    assert list(held.naming("monitors")) == [nth for nth, row in enumerate(rows) if row.properties["monitors"]]
