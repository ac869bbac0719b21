"""The journal: every file that was ingested, kept as it was given, under its SHA-256.

With ``geodata/`` it is all that a lake can be built from again. Not here: what the ledger says of it.
"""

import os
import shutil
import tempfile
from pathlib import Path


def keep(address: str, path: Path, sha256: str) -> Path:
    """Copies a file into the journal of the lake at ``address``, whole or not at all; once is enough."""
    folder = Path(address) / "journal"
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / sha256
    if not kept.exists():
        handle, name = tempfile.mkstemp(dir=folder, prefix=".")
        os.close(handle)
        shutil.copyfile(path, name)
        Path(name).replace(kept)
    return kept
