"""Every setting: its name, default, meaning and bound, read from the environment in one place.

Not here: what a catalogue says about itself (that is data, in ``geodata/catalogue.toml``).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from mendmap.errors import SettingError, shown


def _setting(default: Any, meaning: str, least: float | None = None, most: float | None = None) -> Any:
    return field(default=default, metadata={"meaning": meaning, "least": least, "most": most})


@dataclass(frozen=True, slots=True)
class Settings:
    """One immutable table. Each is read from ``MENDMAP_`` and its name in capitals."""

    lake: str = _setting("lake", "Where the lake is: a folder, which is made when the first load writes to it.")
    catalogue: str = _setting("", "The catalogue that is served, where the lake holds more than one.")
    public_url: str = _setting("", "The address that readers know the service by, where it is not the one they ask.")
    host: str = _setting("127.0.0.1", "The address that the service listens on.")
    port: int = _setting(8000, "The port that the service listens on; 0 takes any that is free.", 0, 65535)
    workers: int = _setting(1, "Processes that answer; each has the whole atlas in its memory.", 1, 64)
    tile_cache_mb: int = _setting(
        64, "Memory of each worker for tiles that are ready to be sent, in MB; 0 keeps none.", 0, 100_000
    )
    metrics_folder: str = _setting(
        "", "Where the workers of one service put their numbers together for /metrics; mendmap serve makes one."
    )
    poll_seconds: float = _setting(1.0, "How often the service looks for a new snapshot.", 0.05, 60)
    max_file_mb: int = _setting(100, "The largest geodata file that is read; larger ones are a fault.", 1, 10_000)
    max_raster_mpixels: int = _setting(
        2000, "Millions of pixels of one raster, each of every band counted; larger ones are refused.", 1, 100_000
    )
    max_raster_bands: int = _setting(32, "Bands of one raster; more are refused.", 1, 1000)
    max_raster_mb: int = _setting(4000, "The largest file of a raster; larger ones are refused.", 1, 1_000_000)
    raster_hosts: str = _setting(
        "",
        "Hosts that imagery may be fetched from, separated by commas; *.example.org means all below example.org.",
    )
    max_zoom: int = _setting(16, "The highest zoom of tiles; maps draw higher zooms from it.", 8, 20)
    max_tile_features: int = _setting(5000, "Features in one tile; the tile counts what it left out.", 1, 1_000_000)
    max_drawn_features: int = _setting(
        300,
        "Features of a layer with their middle in one tile that it draws below the highest zoom, spread evenly; "
        "these say for how many others they stand.",
        1,
        5000,
    )
    max_tile_vertices: int = _setting(
        100_000, "Vertices of a layer in one tile; one with more is simplified, and says how far.", 1000, 10**7
    )
    tile_blocks_mb: int = _setting(200, "Memory for what tiles are cut from; the last used stays.", 1, 100_000)
    raster_threads: int = _setting(2, "Threads of each worker that draw imagery and sum it up.", 1, 64)
    raster_cache_mb: int = _setting(64, "Memory of each worker for what is read of imagery, in MB.", 1, 100_000)
    max_open_rasters: int = _setting(32, "Raster files that each worker keeps open.", 1, 10_000)
    max_waiting_tiles: int = _setting(
        256, "Tiles of imagery that are drawn or wait for it; more are asked to come back.", 1, 100_000
    )
    max_raster_pixels: int = _setting(
        16_000_000, "Pixels of a raster that are read for one tile or one area; more are refused.", 65_536, 10**9
    )
    max_area_vertices: int = _setting(
        10_000, "Vertices of a polygon whose imagery is summed up; more are refused.", 4, 1_000_000
    )
    max_rows: int = _setting(
        2000, "Rows of one table on a page or in its JSON; both say what was left out.", 1, 100_000
    )
    max_download_rows: int = _setting(
        10_000_000, "Readings in one download or answer; more are refused, and say how to ask for less.", 1, 10**9
    )
    max_items: int = _setting(
        10_000, "Features on one page of OGC API; a larger limit is lowered to it, and there is a next page.", 1, 10**6
    )
    max_values: int = _setting(
        10_000, "Features in the dated values of a month; the file counts what it left out.", 1, 1_000_000
    )
    max_package_mb: int = _setting(
        1000, "The largest package for a regulator; larger ones are refused, and say how to ask for less.", 1, 10_000
    )
    max_post_mb: int = _setting(8, "The largest body of a post of readings; larger ones are refused.", 1, 1000)
    max_post_rows: int = _setting(10_000, "Readings in one post; more are refused.", 1, 1_000_000)
    max_posts: int = _setting(64, "Posts that are in hand at a time; more are asked to come back.", 1, 10_000)
    max_pull_mb: int = _setting(200, "The largest answer of a feed, unpacked; larger ones are refused.", 1, 10_000)
    max_pull_pages: int = _setting(
        1000, "The most pages of a SensorThings feed, or of a STAC search, in one run.", 1, 1_000_000
    )
    pull_timeout_seconds: float = _setting(30.0, "How long a feed's server may stay silent.", 0.05, 600)
    pull_tries: int = _setting(5, "How often a feed is asked before it is given up for this round.", 1, 20)
    gather_own: str = _setting(
        "",
        "Addresses of this machine that recipes may ask, such as http://127.0.0.1:12345, separated by commas; beside "
        "them only the hosts that recipes name.",
    )
    gather_pause_seconds: float = _setting(
        1.0, "How long mendmap gather leaves a host alone between two questions.", 0, 600
    )
    max_gather_mb: int = _setting(
        1000, "All that one recipe of mendmap gather is answered, unpacked; more is refused.", 1, 1_000_000
    )
    max_gather_features: int = _setting(
        100_000, "Features of one recipe; more are refused, and say how to ask for less.", 1, 10**7
    )
    basemap_url: str = _setting(
        "", "The address of a background map's tiles, with {z}, {x} and {y}; no reader asks it before agreeing to."
    )
    basemap_name: str = _setting("", "Whose the background map is, as readers are told before they agree.")
    basemap_attribution: str = _setting("", "The attribution that the background map asks for.")
    basemap_max_zoom: int = _setting(17, "The highest zoom of the background map.", 1, 22)
    max_url_length: int = _setting(4096, "Longest path and query of a request; longer ones are refused.", 256, 65536)

    def __post_init__(self) -> None:
        for setting in fields(self):
            value, bounds = getattr(self, setting.name), setting.metadata
            if bounds["least"] is not None and not bounds["least"] <= value <= bounds["most"]:
                raise SettingError(f"{variable(setting.name)}: {value} is not in {bounds['least']}..{bounds['most']}")


def variable(name: str) -> str:
    """The environment variable that a setting is read from."""
    return f"MENDMAP_{name.upper()}"


def from_environment(environment: Mapping[str, str] = os.environ, **given: Any) -> Settings:
    """Settings from the environment; what is ``given`` and not None goes first. Raises SettingError."""
    values: dict[str, Any] = {}
    for setting in fields(Settings):
        text = environment.get(variable(setting.name))
        if given.get(setting.name) is not None:
            values[setting.name] = given[setting.name]
        elif text is not None:
            values[setting.name] = _converted(setting.name, text, type(setting.default))
    return Settings(**values)


def _converted(name: str, text: str, kind: type) -> Any:
    try:
        return kind(text)
    except ValueError:
        raise SettingError(f"{variable(name)}: not a {kind.__name__}: {shown(text)}") from None
