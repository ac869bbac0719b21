"""Services of the open standards for tests, on a server of this machine: OGC API Features, WFS, the Water Quality
Portal and SensorThings. All that they hold is synthetic and of our own making; the GML is what GDAL writes.
"""

import csv
import io
import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas
import pyogrio
import shapely
from feed_server import Asked, FeedServer, Reply, SensorThings
from shapely.geometry.base import BaseGeometry

CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text"
_URN = "urn:ogc:def:crs:EPSG::4326"
_SRS = {"OGC_URN": _URN, "SHORT": "EPSG:4326", "OGC_URL": "http://www.opengis.net/def/crs/EPSG/0/4326"}

Features = Sequence[tuple[str, Mapping[str, Any], BaseGeometry | None]]


def as_json(features: Features) -> list[dict[str, Any]]:
    """Features as GeoJSON has them."""
    return [
        {
            "type": "Feature",
            "id": ident,
            "properties": dict(properties),
            "geometry": json.loads(shapely.to_geojson(geometry)) if geometry is not None else None,
        }
        for ident, properties, geometry in features
    ]


class OgcFeatures:
    """OGC API Features with one collection, ``heaps``, some features to a page. ``said`` is what it says of how many
    there are (None: nothing), ``link_to`` where its links lead, ``change`` what becomes of a page before it is sent."""

    def __init__(self, server: FeedServer, features: Features, page: int = 2) -> None:
        self.server, self.features, self.page = server, as_json(features), page
        self.said: int | None = len(features)
        self.link_to = server.url
        self.change = lambda body: body
        self.conforms = [CQL2]
        server.answers["/api/conformance"] = lambda _: _json({"conformsTo": self.conforms})
        server.answers["/api/collections/heaps"] = lambda _: _json({"id": "heaps", "links": self._links()})
        server.answers["/api/collections/heaps/items"] = self._items

    @property
    def url(self) -> str:
        return f"{self.server.url}/api"

    def _links(self) -> list[dict[str, str]]:
        items = f"{self.link_to}/api/collections/heaps/items"
        return [
            {"rel": "items", "type": "text/html", "href": f"{items}?f=html"},
            {"rel": "items", "type": "application/geo+json", "href": f"{items}?f=json"},
        ]

    def _items(self, asked: Asked) -> Reply:
        start = int(asked.query.get("offset", 0))
        body: dict[str, Any] = {
            "type": "FeatureCollection",
            "features": self.features[start : start + self.page],
            "links": [],
        }
        if self.said is not None:
            body["numberMatched"] = self.said
        if start + self.page < len(self.features):
            href = f"{self.link_to}/api/collections/heaps/items?f=json&offset={start + self.page}"
            body["links"] = [{"rel": "next", "href": href}]
        return _json(self.change(body))


def _json(body: Any) -> Reply:
    return Reply(json.dumps(body).encode(), headers={"Content-Type": "application/json"})


