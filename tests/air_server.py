"""Servers of air quality for tests, shaped like those of the European Environment Agency and of the Serbian one. All
that they have is synthetic: made-up stations of a made-up country, XX."""

import csv
import datetime as dt
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pyarrow as pa
from feed_server import Asked, FeedServer, Reply
from pyarrow import parquet as pq

SO2 = 1
_POLLUTANTS = "http://dd.eionet.europa.eu/vocabulary/aq/pollutant/"
POINTS = (
    "Country", "Air Quality Network", "Air Quality Network Name", "Timezone", "Air Quality Station EoI Code",
    "Air Quality Station Nat Code", "Air Quality Station Name", "Sampling Point Id", "Air Pollutant", "Longitude",
    "Latitude", "Altitude", "Altitude Unit", "Air Quality Station Area", "Air Quality Station Type",
)  # fmt: skip


def hours(year: int) -> list[dt.datetime]:
    """The hours of a year, as a clock shows them."""
    first, after = dt.datetime(year, 1, 1), dt.datetime(year + 1, 1, 1)
    return [first + dt.timedelta(hours=nth) for nth in range((after - first).days * 24)]


def series(
    point: str,
    starts: Sequence[dt.datetime],
    values: Sequence[float],
    pollutant: int = SO2,
    kind: str = "hour",
    verification: int = 1,
    delivered: Sequence[dt.datetime] | None = None,
) -> pa.Table:
    """Readings of one sampling point, in the columns and types of the agency."""
    lasting = dt.timedelta(days=1) if kind == "day" else dt.timedelta(hours=1)
    count = len(starts)
    return pa.table(
        {
            "Samplingpoint": [f"XX/{point}"] * count,
            "Pollutant": pa.array([pollutant] * count, pa.int32()),
            "Start": pa.array(starts, pa.timestamp("ns")),
            "End": pa.array([each + lasting for each in starts], pa.timestamp("ns")),
            "Value": pa.array([Decimal(str(each)) for each in values], pa.decimal128(38, 18)),
            "Unit": ["ug.m-3"] * count,
            "AggType": [kind] * count,
            "Validity": pa.array([1] * count, pa.int32()),
            "Verification": pa.array([verification] * count, pa.int32()),
            "ResultTime": pa.array(delivered or [dt.datetime(2024, 9, 1)] * count, pa.timestamp("ns")),
            "DataCapture": pa.nulls(count, pa.decimal128(38, 18)),
            "FkObservationLog": ["made-up"] * count,
        }
    )


def parquet(table: pa.Table) -> bytes:
    """A file as the agency writes it, with times of 96 bits."""
    sink = io.BytesIO()
    pq.write_table(table, sink, use_deprecated_int96_timestamps=True)
    return sink.getvalue()


def point(ident: str, station: str, x: object, y: object, **more: str) -> dict[str, str]:
    """A row of the agency's list."""
    usual = {
        "Country": "Made-up",
        "Air Quality Network Name": "State network of XX",
        "Timezone": "UTC+01",
        "Air Quality Station EoI Code": station,
        "Air Quality Station Name": f'"Station {station}"',
        "Sampling Point Id": ident,
        "Air Pollutant": "SO2",
        "Longitude": str(x),
        "Latitude": str(y),
        "Altitude": "370",
        "Altitude Unit": "m",
        "Air Quality Station Area": "urban",
        "Air Quality Station Type": "industrial",
    }
    return dict.fromkeys(POINTS, "") | usual | more


@dataclass
class EeaService:
    """The agency's service: ``files`` of each data set by the name of the sampling point, and the ``points`` of its
    list, which comes ``zipped``; ``link_to`` makes the addresses lead to another base address."""

    server: FeedServer
    files: dict[tuple[int, str], Reply] = field(default_factory=dict)
    points: list[dict[str, str]] = field(default_factory=list)
    zipped: bool = True
    link_to: str = ""

    def __post_init__(self) -> None:
        self.server.answers["/ParquetFile/urls"] = self._urls
        self.server.answers["/App/AQViewer/download"] = self._list

    def add(self, dataset: int, name: str, content: pa.Table | Reply) -> None:
        """Adds a file, of the name of its sampling point."""
        reply = content if isinstance(content, Reply) else Reply(parquet(content))
        self.files[dataset, name] = reply
        self.server.answers[_path(dataset, name)] = reply

    def asked(self, part: str) -> int:
        """How often an address with some part in it was asked for."""
        return sum(part in each.path for each in self.server.asked)

    def _urls(self, asked: Asked) -> Reply:
        wanted = json.loads(asked.body)
        assert asked.headers["Content-Type"] == "application/json"
        assert all(each.startswith(_POLLUTANTS) for each in wanted["pollutants"])
        found = [name for dataset, name in self.files if dataset == wanted["dataset"] and "XX" in wanted["countries"]]
        base = self.link_to or self.server.url
        lines = ["ParquetFileUrl", *(f"{base}{_path(wanted['dataset'], name)}" for name in found)]
        return Reply("\ufeff".encode() + "\r\n".join(lines).encode(), headers={"Content-Type": "text/plain"})

    def _list(self, asked: Asked) -> Reply:
        assert dict(asked.query) == {"fqn": "Airquality_Dissem.b2g.measurements", "f": "csv"}
        text = io.StringIO()
        columns = list(self.points[0]) if self.points else POINTS
        writer = csv.DictWriter(text, columns)
        writer.writeheader()
        writer.writerows(self.points)
        if not self.zipped:
            return Reply(text.getvalue().encode())
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("DataExtract.csv", text.getvalue())
        return Reply(packed.getvalue())


def _path(dataset: int, name: str) -> str:
    return f"/airquality-p-{dataset}/XX/{name}.parquet"


@dataclass
class SepaService:
    """The Serbian agency's service, at ``/api/v1``: its ``stations``, and ``observations``, of which it tells those of
    the station and time that are asked for."""

    server: FeedServer
    stations: list[dict[str, Any]] = field(default_factory=list)
    observations: list[dict[str, Any]] = field(default_factory=list)
    about: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.server.answers["/api/v1/stations"] = lambda asked: _json(self.stations)
        self.server.answers["/api/v1/observations"] = self._observed

    @property
    def url(self) -> str:
        return f"{self.server.url}/api/v1"

    def observe(self, station: int, start: dt.datetime, value: Any, symbol: str = "SO2", **more: Any) -> None:
        """Adds the mean of an hour."""
        usual = {
            "station_id": station,
            "parameter_code": symbol,
            "time_start_utc": start.isoformat().replace("+00:00", "Z"),
            "time_end_utc": (start + dt.timedelta(hours=1)).isoformat().replace("+00:00", "Z"),
            "value": value,
            "unit": "mg.m-3" if symbol == "CO" else "ug.m-3",
            "data_status": "preliminary",
            "aggregation_type": "hourly_mean",
            "coverage": 1,
        }
        self.observations.append(usual | more)

    def _observed(self, asked: Asked) -> Reply:
        station, begin, end = asked.query["station_id"], asked.query["from"], asked.query["to"]
        found = [
            each
            for each in self.observations
            if str(each["station_id"]) == station and begin <= str(each.get("time_start_utc", begin)) < end
        ]
        return _json({"data_status": "preliminary", "retention_days": 30, "data": found} | dict(self.about))


def _json(body: Any) -> Reply:
    return Reply(json.dumps(body).encode(), headers={"Content-Type": "application/json"})
