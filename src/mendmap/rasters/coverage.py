"""Values of a scene inside an outline, each with the share of its pixel that lies inside, by exactextract.

Here: the sources that exactextract reads from, which compute an index window by window. Not here: what is made of the
values (``zonal``), and what an index is (``values``).
"""

from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from typing import Any, NamedTuple

import numpy as np
import shapely
from exactextract.feature import Feature, FeatureSource
from exactextract.operation import Operation
from exactextract.processor import FeatureSequentialProcessor
from exactextract.raster import RasterSource
from exactextract.writer import Writer
from numpy.typing import NDArray
from rasterio.io import DatasetReader
from rasterio.windows import Window
from shapely.geometry.base import BaseGeometry

from mendmap.catalogue.imagery import Raster
from mendmap.errors import RasterError
from mendmap.geo.ground import Plane, areas, plane
from mendmap.rasters.cog import BLOCK
from mendmap.rasters.expression import Expression
from mendmap.rasters.values import band_numbers, computed, needed

Floats = NDArray[np.float64]
# Exactextract reads the whole window of an outline; larger outlines are cut, so that memory does not grow with them.
_SIDE = 1024
# Where an outline runs along the grid, rounding puts slivers of the pixels beyond it inside: they do not count.
_LEAST = 1e-6
# Between points so far apart, the ground under a pixel of up to a tenth of a degree is linear to 0.05 %.
_LATTICE = 32


