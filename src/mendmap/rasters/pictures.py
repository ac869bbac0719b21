"""Pictures: what can be drawn of a catalogue's rasters, each by the name that its address has.

A raster has the picture of its own id (its colours, or for a model of the ground its relief), and one for each index
that its bands give, named ``raster.index``; a difference has the picture of its id. Not here: drawing them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mendmap.catalogue.imagery import Difference, Index, Raster
from mendmap.rasters.indices import INDICES, bands_of

# The bands that are drawn as the eye would see them.
COLOURS = ("red", "green", "blue")


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn: of ``raster`` its ``index``, or its own colours or relief where that is None; or a
    ``difference``."""

    id: str
    raster: Raster | None = None
    index: Index | None = None
    difference: Difference | None = None

    @property
    def kind(self) -> str:
        """What its tiles show: ``colours``, ``index``, ``difference`` or ``relief``."""
        if self.difference:
            return "difference"
        if self.index:
            return "index"
        return "relief" if self.raster and self.raster.shows == "elevation" else "colours"


def indices_of(own: Mapping[str, Index]) -> dict[str, Index]:
    """Every index by id: those that a catalogue has of its own go before ours."""
    return {**INDICES, **own}


def of_raster(raster: Raster, indices: Mapping[str, Index]) -> Iterator[Picture]:
    """What can be drawn of a raster; ``indices`` are those that ``indices_of`` gives."""
    if raster.shows == "elevation" or len(raster.bands) == 1 or set(COLOURS) <= set(raster.bands):
        yield Picture(raster.id, raster)
    for index in indices.values() if raster.shows == "scene" else ():
        if set(bands_of(index)) <= set(raster.bands):
            yield Picture(f"{raster.id}.{index.id}", raster, index)


def pictures(
    rasters: Mapping[str, Raster], indices: Mapping[str, Index], differences: Mapping[str, Difference]
) -> dict[str, Picture]:
    """Every picture by its name; ``indices`` are those of the catalogue's own."""
    known = indices_of(indices)
    found = [picture for raster in rasters.values() for picture in of_raster(raster, known)]
    found += [Picture(each.id, index=known[each.index], difference=each) for each in differences.values()]
    return {each.id: each for each in found}
