"""The scripts and styles of a map's elements, each put together to one file: a slow line waits once, not twenty times.

Not here: which files they are (``maps.page``), and Leaflet, which stands beside them.
"""

import hashlib
from functools import cache
from pathlib import Path

from mendmap.maps.page import SCRIPTS, STYLES

STATIC = Path(__file__).parent / "static"
KINDS = {"js": (SCRIPTS, "text/javascript; charset=utf-8"), "css": (STYLES, "text/css; charset=utf-8")}


@cache
def bundle(kind: str) -> tuple[str, bytes]:
    """The files of a kind (js, css) in their order, and a name for them that follows their content, less its ending."""
    files, _ = KINDS[kind]
    body = b"\n".join((STATIC / f"{each}.{kind}").read_bytes() for each in files)
    return f"elements-{hashlib.sha256(body).hexdigest()[:16]}", body
