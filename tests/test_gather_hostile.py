"""Folders and services that mean harm: nothing of this machine is read or written but the folder, nothing is asked that
no recipe names, and nothing takes for ever. All that is answered here is made up."""

import json
import time
from pathlib import Path

import numpy as np
import pytest
import shapely
from conftest import Run
from feed_server import Reply, serving
from gathering import contents, environment, outlines
from overpass_server import JSON
from place import Testford

from mendmap.errors import GeodataError
from mendmap.gather.services.overpass.outlines import LeftOutError, of_rings, sound
from mendmap.gather.stage import home
from mendmap.geo.repair import repaired
from mendmap.load import landed
from mendmap.vectors import gml

ELSEWHERE = """<OGRVRTDataSource><OGRVRTLayer name='secret'><SrcDataSource>{}</SrcDataSource>
<LayerSRS>EPSG:4326</LayerSRS><GeometryField encoding='WKT' field='WKT'/></OGRVRTLayer></OGRVRTDataSource>"""
# One reader of XML sees a collection with some text, and the other a description of data elsewhere.
TWO_FACED = """<?p a="?><FeatureCollection xmlns='http://www.opengis.net/gml'><![CDATA[" ?>{}
<!-- ]]></FeatureCollection><!-- -->"""


@pytest.mark.parametrize("document", [TWO_FACED, "<FeatureCollection>{}</FeatureCollection>"])
def test_gml_opens_no_file_of_this_machine_and_asks_nobody(document: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("secret,WKT\nhello,POINT(1 2)\n")
    with serving() as elsewhere:
        for source in (str(secret), f"/vsicurl/{elsewhere.url}/secret.csv"):
            with pytest.raises(ValueError, match="data that stand elsewhere"):
                gml.read(document.format(ELSEWHERE.format(source)).encode(), "secret")
        assert elsewhere.asked == []


@pytest.fixture
def place(tmp_path: Path) -> Testford:
    found = Testford(tmp_path / "geodata")
    found.tables["recipe"] = []
    return found


def scribble(vertices: int) -> np.ndarray:
    drawn = np.random.default_rng(10).random((vertices, 2)) / 100
    return np.vstack((drawn, drawn[:1]))


@pytest.mark.parametrize("vertices", [500, 20_000])
def test_a_scribble_is_left_out_at_once(vertices: int) -> None:
    started, drawn = time.monotonic(), scribble(vertices)
    with pytest.raises(LeftOutError, match="crosses itself"):
        sound(shapely.Polygon(drawn))
    for rings in ([drawn], [drawn, drawn]):
        with pytest.raises(LeftOutError, match="cross each other"):
            of_rings(rings, [])
    with pytest.raises(ValueError, match="too often"):
        repaired(shapely.GeometryCollection([shapely.MultiPolygon([shapely.Polygon(drawn)])]))
    assert time.monotonic() - started < 5


def test_a_slip_of_the_pen_in_a_long_outline_is_repaired() -> None:
    around = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    drawn = np.column_stack((np.cos(around), np.sin(around)))
    drawn[[7, 8]] = drawn[[8, 7]]
    assert sound(shapely.Polygon(drawn)).area == pytest.approx(np.pi, rel=1e-4)


@pytest.mark.parametrize("name", [".gather", ".gather/lock", ".gather/.gitignore", ".gather/answers"])
def test_what_gather_keeps_is_never_written_through_a_link(name: str, place: Testford, tmp_path: Path) -> None:
    folder, mine = place.write(), tmp_path / "mine"
    mine.mkdir()
    (mine / "profile").write_text("mine")
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).symlink_to(mine / "profile" if name.endswith(("lock", "ignore")) else mine)
    with pytest.raises(GeodataError, match="a link, which is not written to"), home(folder):
        pass
    assert contents(mine) == {"profile": b"mine"}


@pytest.mark.parametrize("name", ["../profile", "/etc/motd", "out/profile", ".git/config", 7])
def test_a_journal_of_somebody_else_writes_nothing_out_of_the_folder(
    name: object, place: Testford, tmp_path: Path
) -> None:
    folder = place.write()
    (folder / "out").symlink_to(tmp_path)
    (folder / ".gather" / "pending").mkdir(parents=True)
    (folder / ".gather" / "pending" / "0").write_text("theirs")
    plan = [{"file": name, "was": "", "sha256": landed._state(folder / ".gather" / "pending" / "0")}]
    (folder / ".gather" / "pending.json").write_text(json.dumps(plan))
    with pytest.raises(GeodataError, match="not as mendmap gather writes it"), home(folder):
        pass
    assert not (tmp_path / "profile").exists()


@pytest.mark.parametrize(
    ("name", "to"), [("all", "/"), ("circle", "."), ("gathered", "{}/away"), ("motd.txt", "{}/away/secret")]
)
def test_a_link_that_leads_out_or_around_is_refused_before_anything_is_asked(
    name: str, to: str, place: Testford, run_mendmap: Run, tmp_path: Path
) -> None:
    away = tmp_path / "away"
    away.mkdir()
    (away / "secret").write_text("mine")
    with serving() as server:
        outlines(place, server)
        folder = place.write()
        (folder / name).symlink_to(to.format(tmp_path))
        done = run_mendmap("gather", "--geodata", folder, **environment(server))
        assert done.returncode == 1
        assert f"{name}:0: : a link" in done.stderr
        assert server.asked == []
    assert contents(away) == {"secret": b"mine"}


def test_what_gather_keeps_is_for_nobody_else_and_does_not_grow(place: Testford, run_mendmap: Run) -> None:
    with serving() as server:
        outlines(place, server)
        folder = place.write()
        kept = folder / ".gather"
        bodies = iter(range(100))
        path = next(iter(server.answers))
        server.answers[path] = lambda asked: Reply(b'{"elements": %d}' % next(bodies), headers=JSON)
        for _ in range(3):
            assert run_mendmap("gather", "--dry-run", "--geodata", folder, **environment(server)).returncode == 1
            assert len(list((kept / "answers").iterdir())) <= 1
    assert kept.stat().st_mode & 0o077 == 0
