"""A plain server of files for tests, as any file host is: with Range requests, unless it is told to know none, and open
to pages of other origins. It names no media type but that of pages, scripts and styles."""

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar


class _Handler(SimpleHTTPRequestHandler):
    extensions_map: ClassVar[dict[str, str]] = {
        "": "application/octet-stream",
        ".html": "text/html",
        ".js": "text/javascript",
        ".css": "text/css",
    }

    def do_GET(self) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        path = Path(self.translate_path(self.path))
        if self.path == "/favicon.ico":
            self.do_OPTIONS()
            return
        if not (asked and path.is_file() and self.server.answers_ranges):  # type: ignore[attr-defined]
            super().do_GET()
            return
        content = path.read_bytes()
        first, last = int(asked[1]), min(int(asked[2]), len(content) - 1)
        self.server.ranges.append((first, last))  # type: ignore[attr-defined]
        if first >= len(content):
            self.send_error(416)
            return
        self.send_response(206)
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        self.wfile.write(content[first : last + 1])

    def do_OPTIONS(self) -> None:
        self.send_response(204)
        self.end_headers()

    def end_headers(self) -> None:
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Headers", "Range")
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def serving(folder: Path, *, ranges: bool = True) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """The address of a server of a folder, and the ranges of bytes that it was asked for. Without ``ranges`` it sends
    the whole file in place of a part."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
    server.ranges = []  # type: ignore[attr-defined]
    server.answers_ranges = ranges  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", server.ranges  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)