class Wfs:
    """A WFS with the type ``app:heaps``. ``spelling`` is how it writes its system (``_SRS``), ``forms`` the formats
    that it offers, ``page`` the most features that it hands out at once, ``paged`` whether it can go on from there."""

    def __init__(self, server: FeedServer, features: Features, version: str = "2.0.0") -> None:
        self.server, self.features, self.version = server, features, version
        self.spelling, self.forms, self.page, self.paged = "OGC_URN", ["application/gml+xml; version=3.2"], 1000, True
        self.said: str | None = None
        server.answers["/wfs"] = self.reply

    @property
    def url(self) -> str:
        return f"{self.server.url}/wfs?map=/data/heaps.map"

    def reply(self, asked: Asked) -> Reply:
        query = {name.lower(): value for name, value in asked.query.items()}
        assert query["service"] == "WFS"
        assert query["map"] == "/data/heaps.map"
        if query["request"] == "GetCapabilities":
            return Reply(self.capabilities())
        assert query["version"] == self.version
        assert query["typenames" if self.version == "2.0.0" else "typename"] == "app:heaps"
        if query.get("resulttype") == "hits":
            return Reply(self._collection("", 0))
        start = int(query.get("startindex", 0)) if self.paged else 0
        some = self.features[start : start + min(self.page, int(query.get("count", self.page)))]
        if "json" in query.get("outputformat", ""):
            return _json({"type": "FeatureCollection", "features": as_json(some)})
        return Reply(self._collection(self._members(some), len(some)))

    def capabilities(self) -> bytes:
        values = "".join(f"<ows:Value>{each}</ows:Value>" for each in self.forms)
        new = self.version == "2.0.0"
        formats = f"<ows:AllowedValues>{values}</ows:AllowedValues>" if new else values
        paging = "TRUE" if self.paged else "FALSE"
        crs = "DefaultCRS" if new else "DefaultSRS"
        return f"""<?xml version="1.0" encoding="UTF-8"?>
<wfs:WFS_Capabilities version="{self.version}" xmlns:wfs="http://www.opengis.net/wfs/2.0"
  xmlns:app="http://example.org/app" xmlns:ows="http://www.opengis.net/ows/1.1">
  <ows:OperationsMetadata><ows:Operation name="GetFeature">
    <ows:DCP><ows:HTTP><ows:Get href="http://other.example/wfs"/></ows:HTTP></ows:DCP>
    <ows:Parameter name="outputFormat">{formats}</ows:Parameter>
    <ows:Constraint name="CountDefault"><ows:NoValues/><ows:DefaultValue>{self.page}</ows:DefaultValue></ows:Constraint>
  </ows:Operation>
  <ows:Constraint name="ImplementsResultPaging"><ows:DefaultValue>{paging}</ows:DefaultValue></ows:Constraint>
  </ows:OperationsMetadata>
  <wfs:FeatureTypeList><wfs:FeatureType><wfs:Name>app:heaps</wfs:Name>
    <wfs:{crs}>{_SRS[self.spelling]}</wfs:{crs}></wfs:FeatureType></wfs:FeatureTypeList>
</wfs:WFS_Capabilities>""".encode()

    def _collection(self, members: str, count: int) -> bytes:
        if self.version != "2.0.0":
            numbers = f'numberOfFeatures="{self.said or (count if members else len(self.features))}"'
        else:
            numbers = f'numberMatched="{self.said or len(self.features)}" numberReturned="{count}"'
        gml = "http://www.opengis.net/gml/3.2" if self.version == "2.0.0" else "http://www.opengis.net/gml"
        end = "</wfs:FeatureCollection>"
        return f"""<?xml version="1.0" encoding="UTF-8"?>
<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:gml="{gml}" {numbers}
  xmlns:ogr="http://ogr.maptools.org/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://ogr.maptools.org/ {self.server.url}/schema.xsd">{members}{end}""".encode()

    def _members(self, features: Features) -> str:
        """Features as GDAL writes them, with the ids that they have here."""
        if not features:
            return ""
        frame = geopandas.GeoDataFrame(
            [dict(properties) for _, properties, _ in features],
            geometry=[geometry for *_, geometry in features],
            crs="EPSG:4326",
        )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "some.gml"
            form = "GML3.2" if self.version == "2.0.0" else "GML3"
            options = {"FORMAT": form, "SRSNAME_FORMAT": self.spelling}
            pyogrio.write_dataframe(frame, path, driver="GML", layer="heaps", **options)
            text = path.read_text("utf-8")
        for nth, (ident, *_) in enumerate(features):
            text = re.sub(rf'<ogr:heaps gml:id="[^"]*\.{nth}"', f'<ogr:heaps gml:id="{ident}"', text)
        member = "wfs:member" if self.version == "2.0.0" else "gml:featureMember"
        begin, end = text.index("<ogr:featureMember>"), text.rindex("</ogr:FeatureCollection>")
        return text[begin:end].replace("ogr:featureMember", member)


