"""Checks the recipes of a catalogue: which addresses and hosts they name, and which area. Not here: what a recipe of
features needs of its layer (``gathered``), and what a service needs of a recipe (``gather``).
"""

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from mendmap.catalogue.gathered import Recipe
from mendmap.catalogue.records import Record
from mendmap.errors import Fault, SettingError, shown
from mendmap.feeds.guarded import Hosts
from mendmap.geo.bounds import Bounds


def check(placed: Sequence[tuple[str, int, Record]]) -> list[Fault]:
    """What is wrong with the recipes."""
    return [
        Fault(file, line, column, message)
        for file, line, record in placed
        if isinstance(record, Recipe)
        for column, message in _complaints(record)
    ]


def box_of(text: str) -> Bounds:
    """The box that a recipe names. Raises ValueError."""
    try:
        numbers = [float(each) for each in text.split(",")]
    except ValueError:
        raise ValueError(f"not four numbers, west, south, east, north: {shown(text)}") from None
    found = Bounds.parse(numbers)
    if found.west == found.east or found.south == found.north:
        raise ValueError(f"a box without an area: {shown(text)}")
    return found


def _complaints(recipe: Recipe) -> Iterator[tuple[str, str]]:
    if recipe.url and (message := _address(recipe.url)):
        yield "url", message
    for each in (recipe.hosts or "").split(","):
        try:
            listed = Hosts.parse(each, "the recipe").listed
        except SettingError as error:
            yield "hosts", str(error)
            continue
        if any("://" in host for host in listed):
            yield "hosts", f"this machine is opened by the setting MENDMAP_GATHER_OWN alone: {shown(each.strip())}"
    if recipe.box:
        try:
            box_of(recipe.box)
        except ValueError as error:
            yield "box", str(error)
        if recipe.around:
            yield "around", "box and around both say which area is meant; give one of them"


def _address(url: str) -> str:
    """What is wrong with the address of a service, which is asked over https at its usual port; one of this machine may
    stand there too, since the operator alone opens it."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return f"not an address: {shown(url)}"
    if parts.username is not None or parts.password is not None:
        return "an address holds no password"
    if parts.scheme == "http" and host in ("127.0.0.1", "::1") and port:
        return ""
    if parts.scheme != "https" or port not in (None, 443):
        return f"services are asked over https only, at its port 443: {shown(url)}"
    try:
        Hosts.parse(host, "the recipe")
    except SettingError:
        return f"no name of a host: {shown(host)}"
    return "" if host else f"not an address: {shown(url)}"
