"""Restricted things do not exist for those who may not see them: every address is asked, and searched for their words,
numbers and places."""

import io
import logging
import re
import struct
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from fastapi import FastAPI
from fastapi.testclient import TestClient
from place import Testford, feature, point, polygon
from test_as_of import load

from mendmap.cli import main
from mendmap.lake import contents, keys, ledger
from mendmap.lake.connection import open_lake
from mendmap.lake.screen import looked_at
from mendmap.settings import Settings
from mendmap.web.app import create_app

# Words and numbers that only restricted things have, as bytes that any file would show.
STAFF = ("quokka", "wombat", "xenonium", "987.654321", "20.6123", "zorilla")
REGULATOR = ("numbat", "20.6987")
DOUBLES = {text: struct.pack("<d", float(text)) for text in ("987.654321", "20.6123", "20.6987")}
VAULT = [[20.6987, 44.61], [20.7, 44.61], [20.7, 44.62], [20.6987, 44.62], [20.6987, 44.61]]
STATEMENT = """
[[statement]]
id = "numbat_claim"
claim = "The numbat is safe."
claimant = "Works Ltd"
sites = ["numbat"]
source = "numbat_survey"
check = "evidence"
wanted = "A survey of the numbat."
"""
# Sites by their kind, of which one is for regulators.
UNION = """
[[layer]]
id = "sites"
color = "#336699"
quiet = ["vault"]
by = "kind"
[[layer.class]]
value = "lake"
name_en = "Lakes"
[[layer.class]]
value = "vault"
name_en = "Numbat dens"
"""


def restricted(folder: Path) -> Testford:
    """Testford with a layer of stations for staff, one of sites for regulators, and properties for staff; and all that
    may hang on them."""
    place = Testford(folder)
    place.layers["wells"] = {
        "role": "station",
        "kind": "well",
        "geometry": '["Point"]',
        "more": 'access = "staff"',
        "features": [
            feature("quokka", "well", point(20.6123, 44.5001), medium="surface_water", monitors="mirror") | {},
            feature("quokka_b", "well", point(20.61234, 44.5002), medium="surface_water", watercourses="brook"),
        ],
    }
    for each in place.layers["wells"]["features"]:
        each["properties"]["source"] = "quokka_survey"
    place.layers["vaults"] = {
        "role": "site",
        "kind": "vault",
        "geometry": '["Polygon"]',
        "more": 'access = "regulator"',
        "features": [feature("numbat", "vault", polygon(VAULT), source="numbat_survey", watercourses="brook")],
    }
    place.layers["lakes"]["more"] = 'restricted = { note = "staff", size = "staff", keeper = "staff" }'
    place.layers["lakes"]["features"][0]["properties"] |= {"note": "wombat beneath", "keeper": "zorilla"}
    place.layers["lakes"]["kind"] = "lake"
    place.layers["lakes"]["more"] += '\n[layer.fields]\nkeeper = "Who keeps it, of the zorilla family."'
    place.feature("stations")["properties"]["monitors"] = "mirror,numbat"
    for name in ("quokka", "numbat"):
        place.tables["source"].append({"id": f"{name}_survey", "title": f"The {name} papers", "url": ""})
    place.tables["parameter"].append(
        {"id": "xenonium", "name_en": "Xenonium", "symbol": "Xq", "medium": "surface_water", "unit": "ug/L"}
    )
    place.tables["work"].append(
        {**place.tables["work"][0], "id": "numbat_works", "sites": "numbat", "name_en": "Numbat works"}
    )
    place.tables["work"][0]["sites"] = "mirror,numbat"
    place.tables["quantity"].append({**place.tables["quantity"][0], "id": "numbat_q", "work": "numbat_works"})
    place.tables["state"].append(
        {**place.tables["state"][0], "id": "numbat_state", "site": "numbat", "state": "numbats"}
    )
    place.tables["figure"].append(
        {**place.tables["figure"][0], "id": "numbat_f", "feature": "numbat", "place": "Numbat"}
    )
    place.statements += STATEMENT
    usual = {**place.rows[1], "source": "quokka_survey"}
    place.rows += [
        {**usual, "station": "quokka", "value": "987.654321"},
        {**usual, "station": "quokka_b", "parameter": "xenonium", "value": "3"},
    ]
    place.maps["secret"] = place.maps["public"].split("[[layer]]")[0].replace('"public"', '"secret"') + (
        '[[layer]]\nid = "wells"\ncolor = "#123456"\n'
    )
    place.tables["connection"] = [
        {"id": f"{start}_to_{end}", "from_feature": start, "to_feature": end, "how": "leaches_to", "since": "2020"}
        | {"certainty": "stated", "trust": "claimed", "source": "survey"}
        for start, end in (("numbat", "mirror"), ("heap", "numbat"), ("heap", "mirror"))
    ]
    (place.folder / "translations").mkdir(parents=True)
    texts = {"Synthetic vault": "Numbatnica", "Numbat": "Numbatov", "red": "crveno"}
    messages = "".join(f'\nmsgid "{text}"\nmsgstr "{said}"\n' for text, said in texts.items())
    (place.folder / "translations" / "sr-Latn.po").write_text(f'msgid ""\nmsgstr ""\n{messages}', "utf-8")
    place.maps["public"] += UNION
    place.maps["public"] += '[[layer]]\nid = "wells"\ncolor = "#654321"\n[[layer]]\nid = "vaults"\ncolor = "#654321"\n'
    return place


