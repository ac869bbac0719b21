"""Indices that every catalogue has, beside its own. Bands are named as STAC's common names are."""

from collections.abc import Mapping

from mendmap.catalogue.imagery import Index
from mendmap.rasters.expression import parse
from mendmap.words.phrases import say

INDICES: Mapping[str, Index] = {
    each.id: each
    for each in (
        Index(
            id="ndvi",
            name={"en": "Green plants (NDVI)", "sr-Latn": "Zeleno bilje (NDVI)", "sr-Cyrl": "Зелено биље (NDVI)"},
            expression="(nir - red) / (nir + red)",
            low=-0.2,
            high=0.9,
            palette="greens",
            # Rouse and others 1973: Monitoring vegetation systems in the Great Plains with ERTS.
            note=say("Living leaves reflect near infrared and take in red. Water is below 0, bare ground about 0.1."),
        ),
        Index(
            id="ndwi",
            name={"en": "Open water (NDWI)", "sr-Latn": "Otvorena voda (NDWI)", "sr-Cyrl": "Отворена вода (NDWI)"},
            expression="(green - nir) / (green + nir)",
            low=-0.6,
            high=0.6,
            palette="blues",
            # McFeeters 1996, International Journal of Remote Sensing 17(7).
            note=say(
                "Water takes in near infrared: above 0 it is mostly open water. Shadows and roofs can look like it."
            ),
        ),
        Index(
            id="bare_soil",
            name={"en": "Bare ground (BSI)", "sr-Latn": "Golo tlo (BSI)", "sr-Cyrl": "Голо тло (BSI)"},
            expression="((swir16 + red) - (nir + blue)) / ((swir16 + red) + (nir + blue))",
            low=-0.4,
            high=0.4,
            palette="earths",
            # Rikimaru, Roy and Miyatake 2002: Tropical forest cover density mapping.
            note=say("Dry bare ground reflects short-wave infrared. Buildings look like it."),
        ),
        Index(
            id="iron_oxide",
            name={"en": "Iron oxide (ratio)", "sr-Latn": "Oksid gvožđa (odnos)", "sr-Cyrl": "Оксид гвожђа (однос)"},
            expression="red / blue",
            low=0.5,
            high=3.0,
            palette="rusts",
            # Segal 1982: Theoretical basis for differentiation of ferric-iron bearing minerals.
            note=say("Rust is bright in red and dark in blue. It says nothing of how acid the ground is."),
        ),
    )
}


def bands_of(index: Index) -> tuple[str, ...]:
    """The bands that an index takes."""
    return parse(index.expression).bands