class Scene:
    """An open scene of which several indices are wanted: each window of it is read once for all of them. Raises
    RasterError where it does not lie on a plane, its rows from north to south, and ValueError where it lacks a band."""

    def __init__(self, dataset: DatasetReader, raster: Raster, expressions: Sequence[Expression]) -> None:
        turn = dataset.transform
        if dataset.crs is None or turn.b or turn.d or turn.a <= 0 or turn.e >= 0:
            raise RasterError(f"{raster.file}: only a raster of a known system, with north at its top, can be measured")
        try:
            self.plane: Plane = plane(dataset.crs.to_wkt())
        except ValueError as error:
            raise RasterError(f"{raster.file}: {error}") from error
        self.raster, self.dataset = raster, dataset
        self.step: tuple[float, float] = (turn.a, -turn.e)
        self.left, self.top = float(turn.c), float(turn.f)
        self.box = shapely.box(self.left, *self._corner(dataset.height, dataset.width), self.top)
        self._names = needed(raster, expressions)
        self._numbers = band_numbers(raster, self._names)
        self._window: tuple[int, ...] = ()
        self._stored: dict[str, NDArray[Any]] = {}

    def stored(self, x: int, y: int, columns: int, rows: int) -> dict[str, NDArray[Any]]:
        """The bands of a window as they are stored."""
        if self._window != (x, y, columns, rows):
            read = self.dataset.read(self._numbers, window=Window(x, y, columns, rows))
            self._window, self._stored = (x, y, columns, rows), dict(zip(self._names, read, strict=True))
        return self._stored

    def pixels(self, outline: BaseGeometry) -> float:
        """The area of an outline on the plane in pixels."""
        return float(outline.area) / (self.step[0] * self.step[1])

    def reaches(self, outline: BaseGeometry) -> bool:
        """Whether any of an outline on the plane lies within the scene."""
        return bool(self.box.contains(outline) or self.box.intersection(outline).area > 0)

    def order(self, outline: BaseGeometry | str) -> tuple[float, float]:
        """Where in the file an outline begins: the row of its blocks, as ``cog`` writes them, and how far from the
        west. Of other blocks it is only read less fast."""
        if isinstance(outline, str) or outline.is_empty:
            return 0.0, 0.0
        west, _, _, north = (float(each) for each in outline.bounds)
        return (self.top - north) // (BLOCK * self.step[1]), west

    def pieces(self, outline: BaseGeometry) -> Iterator[BaseGeometry]:
        """What of an outline on the plane lies within the scene, in pieces of no more than ``_SIDE`` pixels a side."""
        west, south, east, north = outline.bounds
        columns = range(max(0, int((west - self.left) // self.step[0])), ceil((east - self.left) / self.step[0]))
        rows = range(max(0, int((self.top - north) // self.step[1])), ceil((self.top - south) / self.step[1]))
        columns, rows = columns[: self.dataset.width - columns.start], rows[: self.dataset.height - rows.start]
        if len(columns) <= _SIDE and len(rows) <= _SIDE:
            yield outline
            return
        shapely.prepare(outline)
        for row in range(rows.start // _SIDE * _SIDE, rows.stop, _SIDE):
            for column in range(columns.start // _SIDE * _SIDE, columns.stop, _SIDE):
                bottom, right = self._corner(row + _SIDE, column + _SIDE)
                top, left = self._corner(row, column)
                square = shapely.box(left, bottom, right, top)
                if outline.intersects(square):
                    yield areas(outline.intersection(square))

    def _corner(self, row: int, column: int) -> tuple[float, float]:
        return self.top - row * self.step[1], self.left + column * self.step[0]


class _Source(RasterSource):  # type: ignore[misc]
    """What exactextract asks of a grid; sources that have one name are one to it."""

    def __init__(self, scene: Scene, name: str) -> None:
        super().__init__()
        self.set_name(name)
        self._scene = scene

    def res(self) -> tuple[float, float]:
        return self._scene.step

    def extent(self) -> tuple[float, float, float, float]:
        bounds: tuple[float, float, float, float] = self._scene.box.bounds
        return bounds

    def srs_wkt(self) -> None:
        return None

    def nodata_value(self) -> None:
        return None


class _Index(_Source):
    """An index of a scene; NaN is no value."""

    def __init__(self, scene: Scene, expression: Expression) -> None:
        super().__init__(scene, expression.text)
        self._expression = expression
        self._window: tuple[int, ...] = ()
        self._values = np.empty((0, 0), np.float32)

    def read_window(self, *window: int) -> NDArray[np.float32]:
        if self._window != window:
            scene = self._scene
            stored = scene.stored(*window)
            self._values = computed(scene.raster, self._expression, stored, scene.dataset.nodata)
            self._window = window
        return self._values


class _Ground(_Source):
    """The ground under each pixel of an index in square metres; NaN where the index has no value."""

    def __init__(self, scene: Scene, index: _Index) -> None:
        super().__init__(scene, f"ground {index.name()}")
        self._index = index

    def read_window(self, *window: int) -> Floats:
        ground = ground_m2(self._scene, *window)
        return np.where(np.isnan(self._index.read_window(*window)), np.nan, ground)


def ground_m2(scene: Scene, x: int, y: int, columns: int, rows: int) -> Floats:
    """The ground under each pixel of a window in square metres, linear between points of a lattice."""
    at_x, at_y = np.arange(columns) + 0.5, np.arange(rows) + 0.5
    some_x, some_y = (np.linspace(0, count, ceil(count / _LATTICE) + 1) for count in (columns, rows))
    xx, yy = np.meshgrid(scene.left + (x + some_x) * scene.step[0], scene.top - (y + some_y) * scene.step[1])
    known = scene.plane.ground_m2(xx.ravel(), yy.ravel(), scene.step).reshape(xx.shape) * scene.step[0] * scene.step[1]
    lines = np.array([np.interp(at_x, some_x, each) for each in known])
    above = np.searchsorted(some_y, at_y) - 1
    share = ((at_y - some_y[above]) / (some_y[above + 1] - some_y[above]))[:, None]
    return np.asarray(lines[above] * (1 - share) + lines[above + 1] * share)


class Part(NamedTuple):
    """The pixels inside a piece of an outline that have a value: the ``values``, how much of each pixel lies inside,
    from 0 to 1, and the ground under the whole of each in square metres, where it was asked for."""

    values: Floats
    coverage: Floats
    ground_m2: Floats | None


class Covered:
    """Indices of a scene inside outlines on its plane; with the ground under their pixels for those of which
    ``grounds`` tells so."""

    def __init__(self, scene: Scene, expressions: Sequence[Expression], grounds: Sequence[bool]) -> None:
        # Exactextract holds no references: what it is given lives as long as this.
        self._indices = [_Index(scene, each) for each in expressions]
        self._grounds = {nth: _Ground(scene, each) for nth, each in enumerate(self._indices) if grounds[nth]}
        self._operations = [
            *(Operation("values", f"values {nth}", each) for nth, each in enumerate(self._indices)),
            *(Operation("coverage", f"coverage {nth}", each) for nth, each in enumerate(self._indices)),
            *(Operation("values", f"ground {nth}", each) for nth, each in self._grounds.items()),
        ]

    def inside(self, outline: BaseGeometry) -> list[Part]:
        """What of each index is inside an outline."""
        one, written = _One(outline), _Written()
        processor = FeatureSequentialProcessor(one, written, self._operations)
        processor.set_max_cells_in_memory(4 * _SIDE * _SIDE)
        processor.process()
        return [self._of(written.found, nth) for nth in range(len(self._indices))]

    def _of(self, found: Mapping[str, Floats], nth: int) -> Part:
        ground = found[f"ground {nth}"] if nth in self._grounds else None
        part = Part(found[f"values {nth}"], found[f"coverage {nth}"], ground)
        kept = part.coverage > _LEAST
        if kept.all():
            return part
        return Part(part.values[kept], part.coverage[kept], None if ground is None else ground[kept])


class _Outline(Feature):  # type: ignore[misc]
    """An outline as exactextract reads it, and what it wrote of it."""

    def __init__(self, outline: BaseGeometry | None = None) -> None:
        super().__init__()
        self._outline = outline
        self.found: dict[str, Any] = {}

    def geometry(self) -> bytes:
        return bytes(shapely.to_wkb(self._outline))

    def set_geometry(self, geometry: Any) -> None:
        pass

    def set(self, name: str, value: Any) -> None:
        self.found[name] = value

    def get(self, name: str) -> Any:
        return self.found[name]

    def fields(self) -> list[str]:
        return list(self.found)


class _One(FeatureSource):  # type: ignore[misc]
    """A single outline."""

    def __init__(self, outline: BaseGeometry) -> None:
        super().__init__()
        self._outline = outline

    def count(self) -> int:
        return 1

    def srs_wkt(self) -> None:
        return None

    def __iter__(self) -> Iterator[_Outline]:
        return iter([_Outline(self._outline)])


class _Written(Writer):  # type: ignore[misc]
    """Keeps what was found."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, Any] = {}

    def add_operation(self, operation: Operation) -> None:
        pass

    def write(self, feature: Feature) -> None:
        copy = _Outline()
        feature.copy_to(copy)
        self.found = copy.found