class Made(NamedTuple):
    lake: Path
    app: FastAPI
    client: TestClient
    secrets: Mapping[str, str]

    def headers(self, role: str) -> dict[str, str]:
        return {} if role == "public" else {"Authorization": f"Bearer {self.secrets[role]}"}


def add_key(lake: Path, role: str) -> str:
    opened = open_lake(str(lake))
    try:
        return keys.add(opened, str(lake), f"a {role}", "testford", (), (), role)[1]
    finally:
        opened.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """Two snapshots, in the second of which restricted things changed too."""
    place = restricted(tmp_path_factory.mktemp("roles") / "testford")
    lake = place.folder.parent / "lake"
    load(place, lake)
    place.feature("wells")["geometry"] = point(20.6123, 44.5003)
    place.feature("wells")["properties"]["note"] = "a quokka moved"
    place.feature("lakes")["properties"]["note"] = "two wombats beneath"
    place.tables["state"][-1]["state"] = "no numbats"
    place.rows[-1]["value"] = "4"
    place.rows[1]["value"] = "121"
    load(place, lake)
    secrets = {role: add_key(lake, role) for role in ("logger", "regulator", "staff")}
    app = create_app(Settings(lake=str(lake)))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Made(lake, app, client, secrets)


_TOUCHED = ("lakes", "stations", "sites", "works", "wells")
# What is sent as text, and is soon made.
_TEXT = re.compile(
    r"/(tiles|sites|stations|series|statements|progress|changes|downloads)\b.*(json|csv|atom)(\?|$)|/sites/numbat$"
    r"|/ogc/.*(/items|/locations|/area.*|f=geojson)$"
)


