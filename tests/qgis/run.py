"""Starts the service over the lake in ``lake``, and has the QGIS of the system check it: ``make test-qgis``."""

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from conftest import Service


def main() -> int:
    """The exit code of the check."""
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path("lake"), Path(folder) / "serve.log")
        try:
            # The Python of the system: QGIS is built for it.
            check = ["/usr/bin/python3", str(Path(__file__).with_name("check.py")), service.url]
            return subprocess.run(check, check=False, timeout=600).returncode
        finally:
            service.stop()


if __name__ == "__main__":
    sys.exit(main())
