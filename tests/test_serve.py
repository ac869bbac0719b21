"""``mendmap serve``: granian and its workers, as service managers, readers and broken clients meet them."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2 as httpx
import pytest
from conftest import MENDMAP, Service, times
from place import Testford
from test_hot import TILE, told
from test_ingest import row
from test_kill_posts import found
from test_lake import load
from test_post import key_of
from test_service import wait_until


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served")
    load(Testford(folder / "testford"), folder / "lake")
    return folder / "lake"


@pytest.fixture(scope="module")
def service(lake: Path) -> Iterator[Service]:
    """Two workers over the synthetic place."""
    found = Service(lake, lake.parent / "serve.log", MENDMAP_WORKERS="2", MENDMAP_POLL_SECONDS="0.1")
    yield found
    found.stop()
    assert found.process.returncode == 0


def workers(service: Service) -> set[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(service.process.pid)], capture_output=True, text=True)
    return set(map(int, listed.stdout.split()))


def raw(service: Service, *lines: str, body: bytes = b"") -> bytes:
    """All that comes over a bare socket until the other side closes it."""
    with socket.create_connection(("127.0.0.1", int(service.url.rpartition(":")[2])), timeout=10) as wire:
        wire.sendall("\r\n".join([*lines, "Host: testford", "Connection: close", "", ""]).encode() + body)
        return b"".join(iter(lambda: wire.recv(65536), b""))


def test_the_numbers_of_all_workers_are_told_together_and_never_go_down(service: Service) -> None:
    def answered() -> float:
        # Nothing is told of what was not asked for yet.
        return told(httpx.get(f"{service.url}/metrics").text).get("mendmap_request_seconds_count", 0)

    counted = [answered()]
    for _ in range(20):
        httpx.get(f"{service.url}{TILE}")
        counted.append(answered())
    # What the other worker did in the last second may not be told yet.
    assert counted == sorted(counted)
    wait_until(lambda: answered() - counted[0] >= 40)
    assert told(httpx.get(f"{service.url}/metrics").text)["mendmap_workers"] == 2


def test_posts_to_several_workers_at_once_lose_and_double_nothing(service: Service, lake: Path) -> None:
    secret, many = key_of(lake), times(40, 200)

    def post(hour: int) -> int:
        headers = {"Authorization": f"Bearer {secret}"}
        return httpx.post(
            f"{service.url}/readings", json=[row(hour, str(hour))], headers=headers, timeout=60
        ).status_code

    with ThreadPoolExecutor(16) as pool:
        # Everything is posted twice, so that rivals state the same at the same time.
        statuses = Counter(pool.map(post, [hour for hour in range(many) for _ in range(2)]))
    assert statuses == {201: many, 200: many}
    assert found(lake) == Counter(dict.fromkeys(range(many), 1))


def test_a_worker_that_dies_is_started_again_while_the_others_answer(service: Service) -> None:
    before = workers(service)
    assert len(before) == 2
    os.kill(min(before), signal.SIGKILL)
    wait_until(lambda: len(workers(service)) == 2 and workers(service) != before)
    for _ in range(20):
        assert httpx.get(f"{service.url}{TILE}").status_code == 200


def test_head_has_the_headers_of_get_and_no_body(service: Service) -> None:
    for path in (TILE, "/downloads/stations.csv", "/sites"):
        head, _, body = raw(service, f"HEAD {path} HTTP/1.1").partition(b"\r\n\r\n")
        assert body == b""
        length = re.search(rb"content-length: (\d+)", head)
        assert length is not None
        assert len(raw(service, f"GET {path} HTTP/1.1").partition(b"\r\n\r\n")[2]) == int(length[1])
        assert re.findall(rb"server: (.*)\r", head) == [b"mendmap"]


def test_parts_of_a_download_and_compressed_pages_come_as_before(service: Service) -> None:
    whole = httpx.get(f"{service.url}/downloads/stations.gpkg")
    part = httpx.get(f"{service.url}/downloads/stations.gpkg", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert httpx.get(f"{service.url}/static/panel.js").headers["content-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["\x16\x03\x01 rubbish"], 400),
        ([f"GET /{'a' * 70000} HTTP/1.1"], 414),
        ([f"GET /{'a' * 5000} HTTP/1.1"], 414),
        (["GET / HTTP/1.1", *(f"X-{nth}: b" for nth in range(300))], 431),
    ],
)
def test_what_is_no_request_is_refused(service: Service, lines: list[str], status: int) -> None:
    assert raw(service, *lines).split(b" ")[1] == str(status).encode()


def test_a_post_that_is_too_large_is_refused_whether_or_not_it_says_so(service: Service, lake: Path) -> None:
    big = b"x" * 9_000_000
    headers = {"Authorization": f"Bearer {key_of(lake)}", "Content-Type": "text/csv"}
    for content in (big, iter([big[:5_000_000], big[5_000_000:]])):
        try:
            answer = httpx.post(f"{service.url}/readings", content=content, headers=headers)
        except httpx.TransportError:
            continue  # refused before all of it was sent
        assert answer.status_code == 413
    assert httpx.get(f"{service.url}/healthz").status_code == 200


def test_a_port_that_is_taken_is_refused(service: Service, lake: Path) -> None:
    port = service.url.rpartition(":")[2]
    done = subprocess.run(
        [*MENDMAP, "serve", "--lake", lake, "--port", port], capture_output=True, text=True, timeout=20
    )
    assert done.returncode == 1
    assert "Address already in use" in done.stderr


def test_port_0_takes_a_free_one_and_says_which_and_ctrl_c_ends_it(lake: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [*MENDMAP, "serve", "--lake", lake, "--port", "0"], stderr=file, start_new_session=True
        )
        wait_until(lambda: "mendmap is at http" in log.read_text())
        address = re.search(r"http://\S+", log.read_text())
        assert address is not None
        assert httpx.get(f"{address[0]}healthz").status_code == 200
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=10) == 0
    assert "Traceback" not in log.read_text()


def test_workers_end_when_their_master_is_killed(lake: Path, serve: Callable[..., Service]) -> None:
    service = serve(lake)
    service.process.kill()

    def gone() -> bool:
        try:
            httpx.get(f"{service.url}/healthz")
        except httpx.TransportError:
            return True
        return False

    wait_until(gone)


def test_uvicorn_carries_the_service_too(lake: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "--factory", "mendmap.web.app:served", "--port", str(port)]
    environment = os.environ | {"MENDMAP_LAKE": str(lake)}
    process = subprocess.Popen([*command, "--no-server-header", "--log-level", "critical"], env=environment)
    try:
        for _ in range(100):
            try:
                assert httpx.get(f"http://127.0.0.1:{port}{TILE}").headers["server"] == "mendmap"
                break
            except httpx.TransportError:
                time.sleep(0.1)
    finally:
        process.terminate()
        process.wait(timeout=20)