def as_csv(rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> bytes:
    """Rows as CSV, blank where they say nothing."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


class Portal:
    """A portal of water quality, in either edition: ``stations`` and ``results`` are rows under its own columns."""

    STATION = (
        *("OrganizationFormalName", "MonitoringLocationIdentifier", "MonitoringLocationName"),
        *("MonitoringLocationTypeName", "LatitudeMeasure", "LongitudeMeasure"),
        *("HorizontalAccuracyMeasure/MeasureValue", "HorizontalAccuracyMeasure/MeasureUnitCode"),
        *("HorizontalCollectionMethodName", "HorizontalCoordinateReferenceSystemDatumName", "ProviderName"),
    )
    RESULT = (
        *("OrganizationIdentifier", "ActivityIdentifier", "ActivityTypeCode", "ActivityStartDate"),
        *("ActivityStartTime/Time", "ActivityStartTime/TimeZoneCode", "MonitoringLocationIdentifier"),
        *("ResultIdentifier", "CharacteristicName", "ResultSampleFractionText", "ResultMeasureValue"),
        *("ResultMeasure/MeasureUnitCode", "ResultStatusIdentifier", "ResultCommentText", "ProviderName"),
    )

    def __init__(self, server: FeedServer) -> None:
        self.server = server
        self.stations: list[dict[str, str]] = []
        self.results: list[dict[str, str]] = []
        server.answers["/data/Station/search"] = lambda _: Reply(as_csv(self.stations, self.STATION))
        server.answers["/data/Result/search"] = self._results

    @property
    def url(self) -> str:
        return f"{self.server.url}/data"

    def station(self, ident: str, longitude: float, latitude: float, datum: str = "NAD83", **more: str) -> None:
        row = {"MonitoringLocationIdentifier": ident, "MonitoringLocationName": f"Synthetic {ident}"}
        row |= {"LongitudeMeasure": str(longitude), "LatitudeMeasure": str(latitude)}
        self.stations.append(row | {"HorizontalCoordinateReferenceSystemDatumName": datum} | more)

    def result(self, station: str, day: str, characteristic: str, value: str, **more: str) -> None:
        number = str(len(self.results) + 1)
        row = {
            "OrganizationIdentifier": "SYN",
            "ActivityIdentifier": f"A{number}",
            "ActivityTypeCode": "Sample-Routine",
        }
        row |= {"ActivityStartDate": day, "ActivityStartTime/Time": "10:00:00", "ActivityStartTime/TimeZoneCode": "EST"}
        row |= {"MonitoringLocationIdentifier": station, "ResultIdentifier": number, "ResultStatusIdentifier": "Final"}
        row |= {"CharacteristicName": characteristic, "ResultSampleFractionText": "Dissolved"}
        row |= {"ResultMeasureValue": value, "ResultMeasure/MeasureUnitCode": "ug/l"}
        self.results.append(row | more)

    def _results(self, asked: Asked) -> Reply:
        names = asked.query["characteristicName"].split(";")
        rows = [
            each
            for each in self.results
            if each["MonitoringLocationIdentifier"] == asked.query["siteid"] and each["CharacteristicName"] in names
        ]
        return Reply(as_csv(rows, self.RESULT))


class Sensors(SensorThings):
    """A SensorThings service with Things too, each with a Location and the Datastreams of ``SensorThings``. ``spatial``
    says whether it can compare places; where it cannot, it answers 501."""

    def __init__(self, server: FeedServer, page: int = 3) -> None:
        super().__init__(server, page)
        self.spatial = True
        self.things: list[dict[str, Any]] = []
        server.answers["/v1.1/Things"] = self._things
        for nth, name in ((1, "chimney"), (2, "ghost")):
            server.answers[f"/v1.1/Things('{name}')/Datastreams"] = self._of_thing(nth)

    def thing(self, ident: str | int, x: float, y: float, observes: Sequence[str] = ("so2",), **more: Any) -> None:
        location = {"type": "Point", "coordinates": [x, y]}
        entry: dict[str, Any] = {
            "@iot.id": ident,
            "name": f"Synthetic {ident}",
            "Locations": [{"encodingType": "application/geo+json", "location": location}],
            "Datastreams": [{"name": each, "ObservedProperty": {"name": each}} for each in observes],
        }
        self.things.append(entry | more)

    def _of_thing(self, nth: int) -> Any:
        return lambda _: _json({"value": [self._about(nth)]})

    def _things(self, asked: Asked) -> Reply:
        if "st_within" in asked.query.get("$filter", "") and not self.spatial:
            return Reply(b'{"code": 501, "message": "not here"}', 501)
        first = int(asked.query.get("$skip", 0))
        body: dict[str, Any] = {"value": self.things[first : first + self.page]}
        if first + self.page < len(self.things):
            body["@iot.nextLink"] = f"{self.link_to}/v1.1/Things?$skip={first + self.page}"
        return _json(body)
