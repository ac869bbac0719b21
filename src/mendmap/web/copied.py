"""What a page knows of the published copy that it is made for. On the live service there is none.

Not here: how copies are made (``publish``).
"""

from dataclasses import dataclass

from fastapi import Request

# Where the service seems to stand while it is copied: no host of this name can be (RFC 2606), so what still names it in
# the end was overlooked.
BASE = "https://copied.invalid"


@dataclass(frozen=True, slots=True)
class Copied:
    """A published copy: the address of the ``live`` service, blank where none is known; ``most``, how many features a
    layer may have for each to have a page of its own; the ids of the layers that have more, ``without`` pages; and how
    large a raster's file may be to be in it, in bytes."""

    live: str = ""
    most: int = 0
    without: tuple[str, ...] = ()
    most_raster_bytes: int = 0


def copied(request: Request) -> Copied | None:
    """The copy that an answer is made for. Only who calls the app in this process can name one: no reader can."""
    found: Copied | None = getattr(request.state, "copied", None)
    return found
