"""Zonal statistics equal arithmetic and exactextract, whatever the system, the outline, the pieces and the processes.

All imagery is synthetic.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path

import exactextract
import geopandas
import numpy as np
import pytest
import rasterio
import shapely
import valley
from exactextract.raster import NumPyRasterSource
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pyproj import Transformer
from rasterio.transform import Affine, from_origin

from mendmap.catalogue.imagery import Raster, Zonal
from mendmap.errors import RasterError
from mendmap.geo.ground import plane
from mendmap.geo.measure import area_m2
from mendmap.rasters import coverage, zonal
from mendmap.rasters.expression import parse
from mendmap.rasters.opened import opened
from mendmap.rasters.values import index
from mendmap.rasters.zonal import Job, Measured, Outline, measure, measure_all, quantile
from mendmap.words.vocabulary import UNMEASURED, ZONAL

NDVI, GREEN = parse("(nir - red) / (nir + red)"), parse("green")
STATISTICS = [
    *("mean", "p10", "p25", "median", "p75", "p90"),
    *("share_above", "area_above", "clear_share"),
]


def wish(statistic: str, expression=NDVI, threshold: float | None = 0.4, **given: object) -> tuple:
    about = {"id": statistic, "index": "x", "statistic": statistic, "threshold": threshold, "parameter": "p", **given}
    return Zonal(**{"sites": (), "least_clear": None, "note": None, **about}), expression


ALL = tuple(wish(each) for each in STATISTICS)
X, Y = valley.WEST, valley.NORTH
LAKE, QUARRY = valley.LAKE, valley.QUARRY
OUTLINES = {
    "lake": LAKE,
    "quarry": QUARRY,
    "hole": shapely.Polygon(
        QUARRY.exterior.coords, [shapely.box(X + 3333, Y - 555, X + 3444, Y - 366).exterior.coords]
    ),
    "two": shapely.MultiPolygon([shapely.box(X + 31, Y - 97, X + 222, Y - 43), LAKE.buffer(-300)]),
    "edge": shapely.Point(X + 40, Y - 2900).buffer(333),
    "sliver": shapely.box(X + 503.2, Y - 507.1, X + 505.9, Y - 504.2),
    "unseen": shapely.box(X + 3700, Y - 2000, X + 3950, Y - 1800),
}


@pytest.fixture(scope="module", params=[valley.SYSTEM, valley.OTHER_SYSTEM])
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Raster, Path]:
    path = tmp_path_factory.mktemp("scene") / "scene.tif"
    valley.write_cog(path, valley.scene(2021, 1), request.param)
    return raster(), path


def raster(**given: object) -> Raster:
    """A record of a synthetic scene; what is not given is not known."""
    about = {"id": "scene", "name": {"en": "Synthetic"}, "file": "scene.tif", "shows": "scene", "source": "synthetic"}
    bands = {"bands": valley.BANDS, "classes": "scl", "scale": valley.SCALE, "offset": valley.OFFSET}
    blank = dict.fromkeys(each.name for each in fields(Raster))
    return Raster(**{**blank, **about, "licence": "CC0-1.0", **bands, **given})


def outlines(some: dict = OUTLINES) -> tuple[Outline, ...]:
    return tuple(zonal.outline(site, valley.to_degrees(shape), "published") for site, shape in some.items())


def told(found: Sequence[Measured]) -> dict[str, Measured]:
    return {f"{each.site} {each.zonal}": each for each in found}


def test_every_statistic_equals_exactextract_on_the_whole_array(scene: tuple[Raster, Path]) -> None:
    about, path = scene
    found = told(measure(Job(about, path, tuple(wish(each, least_clear=0.0) for each in STATISTICS), outlines())))
    with opened(path) as dataset:
        whole, bounds, system = index(dataset, about, NDVI), dataset.bounds, dataset.crs.to_wkt()
    turn = Transformer.from_crs("OGC:CRS84", system, always_xy=True)
    shapes = [
        shapely.transform(
            shapely.segmentize(each.geometry, 0.01), lambda xy: np.column_stack(turn.transform(xy[:, 0], xy[:, 1]))
        )
        for each in outlines()
    ]
    place = dict(zip(("xmin", "ymin", "xmax", "ymax"), bounds, strict=True))
    high = np.ma.MaskedArray((whole.data >= np.float32(0.4)).astype(np.uint8), whole.mask)
    frame = geopandas.GeoDataFrame({"site": list(OUTLINES)}, geometry=shapes, crs=system)
    quantiles = [f"quantile(q={each})" for each in (0.1, 0.25, 0.5, 0.75, 0.9)]
    theirs = exactextract.exact_extract(
        [NumPyRasterSource(whole.astype(float), **place, name="v"), NumPyRasterSource(high, **place, name="h")],
        frame,
        ["mean", "count", *quantiles],
        include_cols=["site"],
        output="pandas",
    ).set_index("site")
    pixel = (bounds.right - bounds.left) / whole.shape[1] * (bounds.top - bounds.bottom) / whole.shape[0]
    seen = 0
    for (site, row), shape in zip(theirs.iterrows(), shapes, strict=True):
        mean = found[f"{site} mean"]
        assert mean.pixels == pytest.approx(row["v_count"], rel=1e-4, abs=1e-6)
        assert mean.clear_share == pytest.approx(row["v_count"] * pixel / shape.area, rel=1e-4, abs=1e-6)
        assert found[f"{site} clear_share"].value == pytest.approx(100 * mean.clear_share)
        if not row["v_count"]:
            assert mean.value is None and mean.reason == "too_cloudy"
            continue
        seen += 1
        assert mean.value == pytest.approx(row["v_mean"], rel=1e-5)
        assert found[f"{site} share_above"].value == pytest.approx(100 * row["h_mean"], rel=1e-4, abs=1e-4)
        for name, share in (("p10", 10), ("p25", 25), ("median", 50), ("p75", 75), ("p90", 90)):
            # Slivers beyond the grid's lines, which we leave out, count as values of their own in theirs.
            assert found[f"{site} {name}"].value == pytest.approx(row[f"v_quantile_{share}"], rel=5e-4)
    assert seen >= 6


def test_a_square_on_the_grid_is_plain_arithmetic(tmp_path: Path) -> None:
    about, path = raster(), tmp_path / "scene.tif"
    valley.write_cog(path, valley.scene(2021, 1))
    stored = valley.scene(2021, 1)[:, 30:70, 320:370]
    red, nir = (stored[band].astype(np.float32) * np.float32(0.0001) - np.float32(0.1) for band in (2, 3))
    values, good = (nir - red) / (nir + red), np.isin(stored[5], [4, 5, 6, 7, 11])
    found = told(
        measure(Job(about, path, (*ALL[:7], ALL[8], wish("area_above", threshold=-1.0)), outlines({"quarry": QUARRY})))
    )
    assert found["quarry mean"].value == pytest.approx(values[good].mean(dtype=float), rel=1e-6)
    assert found["quarry mean"].touched == good.sum() == 2000
    assert found["quarry mean"].pixels == pytest.approx(2000, abs=1e-3)
    assert found["quarry median"].value == pytest.approx(np.median(values[good]), rel=1e-6)
    assert found["quarry share_above"].value == 0
    assert found["quarry clear_share"].value == pytest.approx(100, abs=1e-4)
    # 20 hectares of the plane; the ground is a little more, for UTM is smaller than life here.
    hectares = area_m2(valley.to_degrees(QUARRY)) / 10_000
    assert found["quarry area_above"].value == pytest.approx(hectares, rel=1e-5)
    assert hectares == pytest.approx(20, rel=1e-3) and hectares > 20.005


SMALL = np.arange(1, 17, dtype=np.float32).reshape(4, 4)


def small(folder: Path, stored: np.ndarray = SMALL, transform: Affine | None = None, system: str | None = "EPSG:32632"):
    path = folder / "small.tif"
    form = {"count": 1, "height": stored.shape[0], "width": stored.shape[1], "dtype": stored.dtype}
    transform = transform or from_origin(500_000, 5_000_040, 10, 10)
    with rasterio.open(path, "w", driver="GTiff", crs=system, transform=transform, **form) as file:
        file.write(stored, 1)
    return raster(bands=("green",), classes=None, scale=None, offset=None, nodata=-1), path


def square(west: float, south: float, east: float, north: float, site: str = "s") -> tuple[Outline, ...]:
    turn = Transformer.from_crs("EPSG:32632", "OGC:CRS84", always_xy=True)
    box = shapely.box(500_000 + west, 5_000_000 + south, 500_000 + east, 5_000_000 + north)
    return (Outline(site, shapely.transform(box, lambda xy: np.column_stack(turn.transform(xy[:, 0], xy[:, 1])))),)


def test_a_small_grid_by_hand(tmp_path: Path) -> None:
    about, path = small(tmp_path)
    every = (wish("mean", GREEN), wish("share_above", GREEN, 6.0), wish("area_above", GREEN, 6.0))
    # Of 16 pixels in rows of 4 all of 6 and 10, and half of 7 and 11.
    found = told(measure(Job(about, path, every, square(10, 10, 25, 30))))
    assert found["s mean"].value == pytest.approx((6 + 10 + 3.5 + 5.5) / 3, rel=1e-5)
    assert found["s mean"].pixels == pytest.approx(3, rel=1e-5) and found["s mean"].touched == 4
    assert found["s mean"].clear_share == pytest.approx(1, rel=1e-5)
    assert found["s share_above"].value == pytest.approx(100, rel=1e-6), "6 reaches the threshold of 6"
    # 300 square metres of the plane where UTM is 0.9996 of life.
    assert found["s area_above"].value == pytest.approx(0.03 / 0.9996**2, rel=1e-5)
    assert (found["s mean"].unit, found["s share_above"].unit, found["s area_above"].unit) == ("1", "%", "ha")


def test_what_lies_beyond_the_edge_was_not_seen(tmp_path: Path) -> None:
    about, path = small(tmp_path)
    for west, share, reason in (
        (30, 0.5, None),
        (31, 0.45, "too_cloudy"),
        (40, None, "outside"),
        (400, None, "outside"),
    ):
        (found,) = measure(Job(about, path, (wish("mean", GREEN),), square(west, 0, west + 20, 40)))
        assert found.clear_share == (share and pytest.approx(share, abs=1e-5)) and found.reason == reason
        assert (found.value is None) == (reason is not None)


def test_values_that_are_none_are_left_out(tmp_path: Path) -> None:
    stored = SMALL.copy()
    stored[1, 1], stored[1, 2], stored[2, 1] = np.nan, np.inf, -1
    about, path = small(tmp_path, stored)
    job = Job(about, path, (wish("mean", GREEN, least_clear=0.25), wish("clear_share", GREEN)), square(10, 10, 30, 30))
    mean, share = measure(job)
    assert (mean.value, mean.touched) == (pytest.approx(11), 1) and share.value == pytest.approx(25, rel=1e-5)


def test_every_reason_is_a_word_that_is_explained(tmp_path: Path) -> None:
    about, path = small(tmp_path)
    shape = square(0, 0, 40, 40)[0].geometry
    sites = (
        zonal.outline("point", shapely.Point(9, 45), "published"),
        zonal.outline("nowhere", None, "unknown"),
        zonal.outline("line", shapely.LineString([(9, 45), (9.1, 45)]), "published"),
        zonal.outline("sketch", shape, "schematic"),
        zonal.outline("guess", shape, "hypothesis"),
        zonal.outline("estimate", shape, "estimated"),
        zonal.outline("far", shapely.box(100, -5, 101, -4), "published"),
        zonal.outline("pole", shapely.box(-170, -89.99, 170, -85), "published"),
    )
    found = measure(Job(about, path, (wish("mean", GREEN), wish("mean", NDVI, id="ndvi")), sites))
    assert {each.reason for each in found} <= {None, *UNMEASURED}
    reasons = {each.site: each.reason for each in found if each.zonal == "mean"}
    assert reasons == {
        **dict.fromkeys(("point", "nowhere", "line"), "no_outline"),
        **dict.fromkeys(("sketch", "guess"), "schematic"),
        **dict.fromkeys(("far", "pole"), "outside"),
        "estimate": None,
    }
    assert {each.reason for each in found if each.zonal == "ndvi"} == {"no_band", "no_outline", "schematic"}
    assert set(STATISTICS) == set(ZONAL)


def test_a_percentile_of_more_pixels_than_can_be_ordered_is_not_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zonal, "_MOST_ORDERED", 15)
    about, path = small(tmp_path)
    mean, median = measure(Job(about, path, (wish("mean", GREEN), wish("median", GREEN)), square(0, 0, 40, 40)))
    assert mean.value == pytest.approx(8.5) and (median.value, median.reason) == (None, "too_large")


def test_figures_do_not_depend_on_pieces_nor_on_what_else_is_asked(
    scene: tuple[Raster, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = measure(Job(*scene, ALL, outlines()))
    monkeypatch.setattr(coverage, "_SIDE", 37)
    pieces = measure(Job(*scene, ALL, outlines()))
    for one, other in zip(whole, pieces, strict=True):
        assert other.value == (one.value and pytest.approx(one.value, rel=1e-6)), one
        assert (other.pixels, other.reason) == (pytest.approx(one.pixels, rel=1e-6), one.reason)
    monkeypatch.undo()
    alone = measure(Job(*scene, (ALL[0],), outlines({"hole": OUTLINES["hole"]})))
    beside = measure(Job(*scene, (wish("mean", parse("red / blue"), id="rust"), *ALL), outlines()))
    assert alone == tuple(each for each in beside if (each.site, each.zonal) == ("hole", "mean"))


def test_a_statistic_of_some_sites_is_measured_of_no_others(scene: tuple[Raster, Path]) -> None:
    found = measure(Job(*scene, (wish("mean", sites=("lake", "two")), wish("p90", sites=("edge",))), outlines()))
    assert [(each.site, each.zonal) for each in found] == [("lake", "mean"), ("two", "mean"), ("edge", "p90")]


def test_several_workers_find_what_one_finds_in_the_order_of_the_jobs(scene: tuple[Raster, Path]) -> None:
    some = outlines()
    jobs = [Job(*scene, ALL, some[nth : nth + 3]) for nth in range(5)]
    with ThreadPoolExecutor(2) as executor:
        assert list(measure_all(jobs, executor)) == list(measure_all(jobs))


@pytest.mark.parametrize(
    ("system", "transform"),
    [
        ("EPSG:4326", from_origin(10.0, 50.0, 0.0005, 0.0004)),
        ("EPSG:3857", from_origin(1_113_195, 6_446_275, 50, 50)),
        ("EPSG:32631", from_origin(1_000_000, 5_560_000, 40, 40)),
        ("EPSG:3035", from_origin(4_321_000, 2_990_000, 40, 40)),
        ("EPSG:2062", from_origin(1_650_000, 1_640_000, 100, 100)),
    ],
)
def test_areas_are_those_of_the_ground_whatever_the_plane(tmp_path: Path, system: str, transform: Affine) -> None:
    about, path = small(tmp_path, np.ones((500, 500), np.uint8), transform, system)
    with opened(path) as dataset:
        west, south, east, north = rasterio.warp.transform_bounds(system, "OGC:CRS84", *dataset.bounds)
    shape = shapely.box(west, south, east, north).centroid.buffer(min(east - west, north - south) / 4)
    (found,) = measure(Job(about, path, (wish("area_above", GREEN, 1.0),), (Outline("s", shape),)))
    assert found.clear_share == pytest.approx(1, abs=1e-5)
    assert found.value == pytest.approx(area_m2(shape) / 10_000, rel=1e-4)


def test_half_of_a_large_outline_in_web_mercator_is_half_of_its_ground(tmp_path: Path) -> None:
    stored = np.zeros((400, 400), np.uint8)
    stored[:200] = 1
    about, path = small(tmp_path, stored, from_origin(1_000_000, 7_000_000, 500, 500), "EPSG:3857")
    turn = Transformer.from_crs("EPSG:3857", "OGC:CRS84", always_xy=True)
    (west, top), (east, bottom) = turn.transform(1_010_000, 7_000_000), turn.transform(1_190_000, 6_800_000)
    middle = turn.transform(1_000_000, 6_900_000)[1]
    (found,) = measure(
        Job(about, path, (wish("area_above", GREEN, 1.0),), (Outline("s", shapely.box(west, bottom, east, top)),))
    )
    north = shapely.segmentize(shapely.box(west, middle, east, top), 0.01)
    assert found.value == pytest.approx(area_m2(north) / 10_000, rel=5e-4)


def test_a_file_that_ends_too_soon_is_an_error_that_names_it(scene: tuple[Raster, Path], tmp_path: Path) -> None:
    about, path = scene
    cut = tmp_path / "cut.tif"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(RasterError, match=r"cut\.tif"):
        measure(Job(about, cut, ALL, outlines()))


@pytest.mark.parametrize(
    ("transform", "system"),
    [
        (Affine(10, 3, 500_000, 3, -10, 5_000_040), "EPSG:32632"),
        (Affine(10, 0, 500_000, 0, 10, 5_000_000), "EPSG:32632"),
        (from_origin(500_000, 5_000_040, 10, 10), None),
    ],
)
def test_a_raster_that_lies_on_no_plane_is_refused_in_words(tmp_path: Path, transform: Affine, system) -> None:
    about, path = small(tmp_path, transform=transform, system=system)
    with pytest.raises(RasterError):
        measure(Job(about, path, (wish("mean", GREEN),), square(0, 0, 40, 40)))


@given(
    arrays.arrays(np.float32, (4, 5), elements=st.integers(-2, 2).map(float) | st.floats(-2, 2, width=32)),
    st.tuples(st.floats(0.1, 4.9), st.floats(0.1, 3.9), st.floats(0.1, 2)),
)
@settings(max_examples=60, deadline=None)
def test_percentiles_are_exactextracts_own(values: np.ndarray, disc: tuple[float, float, float]) -> None:
    shares = [0, 0.1, 0.25, 0.5, 0.77, 0.9, 1]
    asked = ["values", "coverage", *(f"quantile(q={each})" for each in shares)]
    outline = {"type": "Feature", "geometry": shapely.Point(disc[:2]).buffer(disc[2], 3).__geo_interface__}
    (theirs,) = exactextract.exact_extract(NumPyRasterSource(values), [outline], asked)
    found = theirs["properties"]
    wanted = [found[f"quantile_{round(100 * each)}"] for each in shares]
    assert quantile(found["values"], found["coverage"], shares) == pytest.approx(wanted, abs=1e-5)


def test_percentiles_of_pixels_that_count_alike_are_numpys() -> None:
    values = np.random.default_rng(8).random(501, dtype=np.float32)
    shares = [0.0, 0.1, 0.25, 0.5, 0.9, 1.0]
    assert quantile(values, np.full(501, 0.5, np.float32), shares) == pytest.approx(
        np.quantile(values, shares).tolist()
    )


def test_straight_edges_in_degrees_stay_where_they_are() -> None:
    shape = shapely.box(9.0, 59.0, 13.0, 60.0)
    utm = plane(rasterio.crs.CRS.from_string("EPSG:32632").to_wkt())
    fine = utm.outline(shapely.segmentize(shape, 0.0005))
    assert utm.outline(shape).hausdorff_distance(fine) < 0.03
