"""The files of a copy that follow the software alone: scripts, styles and what they load, a tree named by its hash.

Not here: scripts that follow the data, such as those of maps, which are objects by content (``edition``).
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import mendmap
from mendmap.publish.store import Store
from mendmap.web.bundle import KINDS, STATIC, bundle

_LETTERS = 12


def write(store: Store) -> Mapping[str, str]:
    """Writes the tree; the path of each file in the copy, by its path in the service."""
    files = {f"{path.relative_to(STATIC)}": path.read_bytes() for path in sorted(STATIC.rglob("*")) if _served(path)}
    for kind in KINDS:
        name, body = bundle(kind)
        files[f"{name}.{kind}"] = body
    whole = hashlib.sha256()
    for path, body in files.items():
        whole.update(f"{path} {len(body)} ".encode() + body)
    tree = f"static-{whole.hexdigest()[:_LETTERS]}"
    for path, body in files.items():
        store.write(f"{tree}/{path}", body)
    return {f"/static/{path}": f"{tree}/{path}" for path in files}


def _served(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".")


@cache
def software() -> str:
    """What tells one state of the software from another: the hash of all that is installed of it."""
    root, whole = Path(mendmap.__file__).parent, hashlib.sha256(mendmap.__version__.encode())
    for path in sorted(each for each in root.rglob("*") if _served(each) and each.suffix != ".pyc"):
        whole.update(f"{path.relative_to(root)} {path.stat().st_size} ".encode() + path.read_bytes())
    return whole.hexdigest()
