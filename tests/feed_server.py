"""A server of feeds for tests, on a free port of this machine: it answers as it is told, and remembers who asked what.

``SensorThings`` is a small service of that kind, with pages, filters and ordering. All its readings are synthetic.
"""

import datetime as dt
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request: its path without the query, the query's values by name, its headers, and what it posts."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """An answer. ``sent`` cuts its body short of what the headers promise; ``silent_s`` waits before it, and
    ``drip_s`` between its bytes; ``unsized`` leaves out how long it is."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    sent: int | None = None
    silent_s: float = 0
    drip_s: float = 0
    unsized: bool = False
    chunked: bool = False


Answers = Reply | list[Reply] | Callable[[Asked], Reply]


class FeedServer:
    """``answers`` maps a path to its reply, to replies that are used up but for the last, or to a function."""

    def __init__(self) -> None:
        self.answers: dict[str, Answers] = {}
        self.asked: list[Asked] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def reply(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        found = self.answers.get(asked.path, Reply(b"nothing here", 404))
        if callable(found):
            return found(asked)
        if isinstance(found, list):
            return found.pop(0) if len(found) > 1 else found[0]
        return found

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle(self) -> None:
                with suppress(ConnectionResetError):  # who asked has gone
                    super().handle()

            def do_POST(self) -> None:
                self.do_GET(self.rfile.read(int(self.headers["Content-Length"])))

            def do_GET(self, body: bytes = b"") -> None:
                parts = urlsplit(self.path)
                query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
                try:
                    self._send(outer.reply(Asked(unquote(parts.path), query, dict(self.headers), body)))
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def _send(self, reply: Reply) -> None:
                time.sleep(reply.silent_s)
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if reply.chunked:
                    self.send_header("Transfer-Encoding", "chunked")
                elif reply.status != 304 and not reply.unsized and "Content-Length" not in reply.headers:
                    self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                body = reply.body if reply.sent is None else reply.body[: reply.sent]
                if reply.chunked:
                    for each in (body[:10], body[10:]):
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(each), each))
                    self.wfile.write(b"0\r\n\r\n" if reply.sent is None else b"")
                elif reply.drip_s:
                    for nth in range(len(body)):
                        self.wfile.write(body[nth : nth + 1])
                        self.wfile.flush()
                        time.sleep(reply.drip_s)
                else:
                    self.wfile.write(body)
                self.wfile.flush()
                self.close_connection = reply.sent is not None or reply.unsized

            def log_message(self, *arguments: object) -> None:
                pass

        return Handler


@contextmanager
def serving() -> Iterator[FeedServer]:
    """A server for as long as the block lasts."""
    server = FeedServer()
    try:
        yield server
    finally:
        server.close()


class SensorThings:
    """A service with Datastreams 1 and 2, of the stations chimney and ghost; ``page`` entries at a time.

    ``observations`` are (stream, begin, result). Add ``install`` to a server; ``link_to`` makes the links of its
    pages lead to another base address.
    """

    def __init__(self, server: FeedServer, page: int = 3) -> None:
        self.server, self.page, self.link_to = server, page, server.url
        self.observations: list[tuple[int, dt.datetime, float]] = []
        for path in ("Datastreams", "Observations", "Datastreams(1)/Observations", "Datastreams(2)/Observations"):
            server.answers[f"/v1.1/{path}"] = self.reply

    @property
    def url(self) -> str:
        return f"{self.server.url}/v1.1"

    def add(self, stream: int, begin: dt.datetime, result: float) -> None:
        """States a value, anew where there is one."""
        kept = [each for each in self.observations if each[:2] != (stream, begin)]
        self.observations = [*kept, (stream, begin, result)]

    def reply(self, asked: Asked) -> Reply:
        collection = asked.path.removeprefix("/v1.1/")
        found = self._streams() if collection == "Datastreams" else self._observed(collection, asked)
        first = int(asked.query.get("$skip", 0))
        body: dict[str, Any] = {"value": found[first : first + self.page]}
        if first + self.page < len(found):
            more = "&".join(f"{name}={value}" for name, value in asked.query.items() if name != "$skip")
            link = f"{self.link_to}{asked.path}?{more}&$skip={first + self.page}"
            body["@iot.nextLink"] = link.replace(" ", "%20")
        return Reply(json.dumps(body).encode(), headers={"Content-Type": "application/json"})

    def _about(self, stream: int) -> dict[str, Any]:
        return {
            "@iot.id": stream,
            "name": f"synthetic {stream}",
            "unitOfMeasurement": {"symbol": "ug/m3"},
            "Thing": {"@iot.id": {1: "chimney", 2: "ghost"}[stream]},
            "ObservedProperty": {"name": "so2"},
            "Observations@iot.navigationLink": f"{self.link_to}/v1.1/Datastreams({stream})/Observations",
        }

    def _streams(self) -> list[dict[str, Any]]:
        return [self._about(1), self._about(2)]

    def _observed(self, collection: str, asked: Asked) -> list[dict[str, Any]]:
        assert asked.query["$orderby"] == "phenomenonTime asc"
        of_all = collection == "Observations"
        assert ("$expand" in asked.query) == of_all
        wanted = dict(re.findall(r"phenomenonTime (gt|ge|lt) (\S+?)(?=\)| |$)", asked.query.get("$filter", "")))
        told = {name: dt.datetime.fromisoformat(text) for name, text in wanted.items()}
        after = told.get("gt", dt.datetime.min.replace(tzinfo=dt.UTC))
        found = []
        for stream, begin, result in sorted(self.observations, key=lambda each: each[1]):
            if "ge" in told and not told["ge"] <= begin < told["lt"]:
                continue
            if begin <= after or not (of_all or collection == f"Datastreams({stream})/Observations"):
                continue
            span = f"{begin.isoformat()}/{(begin + dt.timedelta(hours=1)).isoformat()}"
            entry: dict[str, Any] = {"@iot.id": f"{stream}-{begin:%s}", "phenomenonTime": span, "result": result}
            found.append(entry | ({"Datastream": self._about(stream)} if of_all else {}))
        return found
