"""Commands in processes of their own that may be killed, without a start of Python before each.

They are forked from a process that has imported what commands import, and has done nothing else. So a kill at a moment
of chance falls while the command is at work, and not while it is imported.
"""

import os
from collections.abc import Mapping, Sequence
from functools import cache
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from types import MappingProxyType

from mendmap.cli import main

_IMPORTED = ["forked", "mendmap.load.check", "mendmap.load.ingest", "mendmap.load.write", "mendmap.lake.upkeep"]
_IMPORTED += ["mendmap.gather.run"]


def start(
    arguments: Sequence[object], output: Path, environment: Mapping[str, str] = MappingProxyType({})
) -> ForkServerProcess:
    """Starts a command of mendmap, whose output goes to a file; ``environment`` is what it finds beside ours."""
    given = [str(each) for each in arguments]
    process = context().Process(target=_run, args=(given, output, dict(environment)))
    process.start()
    return process


@cache
def context() -> ForkServerContext:
    """What forks. The first fork waits for the imports, so it is done before anyone measures one."""
    made = get_context("forkserver")
    made.set_forkserver_preload(_IMPORTED)
    process = made.Process(target=os.getpid)
    process.start()
    process.join()
    return made


def _run(arguments: list[str], output: Path, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(file, 1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    main(arguments, prog_name="mendmap")
