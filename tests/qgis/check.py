"""Opens a running service in QGIS, headless: each layer by OGC API Features, by vector tiles and as a GeoPackage, and
the project of them all; and compares what QGIS has with the service's own GeoJSON.

Run it with the Python of the system, which has Debian's python3-qgis: ``make test-qgis``, or
``python3 tests/qgis/check.py http://127.0.0.1:8000``. It prints a line a layer, and fails where any differs. It needs
nothing of mendmap, so it tells what a stranger's QGIS sees.
"""

import json
import os
import sys
import tempfile
import urllib.request
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (
    NULL,
    Qgis,
    QgsApplication,
    QgsExpression,
    QgsExpressionFunction,
    QgsGeometry,
    QgsMapRendererCustomPainterJob,
    QgsMapSettings,
    QgsProject,
    QgsSymbol,
    QgsVectorLayer,
    QgsVectorTileBasicRenderer,
    QgsVectorTileBasicRendererStyle,
    QgsVectorTileLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QImage, QPainter

TOLERANCE = 1e-6  # degrees


def main(base):
    """Every layer of the service at ``base``."""
    app = QgsApplication([], False)
    app.initQgis()
    print(f"QGIS {Qgis.QGIS_VERSION}")
    faults = []
    listed = json.loads(fetched(f"{base}/ogc/collections?f=json"))["collections"]
    layers = [each["id"] for each in listed if each.get("itemType") == "feature"]
    print(f"{'layer':<16}{'rows':>6}{'OAPIF':>8}{'tiles':>8}{'GPKG':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for layer in layers:
            truth = truths(base, layer)
            seen = [by_features(base, layer), by_tiles(base, layer), by_package(base, layer, Path(folder))]
            told = []
            for way, found in zip(("OAPIF", "tiles", "GPKG"), seen, strict=True):
                wrong = differs(truth, found, ids_only=way == "tiles")
                told.append("same" if not wrong else "WRONG")
                faults += [f"{layer} by {way}: {wrong}"] if wrong else []
            print(f"{layer:<16}{len(truth):>6}" + "".join(f"{each:>8}" for each in told))
        faults += project(base, layers, Path(folder))
    app.exitQgis()
    print("\n".join(faults) or "QGIS sees what the service has.")
    return 1 if faults else 0


def fetched(url):
    """What is at an address."""
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read()


def truths(base, layer):
    """The features of a layer as its GeoJSON download has them: name and shape by id."""
    collection = json.loads(fetched(f"{base}/downloads/{layer}.geojson"))
    return {each["id"]: (each["properties"]["name_en"], shape(each["geometry"])) for each in collection["features"]}


def shape(geometry):
    """A GeoJSON geometry as QGIS has it; None where there is none."""
    if geometry is None:
        return None
    from osgeo import ogr

    return QgsGeometry.fromWkt(ogr.CreateGeometryFromJson(json.dumps(geometry)).ExportToWkt())


def by_features(base, layer):
    """A layer by OGC API Features, page by page; with a fault as text where QGIS cannot open it."""
    source = f"pageSize='7' restrictToRequestBBOX='0' typename='{layer}' url='{base}/ogc'"
    return rows(QgsVectorLayer(source, layer, "OAPIF"))


def by_package(base, layer, folder):
    """A layer as a GeoPackage, opened as a user would, with the style that it carries."""
    path = folder / f"{layer}.gpkg"
    path.write_bytes(fetched(f"{base}/downloads/{layer}.gpkg"))
    opened = QgsVectorLayer(f"{path}|layername={layer}", layer, "ogr")
    if opened.isValid() and opened.isSpatial():
        _, styled = opened.loadDefaultStyle()
        if not styled:
            return "it carries no style that QGIS applies"
    return rows(opened)


def rows(layer):
    """Name and shape by id of what QGIS opened; a text where it could not."""
    if not layer.isValid():
        return f"QGIS cannot open it: {layer.error().summary() or layer.dataProvider().error().summary()}"
    if layer.isSpatial() and layer.crs().authid() not in ("OGC:CRS84", "EPSG:4326"):
        return f"its system is {layer.crs().authid()}"
    found = {}
    for each in layer.getFeatures():
        geometry = each.geometry() if each.hasGeometry() else None
        found[each["id"]] = (each["name_en"] if each["name_en"] != NULL else None, geometry)
    return found


def by_tiles(base, layer):
    """The ids of a layer's features in its one tile of zoom 0, as QGIS decodes them to draw the whole world."""
    tiles = QgsVectorTileLayer(f"type=xyz&url={base}/tiles/{layer}/{{z}}/{{x}}/{{y}}.mvt&zmin=0&zmax=16", layer)
    if not tiles.isValid():
        return "QGIS cannot open its tiles"
    seen = {}
    # QGIS hands out no features of a tile, but asks an expression of each whether to draw it.
    witness = Witness(seen)
    QgsExpression.registerFunction(witness)
    styles = []
    for geometry in (QgsWkbTypes.PointGeometry, QgsWkbTypes.LineGeometry, QgsWkbTypes.PolygonGeometry):
        styles.append(QgsVectorTileBasicRendererStyle("", layer, geometry))
        styles[-1].setFilterExpression('witness("id")')
        styles[-1].setSymbol(QgsSymbol.defaultSymbol(geometry))
    renderer = QgsVectorTileBasicRenderer()
    renderer.setStyles(styles)
    tiles.setRenderer(renderer)
    drawn(tiles)
    QgsExpression.unregisterFunction("witness")
    return seen


class Witness(QgsExpressionFunction):
    """An expression that is always true, and notes what it was asked of."""

    def __init__(self, seen):
        super().__init__("witness", 1, "mendmap")
        self.seen = seen

    def func(self, values, context, parent, node):
        """One feature, by its id."""
        self.seen[values[0]] = None
        return True


def drawn(layer):
    """Draws a layer over the whole world, 256 pixels wide, which is zoom 0."""
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setExtent(layer.extent())
    settings.setOutputSize(QSize(256, 256))
    image = QImage(256, 256, QImage.Format_ARGB32)
    painter = QPainter(image)
    QgsMapRendererCustomPainterJob(settings, painter).renderSynchronously()
    painter.end()


def differs(truth, found, ids_only):
    """How what QGIS has differs from the truth; nothing where it does not."""
    if isinstance(found, str):
        return found
    expected = {ident for ident, (_, geometry) in truth.items() if geometry or not ids_only}
    if set(found) != expected:
        return f"{len(found)} features and not {len(expected)}: {sorted(set(found) ^ expected)[:5]}"
    if ids_only:
        return ""
    for ident, (name, geometry) in truth.items():
        its_name, its = found[ident]
        if its_name != name:
            return f"{ident}: its name is {its_name!r} and not {name!r}"
        if (its is None) != (geometry is None):
            return f"{ident}: one has a shape and the other has none"
        if its is not None and its.hausdorffDistance(geometry) > TOLERANCE:
            return f"{ident}: its shape differs"
    return ""


def project(base, layers, folder):
    """What is wrong with the project of all layers."""
    path = folder / "mendmap.qgz"
    path.write_bytes(fetched(f"{base}/downloads/mendmap.qgz"))
    opened = QgsProject.instance()
    if not opened.read(str(path)):
        return [f"the project cannot be read: {opened.error()}"]
    found = {each.name(): each for each in opened.mapLayers().values()}
    broken = [f"the project's layer {name} is not valid" for name, each in found.items() if not each.isValid()]
    few = [] if len(found) >= len(layers) else [f"the project has {len(found)} layers of {len(layers)}"]
    print(f"project: {len(found)} layers, {len(found) - len(broken)} of them valid")
    return broken + few


if __name__ == "__main__":
    sys.exit(main(sys.argv[1].rstrip("/")))
