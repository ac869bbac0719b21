"""Checks the feeds that a catalogue declares, and reads the mapping files that they name.

Not here: fetching them (``load.pull``).
"""

import codecs
import re
import zoneinfo
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mendmap.catalogue import files
from mendmap.catalogue.records import Feed, Record
from mendmap.errors import Fault, not_one_of, shown
from mendmap.feeds import sensorthings
from mendmap.readings.formats import FORMATS
from mendmap.readings.mapping import MAPPED, read_mapping

TOKEN = "MENDMAP_FEED_"  # noqa: S105 - how the names of variables begin that hold tokens
_VARIABLE = re.compile(rf"{TOKEN}[A-Z0-9_]+")
_HERE = ("localhost", "127.0.0.1", "::1")
Mappings = dict[str, Mapping[str, Any]]


def check(folder: Path, placed: Sequence[tuple[str, int, Record]]) -> tuple[Mappings, list[Fault]]:
    """The mappings that feeds name, by file, and what is wrong with the feeds.

    A mapping file with faults is among them, empty: it is named, so it is no stranger in the folder.
    """
    mappings: Mappings = {}
    faults: list[Fault] = []
    for file, line, feed in placed:
        if not isinstance(feed, Feed):
            continue
        faults += [Fault(file, line, column, message) for column, message in _complaints(feed)]
        if feed.mapping:
            try:
                mappings[feed.mapping] = {}
                mappings[feed.mapping] = read_mapping(files.inside(folder, feed.mapping))
            except ValueError as error:
                faults.append(Fault(file, line, "mapping", str(error)))
    return mappings, faults


def _complaints(feed: Feed) -> Iterator[tuple[str, str]]:
    # Values that could not be read are None, and have been told of.
    url, form = feed.url or "", feed.format or "auto"
    yield from (("url", message) for message in _address(url))
    formats = {each.name for each in FORMATS}
    if form not in (*formats, "auto"):
        yield "format", not_one_of("no such format", form, (*formats, "auto"))
    if form in MAPPED and not feed.mapping:
        yield "mapping", f"format {form} needs one"
    if form == "sensorthings" and not sensorthings.collection(url):
        yield "url", f"not the address of a service's Observations or Datastreams: {shown(url)}"
    if feed.zone and feed.zone not in zoneinfo.available_timezones():
        yield "zone", f"no such zone: {shown(feed.zone)}; write Europe/Belgrade"
    if feed.encoding and not _encoding(feed.encoding):
        yield "encoding", f"no such encoding: {shown(feed.encoding)}; write utf-8 or cp1250"
    if feed.token and not _VARIABLE.fullmatch(feed.token):
        # Or a catalogue could have any secret of the operator's sent anywhere.
        yield "token", f"not the name of a variable that begins with {TOKEN}: {shown(feed.token)}"
    if feed.token and urlsplit(url).scheme == "http" and urlsplit(url).hostname not in _HERE:
        yield "token", "a token is sent over https only"


def _address(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        named = parts.port is None or parts.port > 0
    except ValueError:
        yield f"not an address: {shown(url)}"
        return
    if url and (parts.scheme not in ("http", "https") or not parts.hostname or not named):
        yield f"not an address that begins with https:// or http://: {shown(url)}"
    if parts.username is not None or parts.password is not None:
        yield "an address holds no password; name a variable in the column token"


def _encoding(name: str) -> bool:
    try:
        return bool(codecs.lookup(name))
    except (LookupError, ValueError):
        return False
