"""A published copy: every page and file of the public view for any file host, whole at every moment, permanent."""

import hashlib
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import httpx2 as httpx
import pytest
from conftest import Run
from nginx_server import nginx
from place import Testford

from mendmap.errors import PublishError
from mendmap.load.check import check
from mendmap.load.write import write
from mendmap.publish.addresses import Address, document_file, page_file, relative
from mendmap.publish.rewrite import page
from mendmap.publish.run import Published, publish
from mendmap.settings import Settings

PATH = "/land/testford-copy/"
HERE = "https://copied.invalid"
# Where a page or a drawing names others.
NAMES = {"href", "src", "srcset", "action", "poster"}


def loaded(place: Testford, lake: Path) -> Path:
    write(check(place.write(), 100), str(lake), place.folder)
    return lake


def settings(lake: Path, **more: Any) -> Settings:
    return Settings(lake=str(lake), max_zoom=10, **more)


def tree(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file, by path."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


class Named(HTMLParser):
    """What a page names, and the ids that others may name in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[tuple[str, str]] = []
        self.ids: set[str] = set()
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names += [(tag, value) for name, value in given if name in NAMES and value is not None]
        self.ids |= {value for name, value in given if name == "id" and value}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    return loaded(Testford(folder / "testford"), folder / "lake")


@pytest.fixture(scope="module")
def copy(lake: Path) -> Path:
    """The place, published once; nobody writes to it."""
    folder = lake.parent / "copy"
    publish(settings(lake), folder)
    return folder


@pytest.fixture(scope="module")
def current(copy: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((copy / "current.json").read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def files(copy: Path, current: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = json.loads((copy / current["edition"] / "files.json").read_text("utf-8"))["files"]
    return found


@pytest.fixture(scope="module")
def host(copy: Path) -> Iterator[httpx.Client]:
    with nginx(copy, PATH, copy.parent / "nginx") as address, httpx.Client(base_url=address) as client:
        yield client


@pytest.mark.system("nginx")
def test_every_address_in_it_leads_to_a_file_that_a_plain_host_serves(host: httpx.Client, copy: Path) -> None:
    pages: dict[str, Named] = {}
    wanted: set[tuple[str, str]] = set()
    for path in tree(copy):
        body = (copy / path).read_text("utf-8") if path.endswith((".html", ".json", ".jsonld")) else ""
        assert HERE not in body, path
        if path.endswith(".html"):
            pages[path] = Named(body)
            wanted |= {(path, name) for _, name in pages[path].names}
        elif "/data/" in path:
            wanted |= {(path, name) for name in re.findall(r'href":"([^"]+)"', body)}
    within = [(path, name) for path, name in wanted if not urlsplit(name).scheme]
    assert len(within) > 500
    asked: dict[str, int] = {}
    for path, name in within:
        found, fragment = urldefrag(urljoin(f"https://host{PATH}{path}", name))
        assert found.startswith(f"https://host{PATH}"), f"{path} leads out of the copy: {name}"
        target = unquote(urlsplit(found).path).removeprefix(PATH)
        if target not in asked:
            asked[target] = host.get(urlsplit(found).path.removeprefix(PATH)).status_code
        assert asked[target] == 200, f"{path} names {name}"
        if fragment and target in pages and "=" not in fragment:
            assert unquote(fragment) in pages[target].ids, f"{path} names {name}"


def test_it_has_every_page_in_every_language_and_no_form(copy: Path, current: dict[str, Any]) -> None:
    edition = copy / current["edition"]
    assert current["languages"] == ["en", "sr-Latn"]
    for language in current["languages"]:
        for path in (
            "index",
            "maps/public",
            "embed/public",
            "sites",
            "sites/mirror",
            "stations/inlet",
            "strip",
            "about",
        ):
            text = (edition / language / f"{path}.html").read_text("utf-8")
            assert f'<html lang="{language}" data-zone="UTC" data-copy=' in text
            assert "form" not in Named(text).tags
    assert "Ogledalo" in (edition / "sr-Latn/sites/mirror.html").read_text("utf-8")


def test_its_first_page_is_that_of_the_newest_edition(copy: Path, current: dict[str, Any]) -> None:
    first = (copy / "index.html").read_text("utf-8")
    assert f'data-copy="." data-edition="{current["edition"]}"' in first
    assert f'href="{current["edition"]}/en/sites.html"' in first


def test_its_pages_forbid_what_the_service_forbids(copy: Path, current: dict[str, Any]) -> None:
    text = (copy / current["edition"] / "en/index.html").read_text("utf-8")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    assert "default-src &#x27;self&#x27;" in policy[1]
    assert "unsafe" not in policy[1]
    assert text.index("Content-Security-Policy") < text.index("<script")


def test_scripts_find_files_by_the_address_of_the_service(
    host: httpx.Client, current: dict[str, Any], files: dict[str, str]
) -> None:
    for address in (
        "/values/sites.json",
        "/series/inlet.cu.sample.chart.json?lang=sr-Latn",
        "/sites.json",
        "/names.json",
    ):
        assert host.get(files[address]).json()
    drawn = host.get(f"{current['edition']}/en/index.html").text
    script = re.search(r'src="\.\./\.\./(objects/\w+\.js)"', drawn)
    assert script is not None
    assert '"/tiles/sites.pmtiles"' in host.get(script[1]).text
    archive = host.get(files["/tiles/sites.pmtiles"], headers={"Range": "bytes=0-6"})
    assert (archive.status_code, archive.content) == (206, b"PMTiles")


def test_what_is_there_is_what_its_name_says(copy: Path, current: dict[str, Any]) -> None:
    for path, digest in tree(copy / "objects").items():
        assert path.split(".")[0] == digest
    manifest = json.loads((copy / current["edition"] / "manifest.json").read_text("utf-8"))
    found = tree(copy)
    assert len(manifest["files"]) > 200
    assert {each["path"]: each["sha256"] for each in manifest["files"]}.items() <= found.items()


def test_a_second_run_writes_nothing(lake: Path, copy: Path) -> None:
    before = {path: (copy / path).stat().st_mtime_ns for path in tree(copy)}
    made = publish(settings(lake), copy)
    assert (made.counts.written, made.counts.unchanged > 200) == (0, True)
    assert {path: (copy / path).stat().st_mtime_ns for path in tree(copy)} == before


def test_killed_on_the_way_it_points_to_nothing_and_the_next_run_makes_the_same_bytes(
    lake: Path, copy: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again"
    command = [sys.executable, "-c", PUBLISHING, str(lake), str(again)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as running:
        while running.poll() is None and len(list(again.glob("*/en/*.html"))) < 3:
            time.sleep(0.02)
        running.send_signal(signal.SIGKILL)
    assert running.returncode == -signal.SIGKILL
    assert not (again / "current.json").exists()
    assert not (again / "index.html").exists()
    made = publish(settings(lake), again)
    assert made.counts.unchanged > 0
    assert tree(again) == tree(copy)


PUBLISHING = """
import sys
from pathlib import Path
from mendmap.publish.run import publish
from mendmap.settings import Settings
publish(Settings(lake=sys.argv[1], max_zoom=10), Path(sys.argv[2]))
"""


@pytest.fixture(scope="module")
def changed(
    lake: Path, copy: Path, files: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Published, Published]:
    """A copy of the copy with a damaged archive, to which an edition was added after a dump was renamed; in the end
    only that is kept."""
    folder = tmp_path_factory.mktemp("changed")
    shutil.copytree(copy, folder / "copy")
    shutil.copytree(lake, folder / "lake")
    place = Testford(folder / "testford")
    place.feature("dumps")["properties"]["name_en"] = "Renamed heap"
    loaded(place, folder / "lake")
    archive = folder / "copy" / files["/tiles/rivers.pmtiles"]
    archive.write_bytes(archive.read_bytes()[:-1])
    first = publish(settings(folder / "lake"), folder / "copy")
    shutil.copytree(folder / "copy", folder / "both")
    return folder, first, publish(settings(folder / "lake"), folder / "copy", keep=1)


def test_a_changed_layer_is_a_new_edition_beside_the_old(
    copy: Path, changed: tuple[Path, Published, Published]
) -> None:
    folder, first, _ = changed
    # The damaged archive, of a layer that stayed as it was, was made again.
    before, after = tree(copy), tree(folder / "both")
    moving = {"current.json", "index.html", "recipes.json"}
    assert {path: each for path, each in before.items() if path not in moving}.items() <= after.items()
    pointer = json.loads((folder / "both/current.json").read_text("utf-8"))
    assert pointer["editions"][0] == first.edition
    assert len(pointer["editions"]) == 2
    new = set(after) - set(before)
    # Rivers and stations stayed as they were; so did scripts and styles, and tables without a word of their snapshot.
    assert len([path for path in new if path.endswith(".pmtiles")]) == 1
    assert not [path for path in new if path.startswith("static-")]
    assert first.counts.unchanged > 50
    assert "Renamed heap" in (folder / "both" / first.edition / "en/sites/heap.html").read_text("utf-8")


def test_only_the_newest_editions_are_kept_where_asked(changed: tuple[Path, Published, Published]) -> None:
    folder, first, second = changed
    assert second.counts.written == 0
    assert len(second.removed) == 1
    manifest = json.loads((folder / "copy" / first.edition / "manifest.json").read_text("utf-8"))
    named = {each["path"] for each in manifest["files"]}
    rest = {"current.json", "index.html", "recipes.json", "publication.json", f"{first.edition}/manifest.json"}
    assert set(tree(folder / "copy")) == named | rest
    assert json.loads((folder / "copy/current.json").read_text("utf-8"))["editions"] == [first.edition]


def test_what_is_not_for_everyone_or_too_much_for_a_page_each_is_in_no_file(tmp_path: Path) -> None:
    place = Testford(tmp_path / "testford")
    place.layers["dumps"]["more"] = 'access = "staff"'
    lake = loaded(place, tmp_path / "lake")
    made = publish(settings(lake, public_url="https://live.example/"), tmp_path / "copy", most_pages=1)
    edition = tmp_path / "copy" / made.edition
    assert set(made.without) >= {"lakes", "stations"}
    assert not (edition / "en/sites/mirror.html").exists()
    assert (edition / "en/watercourses/brook.html").exists()
    listed = (edition / "en/sites.html").read_text("utf-8")
    assert "Lakes: more than 1 features, so none of them has a page of its own here" in listed
    # What only the live service has is linked there.
    assert 'href="https://live.example/sites/mirror"' in listed
    assert 'href="https://live.example/ogc/"' in listed
    names = re.compile(rb"\bheap\b", re.IGNORECASE)
    files = [path for path in tree(tmp_path / "copy") if not path.startswith("static-")]
    assert [path for path in files if names.search((tmp_path / "copy" / path).read_bytes())] == []


def test_a_folder_with_something_else_in_it_is_left_alone(lake: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(PublishError, match="is not empty"):
        publish(settings(lake), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_folder_with_copies_of_another_place_is_left_alone(lake: Path, tmp_path: Path) -> None:
    (tmp_path / "publication.json").write_text('{"catalogue": "elsewhere"}')
    with pytest.raises(PublishError, match="another catalogue, elsewhere"):
        publish(settings(lake), tmp_path)


def test_the_command_fails_plainly_where_nothing_can_be_written(lake: Path, tmp_path: Path, run_mendmap: Run) -> None:
    (tmp_path / "file").write_text("")
    failed = run_mendmap("publish", tmp_path / "file" / "copy", "--lake", lake)
    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr
    assert "file" in failed.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("/", "1-a/en/index.html"),
        ("/sites", "1-a/en/sites.html"),
        ("/sites/lake#works", "1-a/en/sites/lake.html"),
        ("/series/inlet.cu.sample", "1-a/en/series/inlet.cu.sample.html"),
        ("/sites/lake?lang=en", "1-a/en/sites/lake.html"),
        ("/watercourses/brook?parameter=cu", "1-a/en/watercourses/brook~c2d0b6a8b4bc.html"),
    ],
)
def test_the_file_of_a_page_follows_from_its_address(address: str, file: str) -> None:
    found = page_file("1-a", "en", Address.of(address))
    assert re.sub("~.*html", "", found) == re.sub("~.*html", "", file)
    assert ("~" in found) == ("~" in file)


def test_files_name_each_other_from_where_they_are() -> None:
    assert relative("1-a/en/sites/lake.html", "1-a/en/sites.html") == "sites/lake.html"
    assert relative("objects/x.csv", "1-a/en/sites/lake.html") == "../../../objects/x.csv"
    assert relative("1-a/en/index.html", "index.html") == "1-a/en/index.html"
    assert document_file("1-a", "", Address.of("/sites/lake.json")) == "1-a/data/sites/lake.json"


def test_a_page_keeps_every_word_and_loses_links_to_what_is_not_there() -> None:
    text = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><link rel="x" href="/gone"></head>'
        '<body><p>A &amp; B &#8212; <a href="/gone" class="c">gone</a> <a href="/here" download>here</a><br/>'
        '<svg viewBox="0 0 1 1"><a href="/here"><path d="M0 0"/></a></svg></p></body></html>'
    )
    made = page(
        text,
        lambda each: ("x/here.csv", "here.csv") if each == "/here" else None,
        {"data-x": "1"},
        "a; frame-ancestors b",
    )
    assert made == (
        '<!doctype html>\n<html lang="en" data-x="1"><head><meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="a"></head>'
        '<body><p>A &amp; B &#8212; <a class="c">gone</a> <a href="x/here.csv" download="here.csv">here</a><br/>'
        '<svg viewBox="0 0 1 1"><a href="x/here.csv"><path d="M0 0"/></a></svg></p></body></html>'
    )
    with pytest.raises(PublishError, match="/gone"):
        page('<img src="/gone">', lambda _: None, {}, "")
