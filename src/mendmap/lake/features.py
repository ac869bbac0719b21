"""Features as the lake holds them, in columns: of hundreds of thousands, none is made before it is looked at.

Bodies stay JSON, compressed in blocks of which one at a time is opened; geometries stay well-known binary until the
first of a layer is asked for. Not here: reading the lake (``contents``), and what is joined to features (``atlas``).
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain
from threading import Lock
from typing import Any, overload

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

Positions = NDArray[np.int64]
Shapes = NDArray[np.object_]

# Bodies that are compressed together: a block is opened in some microseconds, and takes a tenth of the room.
_BLOCK = 256
# Geometries that are decoded before other threads may run: 2,000 polygons take two or three milliseconds.
_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """A feature as recorded; ``geometry`` in WGS 84 degrees or None; ``properties`` as JSON holds them."""

    layer: str
    id: str
    geometry: BaseGeometry | None
    properties: Mapping[str, Any]


class _Bodies:
    """JSON objects, compressed in blocks. Safe to use from several threads."""

    def __init__(self, texts: pa.LargeStringArray) -> None:
        self._blocks: list[tuple[bytes, int, NDArray[np.int32]]] = []
        for first in range(0, len(texts), _BLOCK):
            some = [each.encode() for each in texts.slice(first, _BLOCK).to_pylist()]
            content = b"[%b]" % b",".join(some)
            # Each begins after a bracket or a comma.
            begins = np.cumsum([1, *(len(each) + 1 for each in some)], dtype=np.int32)
            self._blocks.append((pa.compress(content, codec="lz4", asbytes=True), len(content), begins))
        self._opened = (-1, b"")

    def __getitem__(self, position: int) -> dict[str, Any]:
        number, nth = divmod(position, _BLOCK)
        begins = self._blocks[number][2]
        found: dict[str, Any] = orjson.loads(self._block(number)[begins[nth] : begins[nth + 1] - 1])
        return found

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """All of them, in a quarter of the time that asking for one after another takes."""
        return (body for number in range(len(self._blocks)) for body in orjson.loads(self._block(number)))

    def _block(self, number: int) -> bytes:
        # Most who look at one look at its neighbours next. Read once: another thread may open another block.
        opened, content = self._opened
        if opened != number:
            compressed, size, _ = self._blocks[number]
            content = pa.decompress(compressed, size, codec="lz4", asbytes=True)
            self._opened = (number, content)
        return content


class _Geometries:
    """Well-known binary until the first is asked for; then shapes, and the bytes are let go."""

    def __init__(self, encoded: pa.Array | None, shapes: Shapes | None = None) -> None:
        self._encoded, self._shapes, self._lock = encoded, shapes, Lock()

    @property
    def shapes(self) -> Shapes:
        if self._shapes is None:
            with self._lock:
                if self._shapes is None:
                    self._shapes, self._encoded = _decoded(self._encoded), None
        return self._shapes


def _decoded(encoded: Any) -> Shapes:
    found = np.full(len(encoded), None, dtype=object)
    for first in range(0, len(encoded), _AT_ONCE):
        some = encoded.slice(first, _AT_ONCE)
        found[first : first + _AT_ONCE] = shapely.from_wkb(some.to_numpy(zero_copy_only=False))
    return found


class FeatureTable:
    """The features of one layer in their order, in columns. Nothing of it ever changes, so two that are the same
    object are the same, and what is made of one may be kept as long as it is."""

    def __init__(self, layer: str, ids: pa.Array, texts: pa.Array, geometries: _Geometries) -> None:
        self.layer, self.ids = layer, ids
        self._bodies, self._geometries = _Bodies(texts), geometries
        self._named: dict[str, tuple[int, ...]] = {}
        self._less: dict[tuple[frozenset[str], frozenset[str]], FeatureTable] = {}
        # Those that name others in any list, found while the texts are at hand.
        self._naming = np.flatnonzero(pc.match_substring_regex(texts, r'":\s*\[\s*[^\]\s]').to_numpy(False))

    @classmethod
    def read(cls, layer: str, columns: pa.Table) -> "FeatureTable":
        """From the columns ``id``, ``geometry`` and ``body`` of the lake."""
        ids = columns["id"].cast(pa.large_string()).combine_chunks()
        texts = columns["body"].cast(pa.large_string()).combine_chunks()
        geometries = columns["geometry"].cast(pa.large_binary()).combine_chunks()
        return cls(layer, ids, texts, _Geometries(geometries))

    @classmethod
    def of(cls, layer: str, rows: Sequence[FeatureRow]) -> "FeatureTable":
        """From features that somebody made."""
        shapes = np.full(len(rows), None, dtype=object)
        shapes[:] = [row.geometry for row in rows]
        texts = pa.array([orjson.dumps(dict(row.properties)).decode() for row in rows], pa.large_string())
        return cls(layer, pa.array([row.id for row in rows], pa.large_string()), texts, _Geometries(None, shapes))

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def geometries(self) -> Shapes:
        """Every geometry in WGS 84 degrees; None of one without a position. Not to be changed."""
        return self._geometries.shapes

    def properties(self, position: int) -> dict[str, Any]:
        """What the feature at a position says, as JSON holds it."""
        return self._bodies[position]

    def row(self, position: int) -> FeatureRow:
        """The feature at a position."""
        ident = self.ids[position].as_py()
        return FeatureRow(self.layer, ident, self.geometries[position], self.properties(position))

    def __iter__(self) -> Iterator[FeatureRow]:
        listed = zip(self._ids(), self.geometries, self._bodies, strict=True)
        return (FeatureRow(self.layer, ident, shape, properties) for ident, shape, properties in listed)

    def bodies(self) -> Iterator[dict[str, Any]]:
        """What each of them says, in their order."""
        return iter(self._bodies)

    def _ids(self) -> Iterator[str]:
        """Every id, some thousand at a time."""
        some = (self.ids.slice(first, _AT_ONCE).to_pylist() for first in range(0, len(self), _AT_ONCE))
        return chain.from_iterable(some)

    @cached_property
    def _index(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The hash of each id, sorted, and whose it is: a tenth of the room that a dictionary of them takes."""
        hashes = np.fromiter((hash(each) for each in self._ids()), np.int64, len(self))
        order = np.argsort(hashes, kind="stable")
        return hashes[order], order.astype(np.int32)

    def position(self, ident: str) -> int | None:
        """Where the feature of an id stands; None where it is of another layer, or nowhere."""
        hashes, order = self._index
        sought = hash(ident)
        at = int(np.searchsorted(hashes, sought))
        while at < len(hashes) and hashes[at] == sought:
            found = int(order[at])
            if self.ids[found].as_py() == ident:
                return found
            at += 1
        return None

    def positions(self, idents: pa.Array) -> pa.Array:
        """Where the features of some ids stand; null for those of other layers."""
        return pc.index_in(idents, value_set=self.ids)

    def naming(self, column: str) -> tuple[int, ...]:
        """The positions of those whose list of that name is not empty."""
        if column not in self._named:
            self._named[column] = tuple(each for each in self._naming.tolist() if self.properties(each).get(column))
        return self._named[column]

    @cached_property
    def sources(self) -> frozenset[str]:
        """The documents that they name."""
        return frozenset(each["source"] for each in self._bodies)

    def less(self, hidden: frozenset[str], gone: frozenset[str]) -> "FeatureTable":
        """The same without ``hidden`` properties, naming none of the features that are ``gone``; this very table where
        that changes nothing, and the same table each time."""
        named = {name: self.naming(name) for name in ("monitors", "watercourses")}
        lists = {ident for name, rows in named.items() for row in rows for ident in self.properties(row)[name]}
        key = hidden, gone & lists
        if not any(key):
            return self
        if key not in self._less:
            self._less = {key: self._without(*key)}
        return self._less[key]

    def _without(self, hidden: frozenset[str], gone: frozenset[str]) -> "FeatureTable":
        texts = []
        for body in self._bodies:
            kept = {name: value for name, value in body.items() if name not in hidden}
            for name in ("monitors", "watercourses"):
                if kept.get(name):
                    kept[name] = [each for each in kept[name] if each not in gone]
            texts.append(orjson.dumps(kept).decode())
        return FeatureTable(self.layer, self.ids, pa.array(texts, pa.large_string()), self._geometries)