def addresses(made: Made) -> list[str]:
    """Every address that tells something, with every id there is, of restricted things too."""
    whole = _whole(made.lake)
    layers = [*dict.fromkeys(row.layer for row in whole.features), "sites", "works"]
    idents = [row.id for row in whole.features]
    series = [each.id for each in whole.series]
    forms = ("geojson", "gpkg", "parquet", "fgb", "csv", "xlsx", "kml", "shp.zip")
    tables = ("readings", "figures", "works", "quantities", "states", "limits", "statements", "parameters", "sources")
    idents_of = {
        "series": [*series, "nobody.cu.sample"],
        "statements": ["tenfold", "numbat_claim"],
        "maps": ["public", "secret"],
        "watercourses": ["brook", "quokka"],
    }
    filled = {
        "layer": layers,
        "collection": layers,
        "feature": idents,
        "kind": ["csv", "geojson"],
        "form": ["csv", "xlsx"],
        "z": ["0"],
        "x": ["0"],
        "y": ["0"],
        "collectionId": [*_TOUCHED, "vaults", "readings"],
        "featureId": idents,
        "locationId": idents,
        "tileMatrixSetId": ["WebMercatorQuad"],
        "tileMatrix": ["9"],
        "tileRow": [str(_rows(9)[0])],
        "month": ["2020-05", "2021-05", "2022-01"],
        "tileCol": [str(int((20.61 + 180) / 360 * 2**9))],
    }
    found = ["/openapi.json", "/nowhere", "/static/maps/nothing.js"]
    for route in _routes(made.app):
        if "GET" not in (getattr(route, "methods", None) or ()):
            continue
        path = route.path
        if path == "/downloads/{name}":
            # Of layers that restrict nothing and are joined to nothing that is restricted one form is enough.
            names = [f"{layer}.{form}" for layer in layers for form in (forms if layer in _TOUCHED else forms[:1])]
            names += [f"{table}.{form}" for table in (*tables, "verdicts", "answers") for form in ("csv", "parquet")]
            names += ["mendmap.qgz", "readings.xlsx"]
            found += [f"/downloads/{name}" for name in names]
            continue
        grown = [path]
        for name in re.findall(r"{(\w+)(?::\w+)?}", path):
            values = idents_of.get(path.split("/")[1], idents) if name == "ident" else filled.get(name, layers)
            grown = [re.sub(rf"{{{name}(:\w+)?}}", value, each) for each in grown for value in values]
        found += grown
    tile = [(z, int((20.61 + 180) / 360 * 2**z)) for z in range(0, 17, 2)]
    found += [f"/tiles/{layer}/{z}/{x}/{y}.geojson" for layer in layers for z, x in tile for y in _rows(z)]
    found += [f"/tiles/{layer}/{z}/{x}/{y}.mvt" for layer in _TOUCHED for z, x in tile for y in _rows(z)]
    found += list(_ogc(found))
    dated = ("/sites", "/stations", "/statements", "/series", "/downloads", "/limits", "/watercourses", "/progress")
    found += [f"{each}?as-of=1" for each in found if each.startswith(dated) and each.endswith(("json", "csv"))]
    found += [f"{each}?as-of=1" for each in ("/sites/mirror", "/stations/inlet", "/downloads/lakes.gpkg")]
    found += ["/changes.json?since=1", "/changes?since=1", "/changes.csv?since=1", "/changes.atom?layer=lakes"]
    found += ["/progress.json?since=1", "/changes.json?layer=wells", "/downloads/readings.csv?quality=withdrawn,valid"]
    found += [f"/downloads/readings.csv?{name}=x" for name in ("site", "station", "parameter")]
    found += [f"/search.json?q={word}" for word in ("quokka", "numbat", "m", "i&layers=sites", "i&layers=vaults")]
    found += [f"{each}?lang=sr-Latn" for each in ("/", "/embed/public", "/sites/mirror", "/strip", "/strip.svg")]
    found += ["/strip?as-of=1", "/strip.json?as-of=1", "/strip.svg?as-of=1", "/sitemap-1.xml"]
    found += ["/watercourses/brook?parameter=cu", "/watercourses/brook.csv?parameter=xenonium"]
    return list(dict.fromkeys(found))


