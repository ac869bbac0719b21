"""The commands. Each prints what it did to stdout and what went wrong to stderr, without a traceback.

Not here: what the commands do (``load``, ``web`` and the rest).
"""

from mendmap.cli import assess, export, keys, progress, pull, statements, upkeep
from mendmap.cli.main import main

__all__ = ["assess", "export", "keys", "main", "progress", "pull", "statements", "upkeep"]
