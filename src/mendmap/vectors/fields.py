"""The columns that every feature has, and those that only some roles have.

A layer may add columns of its own: ``[layer.fields]`` in the catalogue gives each its meaning.
"""

from collections.abc import Sequence

from mendmap.catalogue.model import Layer
from mendmap.words.fields import Field, expanded
from mendmap.words.vocabulary import BASES, MEDIA

FEATURE = (
    Field("id", "id", "Id of the feature, unique in the catalogue.", required=True),
    Field("kind", "word", "Kind of feature, one of its layer's kinds.", required=True),
    Field("name", "names", "Name of the feature", required=True),
    Field("basis", "word", "How its position or outline is known.", required=True, choices=tuple(BASES)),
    Field("accuracy_m", "number", "The true place is within this distance of the one given.", unit="m"),
    Field("source", "id", "Document that the position or outline is taken from.", required=True, refers="source"),
    Field("method", "text", "How the position or outline was got from the source."),
    Field("size", "text", "Known size, in words; the outline is not drawn from it."),
    Field("length_km", "number", "Declared length; the geometry must agree within 1 %.", unit="km"),
    Field("area_ha", "number", "Declared area; the geometry must agree within 1 %.", unit="ha"),
    Field("elevation_m", "number", "Height above sea level.", unit="m"),
    Field("valid_from", "date", "From when the feature is as described."),
    Field("valid_to", "date", "Until when the feature is as described."),
    Field("watercourses", "ids", "Watercourses it lies on, flows into or is part of.", refers="watercourse"),
    Field("note", "text", "What to know about it."),
)
STATION = (
    Field("medium", "word", "What is measured there.", choices=tuple(MEDIA)),
    Field("aliases", "text", "What other formats call it, as prefix:code, separated by semicolons."),
    Field("operator", "text", "Who runs it."),
    Field(
        "monitors",
        "ids",
        "Sites it is there for, as a source or the makers of this catalogue say; the note tells which.",
        refers="site",
    ),
)
WATERCOURSE = (
    Field(
        "start_km",
        "number",
        "Chainage of its first vertex: kilometres from its zero, downstream. Blank: the zero is that vertex.",
        unit="km",
    ),
)
# The columns that only the features of some roles have.
OF_ROLE = {"station": STATION, "watercourse": WATERCOURSE}


def columns(layer: Layer) -> tuple[Field, ...]:
    """Every column that a feature of this layer may have; its own may not change what the shared ones mean."""
    shared = FEATURE + OF_ROLE.get(layer.role, ())
    taken = {each.name for each in shared}
    own = ((name, meaning) for name, meaning in layer.fields.items() if name not in taken)
    return shared + tuple(Field(name, "text", meaning, ours=False) for name, meaning in own)


def withheld(layer: Layer) -> list[str]:
    """Properties that a layer restricts though it has none such, or though no feature can be told without it."""
    free = {each.name for each in columns(layer) if not each.required} - {"accuracy_m"}
    return [name for name in layer.restricted if name not in free]


def twins(layer: Layer, languages: Sequence[str]) -> list[str]:
    """Columns of the layer's own whose names are taken."""
    taken = {each.name for each in (*FEATURE, *STATION, *WATERCOURSE, *expanded(FEATURE, languages))}
    return [name for name in layer.fields if name in taken]
