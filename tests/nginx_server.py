"""A real nginx for tests, as plain as any host has it: a folder of files beneath a path, and nothing else."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_CONFIGURATION = """
daemon off; master_process off; pid {own}/nginx.pid; error_log {own}/error.log;
events {{}}
http {{
  access_log off; default_type application/octet-stream;
  types {{ text/html html; text/css css; text/javascript js; image/svg+xml svg; image/png png; }}
  client_body_temp_path {own}/body; proxy_temp_path {own}/proxy; fastcgi_temp_path {own}/fastcgi;
  uwsgi_temp_path {own}/uwsgi; scgi_temp_path {own}/scgi;
  server {{ listen 127.0.0.1:{port}; location {path} {{ alias {folder}/; }} location / {{ return 404; }} }}
}}
"""


@contextmanager
def nginx(folder: Path, path: str, own: Path) -> Iterator[str]:
    """The address of a folder that nginx serves beneath ``path`` (/land/copy/); ``own`` is where it keeps its files."""
    own.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    configuration = own / "nginx.conf"
    configuration.write_text(_CONFIGURATION.format(own=own, port=port, path=path, folder=folder), "utf-8")
    server = subprocess.Popen(["nginx", "-e", own / "error.log", "-c", configuration], stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        else:
            raise AssertionError(f"nginx did not start: {(own / 'error.log').read_text('utf-8')}")
        yield f"http://127.0.0.1:{port}{path}"
    finally:
        server.terminate()
        server.wait(timeout=10)