def _ogc(found: list[str]) -> Iterator[str]:
    """The addresses below ``/ogc`` in their other forms, at another time, and with what they may be asked."""
    for path in [each for each in found if each.startswith("/ogc")]:
        yield f"{path}?f=html"
        if "WebMercatorQuad" in path:
            yield from (f"{path}?{query}" for query in ("f=tilejson", "f=geojson", "f=geojson&as-of=1"))
        if path.endswith(("/items", "/items/mirror", "/items/quokka")):
            yield f"{path}?as-of=1"
        if path.endswith("/items") and path.split("/")[3] in _TOUCHED:
            asked = ("note LIKE '%'", "keeper IS NOT NULL", "nothing=1")
            yield from (f"{path}?filter={each}" for each in asked)
            yield from (f"{path}?{each}" for each in ("sortby=note", "sortby=keeper", "properties=note", "size=9"))
    at, area = "/ogc/collections/readings", "POLYGON((20 44,21 44,21 45,20 45,20 44))"
    for query in ("", "&f=GeoJSON", "&f=CSV", "&f=html", "&as-of=1", "&parameter-name=xenonium", "&parameter-name=x"):
        yield f"{at}/area?coords={area}{query}"
        yield f"{at}/position?coords=POINT(20.6124 44.5003){query}"
        yield f"{at}/locations/quokka?{query[1:]}"
    yield from (f"{at}/locations?{query}" for query in ("as-of=1", "bbox=20,44,21,45", "f=html"))
    yield from ("/ogc/tiles?collections=x", "/ogc/tiles?collections=lakes,wells", "/ogc/tiles?as-of=1")


def _routes(app: FastAPI) -> Iterator[Any]:
    """Every route, those of routers too."""
    for route in app.routes:
        inner = getattr(route, "original_router", None)
        yield from (inner.routes if inner is not None else [route])


def _whole(lake: Path) -> contents.Contents:
    opened = open_lake(str(lake))
    try:
        return contents.read(opened, ledger.latest(opened), "testford")
    finally:
        opened.close()


def _rows(z: int) -> list[int]:
    import math

    y = (1 - math.asinh(math.tan(math.radians(44.5))) / math.pi) / 2 * 2**z
    return [int(y)]


def shown(answer: Any, path: str) -> str:
    """All that an answer says: its body, unpacked where it is packed, and its headers, but not what was asked."""
    parts = list(unpacked(bytes(answer.content)))
    # Positions and values stand in binary files as doubles.
    parts += [text.encode() for text, packed in DOUBLES.items() if any(packed in part for part in parts)]
    text = (b"\n".join(parts).decode("utf-8", "replace") + str(dict(answer.headers))).lower()
    if answer.status_code >= 400:
        # A message quotes what was asked, and nothing else may name it.
        for asked in {path, path.split("?")[0], *re.split(r"[/?=&]", path), *re.split(r"[/?=&.]", path)}:
            if any(word in asked.lower() for word in STAFF + REGULATOR):
                text = text.replace(asked.lower(), "")
    return text