class Features(Sequence[FeatureRow]):
    """Features of several layers, one layer after another; each is made when it is looked at."""

    def __init__(self, tables: Iterable[FeatureTable]) -> None:
        self.tables = {table.layer: table for table in tables}
        self._listed = list(self.tables.values())
        self._begins = list(accumulate(map(len, self._listed), initial=0))

    @classmethod
    def of(cls, rows: Iterable[FeatureRow]) -> "Features":
        """From features that somebody made, by layer as the first of each comes; these, where they are such already."""
        if isinstance(rows, Features):
            return rows
        by_layer: dict[str, list[FeatureRow]] = {}
        for row in rows:
            by_layer.setdefault(row.layer, []).append(row)
        return cls(FeatureTable.of(layer, some) for layer, some in by_layer.items())

    def only(self, layers: Iterable[str]) -> "Features":
        """Those of some layers, in the order of these."""
        return Features(self.tables[each] for each in layers if each in self.tables)

    def where(self, holds: Callable[[str], bool]) -> "Features":
        """Those of the layers of which something holds."""
        return self.only(filter(holds, self.tables))

    def __len__(self) -> int:
        return self._begins[-1]

    def __iter__(self) -> Iterator[FeatureRow]:
        return chain.from_iterable(self._listed)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Features):
            return NotImplemented
        return self._listed == other._listed or (len(self) == len(other) and all(map(FeatureRow.__eq__, self, other)))

    __hash__ = None  # type: ignore[assignment]

    @overload
    def __getitem__(self, position: int) -> FeatureRow: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[FeatureRow]: ...
    def __getitem__(self, position: int | slice) -> FeatureRow | Sequence[FeatureRow]:
        if isinstance(position, slice):
            return [self[each] for each in range(*position.indices(len(self)))]
        table, own = self.place(position)
        return table.row(own)

    def place(self, position: int) -> tuple[FeatureTable, int]:
        """The table that a position lies in, and where in it. Raises IndexError."""
        nth = range(len(self))[position]
        at = bisect_right(self._begins, nth) - 1
        return self._listed[at], nth - self._begins[at]

    def bodies(self, positions: Sequence[int]) -> Iterator[dict[str, Any]]:
        """What those at some positions say; all of them, from the first to the last, are told the quickest."""
        if isinstance(positions, range) and positions == range(len(self)):
            return chain.from_iterable(table.bodies() for table in self._listed)
        places = (self.place(each) for each in positions)
        return (table.properties(at) for table, at in places)

    def position(self, ident: str) -> int | None:
        """Where the feature of an id stands; None where there is none."""
        for begin, table in zip(self._begins, self._listed, strict=False):
            found = table.position(ident)
            if found is not None:
                return begin + found
        return None

    def naming(self, column: str) -> Iterator[int]:
        """The positions of those whose list of that name is not empty, in order."""
        for begin, table in zip(self._begins, self._listed, strict=False):
            yield from (begin + each for each in table.naming(column))

    @property
    def ids(self) -> Iterator[str]:
        """The id of each, in their order."""
        return chain.from_iterable(table.ids.to_pylist() for table in self._listed)

    def ids_at(self, positions: Sequence[int]) -> list[str]:
        """The ids of those at some positions."""
        if isinstance(positions, range) and positions == range(len(self)):
            return list(self.ids)
        return [table.ids[at].as_py() for table, at in map(self.place, positions)]

    @property
    def geometries(self) -> Shapes:
        """The geometry of each, in their order; None of one without a position."""
        if len(self._listed) == 1:
            return self._listed[0].geometries
        return np.concatenate([np.empty(0, dtype=object), *(table.geometries for table in self._listed)])
