"""Many features on the map: few elements of the page, each feature still a thing to point at, to open and to filter,
and nothing kept of what left the view. The features are synthetic."""

from collections.abc import Iterator

import pytest
from conftest import Watched
from place import MAP, Testford, feature, point, polygon
from playwright.sync_api import Page, expect
from served import served
from test_lake import load

pytestmark = pytest.mark.system("chromium")

SIDE = 12  # so many rows and columns of squares, and as many points between them
DUMPS = "mendmap.bench(map_public).layer('dumps')"
DRAWN = (
    f"() => {DUMPS}?.features.size === {2 * SIDE * SIDE}"
    " && !document.querySelector('.leaflet-tile:not(.leaflet-tile-loaded)')"
)


@pytest.fixture(scope="module")
def crowded_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service whose layer of dumps has 144 squares and 144 points, all in the first view."""
    folder = tmp_path_factory.mktemp("crowded")
    place = Testford(folder / "testford")
    dumps = place.layers["dumps"]["features"]
    for column in range(SIDE):
        for row in range(SIDE):
            x, y, size = 20.2 + 0.02 * column, 44.2 + 0.014 * row, 0.008
            ring = [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]
            dumps.append(feature(f"square_{column}_{row}", "dump", polygon(ring)))
            dumps.append(feature(f"point_{column}_{row}", "dump", point(x + 0.014, y + 0.01)))
    place.maps["public"] = MAP.replace(
        'title_en = "Testford"', 'title_en = "Testford"\nview = [20.2, 44.2, 20.48, 44.4]'
    )
    load(place, folder / "lake")
    with served(folder / "lake") as server:
        yield server.url


@pytest.fixture
def desk(desk: Watched, crowded_url: str) -> Iterator[Watched]:
    desk.page.goto(crowded_url)
    desk.page.wait_for_function(DRAWN)
    yield desk
    assert desk.wrong == []


def on_screen(page: Page, lon: float, lat: float) -> tuple[float, float]:
    """Where a place is on the screen."""
    x, y = page.evaluate(
        """([lat, lon]) => {
          const { left, top } = map_public.getContainer().getBoundingClientRect();
          const at = map_public.latLngToContainerPoint([lat, lon]);
          return [left + at.x, top + at.y];
        }""",
        [lat, lon],
    )
    return x, y


def test_a_crowd_is_few_elements_and_every_feature_is_there_once(desk: Watched) -> None:
    page = desk.page
    assert page.locator(".tiles path.shape").count() < SIDE * SIDE
    assert page.locator(".marker").count() < 320
    assert page.evaluate(f"{DUMPS}.summary().within") == 2 * SIDE * SIDE
    names = page.locator(".marker[data-layer=dumps]").evaluate_all("all => all.map((each) => each.dataset.feature)")
    assert 0 < len(names) < 2 * SIDE * SIDE and len(names) == len(set(names))


@pytest.mark.parametrize(("ident", "at"), [("square_7_5", (20.344, 44.274)), ("point_7_5", (20.354, 44.28))])
def test_one_of_a_crowd_is_lit_and_opened_by_the_pointer(desk: Watched, ident: str, at: tuple[float, float]) -> None:
    page = desk.page
    x, y = on_screen(page, *at)
    page.mouse.move(x, y)
    expect(page.locator("path.shape.is-lit")).to_have_count(1)
    page.mouse.click(x, y)
    expect(page.locator(".panel-full")).to_have_attribute("href", f"/sites/{ident}")
    page.mouse.move(5, 5)
    page.keyboard.press("Escape")
    # The focus went back to its name, which lights it.
    page.evaluate("document.activeElement.blur()")
    expect(page.locator("path.shape.is-lit, path.shape.is-chosen")).to_have_count(0)


def test_what_is_filtered_out_is_neither_drawn_nor_counted_nor_named(desk: Watched) -> None:
    page = desk.page
    drawn = page.locator(".tiles path.shape.area")
    lengths = "all => all.reduce((sum, each) => sum + each.getAttribute('d').length, 0)"
    whole = drawn.evaluate_all(lengths)
    page.evaluate(f"{DUMPS}.setFilter((entry) => entry.id.startsWith('square_1'))")
    assert page.evaluate(f"{DUMPS}.summary().within") == sum(str(each).startswith("1") for each in range(SIDE)) * SIDE
    assert 0.1 < drawn.evaluate_all(lengths) / whole < 0.5
    expect(page.locator(".marker[data-layer=dumps][data-feature^=point]:visible")).to_have_count(0)
    page.evaluate(f"{DUMPS}.setFilter(null)")
    assert page.evaluate(f"{DUMPS}.summary().within") == 2 * SIDE * SIDE


def test_nothing_is_kept_of_what_left_the_view(desk: Watched) -> None:
    page = desk.page
    page.evaluate("map_public.setView([44.95, 20.95], 15, {animate: false})")
    page.wait_for_function(f"() => {DUMPS}.features.size === 0")
    expect(page.locator(".marker[data-layer=dumps], .tiles path.kind-dump")).to_have_count(0)
    assert page.evaluate(f"[{DUMPS}._single, {DUMPS}._spots.size]") == [0, 0]


def test_a_closer_look_draws_few_features_one_by_one(desk: Watched) -> None:
    page = desk.page
    page.evaluate("map_public.setView([44.284, 20.36], 14, {animate: false})")
    expect(page.locator(".marker[data-feature=point_7_5] .symbol")).to_be_visible()
    expect(page.locator(".marker[data-feature=point_7_5]")).to_have_count(1)
