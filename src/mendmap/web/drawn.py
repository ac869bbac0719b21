"""The pictures of an atlas as JSON tells them: what they show and when, where, whose, and what their colours mean.

Not here: their tiles (``routes.rasters``).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mendmap.atlas.model import Atlas
from mendmap.catalogue.imagery import Raster
from mendmap.catalogue.records import names
from mendmap.errors import RasterError
from mendmap.exports.rasters import Stocked
from mendmap.rasters.handles import Frame
from mendmap.rasters.legend import Legend, legend
from mendmap.rasters.look import look
from mendmap.rasters.pictures import Picture
from mendmap.web import describe
from mendmap.web.drawers import Drawers
from mendmap.words.languages import Language
from mendmap.words.phrases import say


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Drawn:
    """A picture, and the file that it is drawn of."""

    picture: Picture
    stocked: Stocked

    @property
    def path(self) -> Path:
        """Where the file is, or would be."""
        return self.stocked.place

    @property
    def scenes(self) -> tuple[Raster, ...]:
        """The scenes it shows, of which a difference has many, or none."""
        return (self.picture.raster,) if self.picture.raster else self.stocked.scenes


def every(atlas: Atlas, stock: Mapping[str, Stocked], before: Mapping[str, Drawn] | None = None) -> dict[str, Drawn]:
    """Every picture of an atlas by its name; those that were there ``before``, alike, stay the same objects."""
    found = {}
    for ident, each in atlas.pictures.items():
        of = each.raster or each.difference
        assert of is not None
        new = Drawn(each, stock[of.id])
        old = before.get(ident) if before else None
        found[ident] = old if old is not None and old == new else new
    return found


def listed(atlas: Atlas, found: Drawn, drawers: Drawers, language: Language, base: str, end: str) -> dict[str, Any]:
    """A picture as ``/rasters.json`` lists it, in a language; addresses of tiles begin with ``base``, and ``end`` with
    what keeps to another time. Where its file is not there, ``ready`` is false, and ``missing`` says what to do."""
    picture = found.picture
    raster, index, difference = _parts(picture)
    entry: dict[str, Any] = {
        "id": picture.id,
        "name": name(atlas, picture, language),
        "kind": picture.kind,
        "raster": raster.id if raster else None,
        "index": index.id if index else None,
        "index_name": names(index.name, (language.id, *atlas.place.languages)) if index else None,
        "taken": raster.taken.text if raster and raster.taken else None,
        "before": difference.before.text if difference else None,
        "after": difference.after.text if difference else None,
        "ready": True,
        "bounds": None,
        "minzoom": None,
        "maxzoom": None,
        "tiles": f"{base}/rasters/{picture.id}/{{z}}/{{x}}/{{y}}.webp{end}",
        "legend": told(legend(picture, look(picture)), language),
        "attribution": attribution(atlas, found),
        "licence": _together(each.licence for each in found.scenes),
        "source": describe.source(atlas, raster.source) if raster and raster.source in atlas.sources else None,
        "scenes": [each.id for each in found.scenes] if difference else None,
        "note": language.say((difference or index or raster).note),
    }
    try:
        frame = frame_of(found, drawers)
    except RasterError as error:
        return {**entry, "ready": False, "missing": language.say(str(error))}
    return {**entry, "bounds": list(frame.bounds), "minzoom": frame.minzoom, "maxzoom": frame.maxzoom}


def _parts(picture: Picture) -> tuple[Any, Any, Any]:
    return picture.raster, picture.index, picture.difference


def attribution(atlas: Atlas, found: Drawn) -> str:
    """Whom to name beside a picture."""
    return _together(each.attribution for each in found.scenes) or atlas.place.attribution


def missing(found: Drawn) -> str:
    """Where the file of a picture is not there, what is to be done, for those who keep the lake; else empty."""
    if found.path.exists():
        return ""
    if found.picture.difference:
        return f"{found.picture.id} has not been computed yet; mendmap raster stats computes it"
    return f"the file of {found.picture.id} is not beside the lake; mendmap load brings it there"


def frame_of(found: Drawn, drawers: Drawers) -> Frame:
    """Where a picture is. Raises RasterError where its file is not there, or cannot be used."""
    if reason := missing(found):
        raise RasterError(reason)
    return drawers.frame(found.path)


def told(found: Legend, language: Language) -> dict[str, Any]:
    """A legend in a language."""
    return {
        "unit": found.unit,
        "entries": [
            {"value": each.value, "color": each.color, "label": language.say(each.label)} for each in found.entries
        ],
        "notes": [language.say(each) for each in found.notes],
    }


def name(atlas: Atlas, picture: Picture, language: Language) -> str:
    """What a picture is called in a language."""
    languages = (language.id, *atlas.place.languages)
    raster, index, difference = _parts(picture)
    if difference:
        return names(difference.name, languages)
    if raster and index:
        parts = {"picture": names(raster.name, languages), "index": names(index.name, languages)}
        return language.say(say("{picture}: {index}", **parts))
    return names(raster.name, languages)


def _together(texts: Iterable[str | None]) -> str:
    return "; ".join(dict.fromkeys(text for text in texts if text))