def unpacked(body: bytes) -> Iterator[bytes]:
    """What is in a file, and in the files that are in it."""
    yield body
    if body[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            for name in packed.namelist():
                yield name.encode()
                yield from unpacked(packed.read(name))
    elif body[:4] == b"PAR1":
        table = pq.read_table(io.BytesIO(body))
        yield str(table.schema).encode()
        for row in table.to_pylist():
            yield from (each if isinstance(each, bytes) else str(each).encode() for each in row.values())


def crawl(made: Made, role: str) -> dict[str, str]:
    found = {}
    every = addresses(made)
    assert len(every) > 500
    # What is to be shown is looked for where it is soon found.
    for path in every if role == "public" else filter(_TEXT.search, every):
        answer = made.client.get(path, headers=made.headers(role))
        assert answer.status_code < 500, (path, answer.text[:500])
        found[path] = shown(answer, path)
    for path in {each for text in found.values() for each in re.findall(r"/static/maps/[\w-]+\.js", text)}:
        found[path] = shown(made.client.get(path, headers=made.headers(role)), path)
        assert "mendmap" in found[path]
    return found


@pytest.fixture(scope="module")
def told(made: Made) -> dict[str, dict[str, str]]:
    """What every address says to each role."""
    return {role: crawl(made, role) for role in ("public", "regulator", "staff")}


def leaks(pages: Mapping[str, str], words: tuple[str, ...]) -> list[tuple[str, str, str]]:
    return [
        (path, word, text[max(0, text.index(word) - 80) : text.index(word) + 80])
        for path, text in pages.items()
        for word in words
        if word in text
    ]


def test_no_address_tells_the_public_of_anything_restricted(told: Mapping[str, Mapping[str, str]]) -> None:
    assert leaks(told["public"], STAFF + REGULATOR) == []


def test_a_regulator_sees_what_is_for_regulators_and_nothing_of_staff(told: Mapping[str, Mapping[str, str]]) -> None:
    assert leaks(told["regulator"], STAFF) == []
    assert {word for _, word, _ in leaks(told["regulator"], REGULATOR)} == set(REGULATOR)


def test_staff_see_all_of_it(told: Mapping[str, Mapping[str, str]]) -> None:
    found = leaks(told["staff"], STAFF + REGULATOR)
    assert {word for _, word, _ in found} == {*STAFF, *REGULATOR}
    paths = {path for path, _, _ in found}
    for path in ("/stations/quokka.json", "/series/quokka.cu.sample.json", "/sites/numbat", "/changes.json?since=1"):
        assert path in paths
    assert any(path.startswith("/tiles/wells/") for path in paths)


def test_what_is_restricted_is_not_told_from_what_does_not_exist(made: Made) -> None:
    for restricted_path, nothing in (
        ("/stations/quokka.json", "/stations/nobody.json"),
        ("/tiles/wells.json", "/tiles/welts.json"),
        ("/downloads/wells.geojson", "/downloads/welts.geojson"),
        ("/series/quokka.cu.sample.json", "/series/quokkb.cu.sample.json"),
        ("/statements/numbat_claim", "/statements/nobody"),
        ("/maps/secret", "/maps/other"),
        ("/features/vaults/numbat", "/features/vaulty/numbat"),
    ):
        answers = [made.client.get(path) for path in (restricted_path, nothing)]
        assert [each.status_code for each in answers] == [404, 404], restricted_path
        words = [set(re.findall(r"\w+", path)) for path in (restricted_path, nothing)]
        told = [
            re.sub("|".join(own - other), "X", each.json()["detail"])
            for each, own, other in zip(answers, words, reversed(words), strict=True)
        ]
        assert told[0] == told[1]


def test_counts_and_sums_are_of_what_is_seen(made: Made) -> None:
    def count(role: str, table: str) -> int:
        body = made.client.get("/downloads.json", headers=made.headers(role)).json()
        return next(each["rows"] for each in body["downloads"] if each["name"] == table)

    assert [count(role, "readings") for role in ("public", "regulator", "staff")] == [5, 5, 7]
    assert [count(role, "quantities") for role in ("public", "regulator", "staff")] == [2, 3, 3]
    assert [count(role, "sources") for role in ("public", "regulator", "staff")] == [1, 2, 3]
    assert [count(role, "parameters") for role in ("public", "staff")] == [2, 3]
    assert [count(role, "statements") for role in ("public", "regulator")] == [1, 2]


def test_no_filter_or_order_finds_what_is_hidden(made: Made) -> None:
    def found(role: str, query: str) -> list[str]:
        answer = made.client.get(f"/ogc/collections/lakes/items?{query}", headers=made.headers(role))
        return [each["id"] for each in answer.json().get("features", [])]

    for query in ("filter=note LIKE '%wom%'", "filter=keeper='zorilla'", "keeper=zorilla", "filter=note IS NOT NULL"):
        assert [found(role, query) for role in ("public", "regulator", "staff")] == [[], [], ["mirror"]], query


def test_a_work_at_both_is_told_of_the_place_that_is_seen(made: Made) -> None:
    body = made.client.get("/sites/mirror.json").json()
    assert body["works"][0]["sites"] == ["mirror"]
    assert body["note"] is None
    assert "keeper" not in [each["name"] for each in body["facts"]]


@pytest.mark.parametrize(
    "path", ["/sites.json", "/", "/tiles/lakes/0/0/0.geojson", "/downloads/lakes.gpkg", "/nowhere"]
)
def test_an_answer_to_a_key_is_for_no_cache(made: Made, path: str) -> None:
    keyed = made.client.get(path, headers=made.headers("staff"))
    assert keyed.headers["Cache-Control"] == "private, no-store"
    assert "access-control-allow-origin" not in keyed.headers
    for answer in (keyed, made.client.get(path)):
        assert "authorization" in answer.headers["Vary"].lower()


def test_names_of_files_differ_by_who_reads_so_that_no_cache_mixes_them(made: Made) -> None:
    for path in ("/downloads/lakes.gpkg", "/downloads/readings.csv", "/tiles/lakes/9/285/184.geojson", "/progress.csv"):
        public = made.client.get(path)
        keyed = made.client.get(path, headers={**made.headers("staff"), "If-None-Match": public.headers["ETag"]})
        assert keyed.status_code == 200
        assert keyed.headers["ETag"] != public.headers["ETag"]


@pytest.mark.parametrize(
    "path", ["/sites.json", "/", "/tiles/lakes/0/0/0.geojson", "/changes.atom", "/downloads/lakes.csv"]
)
@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer "},
        {"Authorization": "Digest x"},
        {"Authorization": "Basic !"},
        {"Authorization": b"Basic \xff"},
        {"Authorization": "Basic /w=="},
        {"X-API-Key": "wrong"},
        {"X-API-Key": ""},
    ],
)
def test_a_wrong_key_is_refused_and_never_given_the_public_view(made: Made, path: str, headers: Any) -> None:
    answer = made.client.get(path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "wrong" not in answer.text


def test_a_revoked_key_opens_nothing_from_then_on(made: Made) -> None:
    secret = add_key(made.lake, "staff")
    headers = {"X-API-Key": secret}
    assert made.client.get("/stations/quokka.json", headers=headers).status_code == 200
    opened = open_lake(str(made.lake))
    ident = next(each.id for each in reversed(keys.listing(opened)) if each.role == "staff" and each.revoked is None)
    keys.revoke(opened, str(made.lake), ident)
    opened.close()
    assert made.client.get("/stations/quokka.json", headers=headers).status_code == 401


def test_a_browser_gives_the_key_as_a_password(made: Made) -> None:
    assert made.client.get("/stations/quokka", auth=("anyone", made.secrets["staff"])).status_code == 200


def test_a_logger_reads_what_everyone_does_and_a_reader_posts_nothing(made: Made) -> None:
    assert made.client.get("/stations/quokka.json", headers=made.headers("logger")).status_code == 404
    answer = made.client.post("/readings", json=[], headers=made.headers("staff"))
    assert answer.status_code == 403
    assert "for reading" in answer.json()["detail"]


def test_no_key_is_in_a_log(made: Made, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        made.client.get("/stations/quokka.json", headers=made.headers("staff"))
        made.client.get("/nowhere", headers={"Authorization": "Bearer mm_sesame"})
    for secret in (*made.secrets.values(), "mm_sesame"):
        assert secret not in caplog.text


def test_a_catalogue_may_be_for_staff_as_a_whole(testford: Testford, tmp_path: Path) -> None:
    testford.head = testford.head.replace('id = "testford"', 'id = "testford"\naccess = "staff"')
    lake = tmp_path / "lake"
    load(testford, lake)
    secret = add_key(lake, "staff")
    with TestClient(create_app(Settings(lake=str(lake)))) as client:
        for path in ("/", "/sites.json", "/downloads/lakes.geojson", "/changes.atom", "/ogc/collections/lakes/items"):
            assert client.get(path).status_code == 401
            assert "mirror" not in client.get(path).text
            assert client.get(path, headers={"X-API-Key": secret}).status_code == 200
        assert client.get("/readyz").status_code == 200


def test_what_was_restricted_then_stays_so_in_the_past_when_it_is_released(testford: Testford, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    testford.layers["dumps"]["more"] = 'access = "staff"'
    testford.feature("dumps")["properties"]["note"] = "wombat"
    load(testford, lake)
    testford.layers["dumps"]["more"] = ""
    testford.feature("dumps")["properties"]["note"] = "clean"
    load(testford, lake)
    with TestClient(create_app(Settings(lake=str(lake)))) as client:
        assert client.get("/sites/heap.json").json()["note"] == "clean"
        assert client.get("/sites/heap.json?as-of=1").status_code == 404
        for path in ("/changes", "/changes?since=1", "/changes.json", "/changes.atom", "/progress.json?since=1"):
            assert "wombat" not in client.get(path).text
    testford.layers["dumps"]["more"] = 'access = "regulator"'
    load(testford, lake)
    with TestClient(create_app(Settings(lake=str(lake)))) as client:
        for number in (1, 2, 3):
            assert client.get(f"/sites/heap.json?as-of={number}").status_code == 404


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('access = "friends"', "friends"),
        ('restricted = { note = "friends" }', "note"),
        ('restricted = { nothing = "staff" }', "nothing"),
        ('restricted = { basis = "staff" }', "basis"),
        ('restricted = { accuracy_m = "staff" }', "accuracy_m"),
        ('restricted = "staff"', "restricted"),
    ],
)
def test_a_restriction_that_cannot_be_is_a_fault(testford: Testford, more: str, words: str) -> None:
    from mendmap.errors import GeodataError
    from mendmap.load.check import check

    testford.layers["lakes"]["more"] = more
    with pytest.raises(GeodataError, match=words):
        check(testford.write(), 10)


def test_commands_tell_what_the_public_sees_unless_more_is_asked_for(made: Made) -> None:
    for command in (["statements", "--json"], ["progress", "--json"], ["changes", "--since", "1", "--json"]):
        told = []
        for role in ("public", "staff"):
            done = CliRunner().invoke(main, [*command, "--role", role, "--lake", str(made.lake)])
            assert done.exit_code == 0, done.output
            told.append(done.output.lower())
        assert told[0] == CliRunner().invoke(main, [*command, "--lake", str(made.lake)]).output.lower()
        assert [[word for word in STAFF + REGULATOR if word in each] == [] for each in told] == [True, False], command


@pytest.mark.parametrize("command", [["package"], ["export", "sites"], ["export", "stations"]])
def test_files_that_commands_write_hold_what_the_role_sees(made: Made, tmp_path: Path, command: list[str]) -> None:
    found = {}
    for role in ("public", "staff"):
        path = tmp_path / (f"{role}.zip" if command == ["package"] else f"{role}.gpkg")
        done = CliRunner().invoke(main, [*command, str(path), "--role", role, "--lake", str(made.lake)])
        assert done.exit_code == 0, done.output
        text = b"\n".join(unpacked(path.read_bytes())).decode("utf-8", "replace").lower()
        found[role] = [word for word in STAFF + REGULATOR if word in text]
    assert found["public"] == []
    assert found["staff"]


def test_without_restrictions_every_role_sees_the_same(testford: Testford, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    load(testford, lake)
    opened = open_lake(str(lake))
    snapshot = ledger.latest(opened)
    found = [looked_at(opened, snapshot, "testford", role) for role in ("public", "staff")]
    opened.close()
    assert [screen for _, screen in found] == [None, None]
    assert found[0][0].records == found[1][0].records
