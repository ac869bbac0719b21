"""The tables of verdicts and answers, of the synthetic Testford: filtered, typed, explained, as of a moment."""

import io
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet
import pytest
from assessed_place import assessed, later
from fastapi.testclient import TestClient
from place import Testford
from test_download_filters import rows_of
from test_lake import load, read

from mendmap.atlas.build import build
from mendmap.exports.assessed import FIELDS
from mendmap.settings import Settings
from mendmap.web.app import create_app

SERIES = "chimney.so2.24h"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("assessed")
    place = assessed(Testford(folder / "testford"))
    load(place, folder / "lake")
    load(later(place), folder / "lake")
    return folder / "lake"


@pytest.fixture(scope="module")
def client(lake: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(lake=str(lake)))) as found:
        yield found


def test_a_verdict_stands_with_its_limit_law_reason_and_sentence(client: TestClient) -> None:
    (row,) = (
        each
        for each in rows_of(client, "verdicts.csv?station=chimney")
        if (each["series"], each["limit"], each["period"]) == (SERIES, "yearly", "2020")
    )
    assert list(row) == [each.name for each in FIELDS["verdicts"]]
    assert (float(row["value"]), float(row["limit_value"]), row["unit"]) == (80, 40, "ug/m3")
    assert (float(row["percent"]), row["outcome"], row["reason"], row["in_force"]) == (200, "exceeds", "", "yes")
    assert (row["count"], row["expected"], row["clause"]) == ("366", "366", "Annex XI")
    assert row["says"].startswith("The mean of 2020 is 80 ug/m3; the limit is 40 ug/m3; 366 of 366 days")


@pytest.mark.parametrize(
    ("query", "stations", "periods"),
    [
        ("site=heap", {"chimney", "ghost"}, {str(year) for year in range(2016, 2023)}),
        ("site=mirror", set(), set()),
        ("station=ghost", {"ghost"}, {"2020"}),
        ("parameter=cu", set(), set()),
        ("parameter=so2&datetime=2019-05-01/2020-01-01", {"chimney", "ghost"}, {"2019", "2020"}),
        ("datetime=../2016-01-01T00:00Z", {"chimney"}, {"2016"}),
        ("as-of=1&datetime=2021-12-31/..", {"chimney"}, {"2021"}),
    ],
)
def test_verdicts_are_those_that_are_asked_for(
    client: TestClient, query: str, stations: set[str], periods: set[str]
) -> None:
    rows = rows_of(client, f"verdicts.csv?{query}")
    assert {each["station"] for each in rows} == stations
    assert {each["period"] for each in rows} == periods


def test_limits_to_come_are_there_and_say_that_they_are_not_in_force(client: TestClient) -> None:
    rows = rows_of(client, "verdicts.csv")
    assert {each["in_force"] for each in rows if each["limit"] == "to_come"} == {"no"}
    assert {each["jurisdiction"] for each in rows} == {"EU", "WHO"}


def test_answers_are_those_that_the_lake_keeps(client: TestClient, lake: Path) -> None:
    rows = rows_of(client, "answers.csv")
    kept = build(read(lake)).answers.table
    assert [each["statistic"] for each in rows] == kept.column("statistic").to_pylist()
    trend = next(each for each in rows if (each["series"], each["statistic"]) == (SERIES, "trend"))
    assert (trend["outcome"], trend["unit"], float(trend["value"])) == ("falling", "ug/m3", -30)
    over = next(each for each in rows if each["against"] == "filter" and each["series"] == SERIES)
    assert float(over["before"]) - float(over["after"]) == pytest.approx(-float(over["value"]))


def test_every_format_has_the_same_rows_typed(client: TestClient) -> None:
    for name in ("verdicts", "answers"):
        rows = rows_of(client, f"{name}.csv")
        parquet = pyarrow.parquet.read_table(io.BytesIO(client.get(f"/downloads/{name}.parquet").content))
        assert (parquet.schema.field("value").type, parquet.schema.field("count").type) == (pa.float64(), pa.int64())
        book = openpyxl.load_workbook(io.BytesIO(client.get(f"/downloads/{name}.xlsx").content))
        _, *cells = book[name].iter_rows(values_only=True)
        assert [row["outcome"] or None for row in rows] == [word or None for word in parquet["outcome"].to_pylist()]
        assert len(rows) == len(cells)
        assert "snapshot" in {each[0].value for each in book["about"].iter_rows()}


def test_the_listing_counts_and_explains_them(client: TestClient) -> None:
    listed = {each["name"]: each for each in client.get("/downloads.json").json()["downloads"]}
    for name in ("verdicts", "answers"):
        assert listed[name]["rows"] == len(rows_of(client, f"{name}.csv"))
        assert listed[name]["filters"] == ["site", "station", "parameter", "datetime", "as-of"]
        assert all(each["meaning"] for each in listed[name]["columns"])
    refused = client.get("/downloads/verdicts.csv?quality=valid")
    assert refused.status_code == 400
    assert "verdicts has no filter quality" in refused.json()["detail"]


def test_statements_stand_with_what_came_of_checking_them(client: TestClient) -> None:
    (row,) = rows_of(client, "statements.csv?as-of=1")
    told = client.get("/statements/tenfold.json").json()
    assert (row["outcome"], row["because"], float(row["computed"])) == ("consistent", told["because"], 0.1)
    assert {"outcome", "because", "computed"} <= {
        each["name"]
        for each in next(
            each for each in client.get("/downloads.json").json()["downloads"] if each["name"] == "statements"
        )["columns"]
    }
