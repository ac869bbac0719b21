"""The commands. Each prints what it did to stdout and what went wrong to stderr, without a traceback.

Not here: what the commands do (``load``, ``web`` and the rest).
"""

from mendmap.cli import (
    assess,
    changes,
    export,
    gather,
    keys,
    measured,
    package,
    progress,
    publish,
    pull,
    raster,
    serve,
    statements,
    translate,
    upkeep,
)
from mendmap.cli.main import main

__all__ = [
    "assess",
    "changes",
    "export",
    "gather",
    "keys",
    "main",
    "measured",
    "package",
    "progress",
    "publish",
    "pull",
    "raster",
    "serve",
    "statements",
    "translate",
    "upkeep",
]
