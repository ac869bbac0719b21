"""Everything that can go wrong, as one tree.

MendmapError
├── GeodataError      a folder of geodata has faults (all of them, each with file, row and column)
├── ReadError         a file cannot be read as readings at all
├── LakeError         the lake cannot be opened, read or written
│   └── LakeEmptyError  nothing has been loaded yet
├── FeedError         a feed cannot be reached, or does not answer as it should
├── NotFoundError     a layer, site, map or download that does not exist
├── BadRequestError   an argument that is not understood, with the choices
├── KeyRefusedError   a write without a key, or with one that is not known
├── ScopeError        a write beyond what its key is for
├── TooLargeError     a body or a number of rows over its bound
├── MediaTypeError    a body of a kind that is not read
├── NotAcceptableError  an answer is asked for in none of the forms there are
├── PublishError      a copy cannot be published there, or not whole
├── OverloadedError   more is being asked than can be done at a time; coming back later is right
└── SettingError      a setting outside its bounds

Not here: HTTP statuses (``web.problems`` holds the one table).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class MendmapError(Exception):
    """The base of every error that mendmap raises on purpose; its text is fit to show to the user."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong with one place of the geodata.

    ``row`` is what a person would look for: the line of a CSV or TOML file, the number of a feature counted
    from 1; 0 where the fault is the file's as a whole. ``column`` is empty for the same reason.
    """

    file: str
    row: int
    column: str
    message: str

    def __post_init__(self) -> None:
        # File names and columns are other people's words: none may break the line or steer the terminal.
        for name in ("file", "column", "message"):
            object.__setattr__(self, name, _printable(getattr(self, name)))

    def __str__(self) -> str:
        return f"{self.file}:{self.row}: {self.column}: {self.message}"


class GeodataError(MendmapError):
    """A folder of geodata that may not be loaded; ``faults`` holds every fault found, in file order."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: Sequence[Fault] = sorted(set(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))


class ReadError(MendmapError, ValueError):
    """A file that cannot be read as readings; the text is one line for the user."""


class LakeError(MendmapError):
    """The lake cannot be opened, read or written."""


class LakeEmptyError(LakeError):
    """The lake holds no snapshot yet."""


class RasterError(MendmapError):
    """A raster file that cannot be used, in words for the user."""


class FeedError(MendmapError):
    """A feed cannot be reached, or does not answer as it should. ``wait_s`` is how long it asked to be left alone, and
    ``status`` what it answered, where that is what was wrong; ``reached`` is false where there was no connection."""

    def __init__(self, message: str, wait_s: float = 0.0, status: int = 0, *, reached: bool = True) -> None:
        self.wait_s, self.status, self.reached = wait_s, status, reached
        super().__init__(message)


class NotFoundError(MendmapError):
    """No such layer, site, station, map or download."""

    def __init__(self, what: str, value: str, choices: Iterable[str] = ()) -> None:
        super().__init__(not_one_of(f"no {what}", value, choices))


class BadRequestError(MendmapError):
    """An argument that is not understood."""


class KeyRefusedError(MendmapError):
    """No key, or one that is not known or was revoked. The text never quotes it."""


class ScopeError(MendmapError):
    """A write beyond what its key is for."""


class TooLargeError(MendmapError):
    """A body or a number of rows over its bound."""


class MediaTypeError(MendmapError):
    """A body of a kind that is not read."""


class NotAcceptableError(MendmapError):
    """An answer that is asked for in none of the forms there are."""


class PublishError(MendmapError):
    """A copy that cannot be published where it should be, or would not be whole."""


class OverloadedError(MendmapError):
    """More is being asked than can be done at a time. Coming back later is right."""


class QueryError(MendmapError, ValueError):
    """A statement that DuckDB could not run over someone's file; the text is DuckDB's own."""


class SettingError(MendmapError):
    """A setting that is outside its bounds."""


def not_one_of(what: str, value: object, choices: Iterable[str], most: int = 20) -> str:
    """The shared wording for a value that is none of the choices; at most ``most`` of them are listed."""
    listed = sorted(choices)
    text = f"{what}: {shown(value)}"
    if not listed:
        return text
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return f"{text}; choices: {', '.join(listed[:most])}{more}"


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def shown(value: object, most: int = 80) -> str:
    """A value as messages quote it: on one line, at most ``most`` characters."""
    text = repr(value)
    return text if len(text) <= most else f"{text[:most]}…"
