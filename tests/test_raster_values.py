"""Expressions, indices and masks: nothing but arithmetic is ever run, and each equals numpy on the whole array."""

import pickle
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from rasterio.transform import from_origin
from rasterio.windows import Window

from mendmap.catalogue.imagery import Raster
from mendmap.rasters.classes import clear
from mendmap.rasters.expression import parse
from mendmap.rasters.indices import INDICES
from mendmap.rasters.opened import opened
from mendmap.rasters.values import computed, index, measured

NDVI = parse("(nir - red) / (nir + red)")


def raster(bands: tuple[str, ...], **given: object) -> Raster:
    """A record of a synthetic scene; what is not given is not known."""
    about = {"id": "scene", "name": {"en": "Synthetic"}, "file": "scene.tif", "shows": "scene", "source": "synthetic"}
    blank = dict.fromkeys(each.name for each in fields(Raster))
    return Raster(**{**blank, **about, "licence": "CC0-1.0", "bands": bands, **given})


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "__import__",
        "nir.real",
        "nir[0]",
        "abs(nir)",
        "nir()",
        "'nir'",
        "nir + 'red'",
        'f"{nir}"',
        "1e999 * nir",
        "nir * 1e12",
        "nir ** 9 ** 9 ** 9",
        "nir // red",
        "nir % red",
        "~nir",
        "~" * 400 + "nir",
        "-" * 400 + "nir",
        "(" * 60 + "nir" + ")" * 60 + "** 2",
        "(" * 240 + "nir" + ")" * 240,
        "1+" * 200 + "nir",
        "[nir for nir in red]",
        "(nir := red)",
        "lambda: nir",
        "nir if red else 1",
        "nir and red",
        "nir < red",
        "nir, red",
        "*nir",
        "True * nir",
        "1j * nir",
        "nir # red",
        "nir\nred",
        "nir\0",
        "ｎｉｒ",
        "1if",
        "0777 + nir",
        "_nir",
        "1 + 2",
        "",
        " ",
        "nir;red",
        "nir = red",
        "await nir",
        "nir" * 200,
    ],
)
def test_what_is_no_arithmetic_of_bands_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"expression|brackets more than") as refused:
        parse(text)
    assert len(str(refused.value)) < 200


@given(st.text(max_size=60) | st.text("nird(+-*/). _19e'[]:=,~\n", max_size=60))
@settings(max_examples=400, deadline=None)
def test_of_any_text_comes_arithmetic_or_a_value_error(text: str) -> None:
    try:
        found = parse(text)
    except ValueError:
        return
    assert found.bands and not set(found.text) - set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-*/() \t"
    )
    ones = np.ones((2, 2), np.float32)
    assert found(dict.fromkeys(found.bands, ones)).dtype == np.float32


@pytest.mark.parametrize(
    "text", ["nir + 1 / 0", "nir * 999999999999" + " * 999999999999" * 20, "0 / 0 * nir", "nir / 0"]
)
def test_arithmetic_without_a_value_gives_none_and_no_error(text: str) -> None:
    stored = {"nir": np.ones((2, 2), np.uint16)}
    assert np.isnan(computed(raster(("nir",)), parse(text), stored, None)).all()


def test_an_expression_knows_its_bands_and_can_be_sent_to_another_process() -> None:
    assert NDVI.bands == ("nir", "red")
    sent = pickle.loads(pickle.dumps(NDVI))
    both = {"nir": np.float32([[0.4]]), "red": np.float32([[0.1]])}
    assert sent.text == NDVI.text and sent(both) == NDVI(both) == pytest.approx(0.6)


def test_an_index_of_a_band_that_is_not_there_is_refused_with_the_choices(tmp_path: Path) -> None:
    path = written(tmp_path, np.ones((1, 2, 2), np.uint16))
    with opened(path) as dataset, pytest.raises(ValueError, match="no such band: 'nir'; choices: red"):
        index(dataset, raster(("red",)), NDVI)


def written(folder: Path, stored: np.ndarray, nodata: float | None = None) -> Path:
    path = folder / "scene.tif"
    count, height, width = stored.shape
    form = {"count": count, "height": height, "width": width, "dtype": stored.dtype, "nodata": nodata}
    with rasterio.open(path, "w", driver="GTiff", crs="EPSG:32632", transform=from_origin(0, 10, 1, 1), **form) as file:
        file.write(stored)
    return path


