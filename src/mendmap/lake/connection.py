"""Opens the lake: DuckDB with DuckLake over a SQLite catalogue and Parquet files in one folder.

The extensions come as wheels and are loaded from the files inside them, so nothing is fetched at run time and
nothing is written to the home folder. Not here: tables and rows.
"""

import fcntl
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from mendmap.errors import LakeEmptyError, LakeError, QueryError, shown
from mendmap.lake import schema

_EXTENSIONS = ("duckdb-extension-sqlite-scanner", "duckdb-extension-ducklake")
_TRIES = 12
# Of long work. DuckDB takes some more beside it; without a bound it would take most of the machine's, and be slower.
_MEMORY = "1GB"
_QUIET: dict[str, Any] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
# The extensions, with the time of their files, whose signatures DuckDB has found right in this process.
_signed: dict[Path, int] = {}
Result = TypeVar("Result")
# Words in the messages by which DuckLake says that a rival wrote first or holds the catalogue's lock.
_RIVALRY = ("conflict", "database is locked", "failed to commit ducklake transaction")


class Lake:
    """An open lake. Each ``with`` on ``transaction`` is one of its own.

    A lake is used by one thread at a time; ``fork`` gives another thread its own cursor.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path | None = None) -> None:
        self._connection = connection
        self._folder = folder

    def fork(self) -> "Lake":
        """The same lake for another thread."""
        return Lake(_use(self._connection.cursor()), self._folder)

    def close(self) -> None:
        """Lets go of the lake's files."""
        self._connection.close()

    def query(self, sql: str, values: list[Any] | None = None) -> duckdb.DuckDBPyConnection:
        """Runs one statement; the result is fetched from what is returned. Raises QueryError."""
        try:
            return self._connection.execute(sql, values)
        except duckdb.Error as error:
            if _rival(error):
                raise
            raise QueryError(str(error)) from error

    def register(self, name: str, table: object) -> None:
        """Makes an Arrow table readable in SQL under a name."""
        self._connection.register(name, table)

    def bound(self, scratch: Path) -> None:
        """Bounds the memory of what is done from here on; what does not fit goes to the folder ``scratch``."""
        self.query(f"SET memory_limit = '{_MEMORY}'")
        self.query(f"SET temp_directory = {_quoted(str(scratch))}")

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits until no other process or thread writes, and keeps them waiting.

        Of two writes at once SQLite takes the one that ends first, and the other has worked for nothing: a long one
        would never come to its end while short ones go on. Whoever is killed lets go.
        """
        yield from self._locked("writing.lock", fcntl.LOCK_EX)

    @contextmanager
    def steady(self) -> Iterator[None]:
        """While this lasts, no small write is moved from the lake's catalogue into files, and no snapshot is let go.

        DuckLake 1.5.5 reads the catalogue's own rows later than the list of files, and who reads just then would miss
        what is moved. Whatever is read is fetched before this ends.
        """
        yield from self._locked("reading.lock", fcntl.LOCK_SH)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Waits until nobody reads, and keeps them waiting."""
        yield from self._locked("reading.lock", fcntl.LOCK_EX)

    def _locked(self, name: str, how: int) -> Iterator[None]:
        if self._folder is None:  # a scratch, which nobody else has
            yield
            return
        with (self._folder / name).open("ab") as file:
            fcntl.flock(file, how)
            yield

    def newest_commit(self) -> int:
        """DuckLake's own number of the newest commit, whoever made it: while it stays, nothing in the lake changes."""
        row = self.query("SELECT id FROM lake.current_snapshot()").fetchone()
        return int(row[0] or 0) if row else 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Raises LakeError where a rival wrote first, so that the caller can try again."""
        self._connection.execute("BEGIN TRANSACTION")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException as error:
            _roll_back(self._connection)
            if isinstance(error, duckdb.Error) and _rival(error):
                raise LakeBusyError(str(error)) from error
            raise


class LakeBusyError(LakeError):
    """A rival wrote first. Trying again is right."""


def open_lake(address: str, *, create: bool = False) -> Lake:
    """Opens the lake in a folder, and makes it where ``create`` says so.

    Raises LakeEmptyError where there is none yet, and LakeError where it cannot be opened.
    """
    # The absolute path: a relative one means another folder wherever else the command is run.
    folder = Path(address).resolve()
    catalogue = folder / "catalogue.sqlite"
    if not catalogue.exists() and not create:
        raise LakeEmptyError(f"no lake at {shown(address)} yet; mendmap load makes it")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LakeError(f"the lake at {shown(address)} cannot be made: {error}") from error
    return patiently(lambda: _attach(folder, catalogue, create), address)


def scratch() -> Lake:
    """No lake, but a connection to run its queries on, in memory: for reading files as an ingest does."""
    connection = duckdb.connect(config=_QUIET)
    connection.execute("SET TimeZone = 'UTC'")
    return Lake(connection)


def _extended() -> duckdb.DuckDBPyConnection:
    """A connection of its own, in memory, with the extensions."""
    wanted = {each: each.stat().st_mtime_ns for each in map(_extension, _EXTENSIONS)}
    # DuckDB reads 70 MB to check the signatures, and does so for every connection; once in a process is enough.
    unsigned = {"allow_unsigned_extensions": "true"} if wanted.items() <= _signed.items() else {}
    connection = duckdb.connect(config=_QUIET | unsigned)
    for each in wanted:
        connection.execute(f"LOAD {_quoted(str(each))}")
    _signed.update(wanted)
    return connection


def _attach(folder: Path, catalogue: Path, create: bool) -> Lake:
    connection = _extended()
    connection.execute(
        f"ATTACH {_quoted(f'ducklake:sqlite:{catalogue}')} AS lake "
        # A lake may be moved: what its catalogue says of the data's path is where it was made.
        f"(DATA_PATH {_quoted(f'{folder}/data/')}, OVERRIDE_DATA_PATH true, META_JOURNAL_MODE 'WAL')"
    )
    lake = Lake(_use(connection), folder)
    if create:
        with lake.transaction():
            schema.create(lake.query)
        return lake
    with lake.steady():
        begun = schema.exists(lake.query)
    if not begun:
        lake.close()
        raise LakeEmptyError("nothing has been loaded yet; mendmap load writes the first snapshot")
    return lake


def _use(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    connection.execute("USE lake")
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def patiently(attempt: Callable[[], Result], address: str) -> Result:
    """Tries again, with a growing and jittered wait, while rivals write."""
    for nth in range(_TRIES):
        try:
            return attempt()
        except (LakeBusyError, QueryError, duckdb.Error) as error:
            if not (isinstance(error, LakeBusyError) or _rival(error)) or nth == _TRIES - 1:
                raise LakeError(f"the lake at {shown(address)} cannot be used: {error}") from error
            time.sleep(random.uniform(0.5, 1.0) * min(2.0, 0.02 * 2**nth))
    raise AssertionError("unreachable")


def _rival(error: Exception) -> bool:
    return any(word in str(error).lower() for word in _RIVALRY)


def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    try:
        connection.execute("ROLLBACK")
    except duckdb.Error:
        # A failed COMMIT has already ended the transaction; there is nothing left to undo.
        return


def _extension(package: str) -> Path:
    try:
        found = [file for file in files(package) or () if file.suffix == ".duckdb_extension"]
    except PackageNotFoundError:
        found = []
    if not found:
        raise LakeError(f"the Python package {package} is not installed; it carries a part of DuckDB")
    return Path(str(found[0].locate()))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
