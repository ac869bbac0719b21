"""How long a package of a million readings takes, how much memory, and how long its check.

Run it as ``python tests/bench/package.py``; it needs about 1 GB of disk. The data are synthetic, and gone afterwards.
Each part runs in a process of its own, whose memory at its largest is compared with that of a tenth of the rows.
The bound: ten times the rows take at most 64 MiB more. A package does not keep it yet: to sum up the series of the
atlas DuckDB takes what it likes, and reading the rows some 80 MiB beside, and the latter stays so from 800,000 rows on.
"""

import argparse
import io
import re
import subprocess
import sys
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from place import Testford
from series import HOURS, ROWS, around

from mendmap.cli import main as command
from mendmap.lake.connection import open_lake
from mendmap.lake.write import revise
from mendmap.load.check import check
from mendmap.load.ingest import COLUMNS
from mendmap.load.write import write


def main() -> None:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--run", nargs="+", help="The part of a process of its own: words of a command.")
    asked = parser.parse_args()
    if asked.run:
        run(asked.run)
        return
    print(f"{'rows':>10} {'':>8} {'seconds':>8} {'MiB':>6} {'package MB':>11}")
    peaks = []
    for rows in (asked.rows // 10, asked.rows):
        with tempfile.TemporaryDirectory() as folder:
            fill(Path(folder), rows)
            file = Path(folder) / "out.zip"
            for words in (["package", str(file), "--lake", f"{folder}/lake"], ["verify", str(file)]):
                done = subprocess.run(
                    [sys.executable, __file__, "--run", " ".join(words)], capture_output=True, text=True, check=True
                )
                seconds, mebibytes = done.stdout.split()
                peaks.append(int(mebibytes))
                size = file.stat().st_size / 1e6
                print(f"{rows:>10,} {words[0]:>8} {seconds:>8} {mebibytes:>6} {size:>11.1f}", flush=True)
    for name, before, after in zip(("package", "verify"), peaks[:2], peaks[2:], strict=True):
        print(f"{name}: {after - before} MiB more; at most 64: {'kept' if after - before <= 64 else 'NOT KEPT'}")


def fill(folder: Path, rows: int) -> None:
    """A lake with so many readings of made-up stations."""
    place = Testford(folder / "place")
    address = str(folder / "lake")
    write(check(place.write(), 100), address, place.folder)
    lake = open_lake(address)
    incoming = ROWS.format(series=rows // HOURS + 1, first=0, last=HOURS)
    lake.query(f"CREATE OR REPLACE TEMP VIEW incoming_readings AS {incoming}")
    revise(lake, address, "testford", COLUMNS, around(lake), source="synthetic", detail={"file": ""}, dry=False)
    lake.close()


def run(words: list[str]) -> None:
    """One command, and what it took."""
    begun = time.monotonic()
    with redirect_stdout(io.StringIO()):
        command(" ".join(words).split(), standalone_mode=False)
    # Not getrusage, which remembers the memory of the process that started this one.
    peak = int(re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("utf-8"))[0]) // 1024
    print(f"{time.monotonic() - begun:.1f} {peak}")


if __name__ == "__main__":
    main()