CLASSES = st.sampled_from([None, "scl", "qa_pixel", "clear"])
KINDS = st.sampled_from([np.uint8, np.uint16, np.int16, np.int32, np.float32, np.float64])
ODD = st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -9999.0, 1e38, 0.25])


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Raster, np.ndarray, float | None]:
    kind = np.dtype(draw(KINDS))
    odd = st.integers(0, 255).map(float) | ODD if kind.kind == "f" else st.integers(0, min(40, np.iinfo(kind).max))
    names = ("red", "nir", draw(CLASSES))
    stored = draw(arrays.arrays(kind, (3, 4, 5), elements=odd.map(kind.type)))
    if names[2] and kind.kind == "f":
        stored[2] = np.where(np.isfinite(stored[2]) & (abs(stored[2]) < 100), stored[2], 0)
    numbers = st.sampled_from([0.0001, 1.0, 2.75e-05, -3.0])
    about = raster(
        tuple(name or "spare" for name in names),
        classes=names[2],
        scale=draw(st.none() | numbers),
        offset=draw(st.none() | st.sampled_from([-0.1, -0.2, 0.0])),
        nodata=draw(st.none() | st.sampled_from([0.0, 7.0, -9999.0, 0.5])),
    )
    return about, stored, draw(st.none() | st.sampled_from([0.0, 3.0]))


@given(scenes())
@settings(max_examples=150, deadline=None)
def test_an_index_is_what_numpy_makes_of_the_whole_array(made: tuple[Raster, np.ndarray, float | None]) -> None:
    about, stored, of_file = made
    nothing = about.nodata if about.nodata is not None else of_file
    with np.errstate(all="ignore"):
        red, nir = (
            each.astype(np.float32) * np.float32(about.scale or 1) + np.float32(about.offset or 0)
            for each in stored[:2]
        )
        wanted = (nir - red) / (nir + red)
    good = np.isfinite(red) & np.isfinite(nir) & np.isfinite(wanted)
    if nothing is not None:
        good &= (stored[0].astype(float) != nothing) & (stored[1].astype(float) != nothing)
    if about.classes == "scl":
        good &= np.isin(stored[2], [4, 5, 6, 7, 11])
    if about.classes == "qa_pixel":
        good &= (stored[2].astype(int) & 31) == 0
    if about.classes == "clear":
        good &= stored[2] == 1
    found = computed(about, NDVI, dict(zip(about.bands, stored, strict=True)), of_file)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.where(good, wanted, np.nan))


def test_a_window_of_any_size_holds_what_the_whole_does(tmp_path: Path) -> None:
    random = np.random.default_rng(8)
    stored = random.integers(0, 12, (3, 70, 53), dtype=np.uint16)
    about = raster(("red", "nir", "scl"), classes="scl", scale=0.1)
    with opened(written(tmp_path, stored, 0)) as dataset:
        whole = index(dataset, about, NDVI)
        for x, y, columns, rows in ((0, 0, 53, 70), (5, 7, 1, 1), (3, 60, 50, 10), (52, 0, 1, 70)):
            part = index(dataset, about, NDVI, Window(x, y, columns, rows))
            np.testing.assert_array_equal(part.mask, whole.mask[y : y + rows, x : x + columns])
            np.testing.assert_array_equal(part.filled(9), whole.filled(9)[y : y + rows, x : x + columns])


def test_a_band_that_an_index_does_not_take_masks_nothing_of_it() -> None:
    stored = {"red": np.uint16([[1]]), "nir": np.uint16([[3]]), "blue": np.uint16([[0]])}
    about = raster(("red", "nir", "blue"), nodata=0)
    assert computed(about, NDVI, stored, None) == 0.5
    assert not measured(about, stored, None)[1].any()


def test_classes_tell_ground_from_clouds_as_their_makers_say() -> None:
    assert clear(np.arange(12), "scl").nonzero()[0].tolist() == [4, 5, 6, 7, 11]
    # Landsat 8 and 9: clear land, clear water, cloud, cloud shadow, cirrus, fill (USGS LSDS-1619, table 6-3).
    assert clear(np.uint16([21824, 21952, 22280, 23888, 54596, 1]), "qa_pixel").tolist() == [True] * 2 + [False] * 4
    assert clear(np.float32([21824, np.nan, np.inf]), "qa_pixel").tolist() == [True, False, False]
    assert clear(np.uint8([0, 1, 2]), "clear").tolist() == [False, True, False]


def test_every_index_of_ours_is_an_expression_of_bands_with_common_names() -> None:
    known = {"blue", "green", "red", "nir", "swir16", "swir22"}
    assert {name for each in INDICES.values() for name in parse(each.expression).bands} <= known
