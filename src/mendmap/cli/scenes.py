"""``mendmap raster add`` of what is elsewhere: its options, and what is said of scenes that are found and copied.

Not here: finding and copying them (``load.scenes``).
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mendmap import __version__
from mendmap.cli.main import settings_with
from mendmap.errors import FeedError, RasterError
from mendmap.geo.bounds import Bounds
from mendmap.words.dates import Period, months

if TYPE_CHECKING:
    from mendmap.load.add import Added
    from mendmap.load.scenes import Folder

_AGENT = f"mendmap/{__version__}"


def _read(parse: Callable[[str], Any]) -> Callable[[click.Context, click.Parameter, str | None], Any]:
    """A callback that reads the text of an option, or says what is wrong with it."""

    def read(context: click.Context, option: click.Parameter, given: str | None) -> Any:
        try:
            return parse(given) if given else None
        except ValueError as error:
            raise click.BadParameter(str(error)) from None

    return read


def _box(text: str) -> Bounds:
    from mendmap.load.recipes import box_of

    return box_of(text)


def _list(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(",") if each.strip())


_OPTIONS = (
    click.option("--stac", metavar="ADDRESS|FILE", help="Add scenes of this STAC API, or of a file of STAC items."),
    click.option("--collection", default="", help="Which collection of it, such as sentinel-2-c1-l2a."),
    click.option("--period", callback=_read(Period.parse), help="When they were taken, such as 2019-05/2023-09."),
    click.option("--months", callback=_read(months), help="Of which months of the year, such as 6,7,8."),
    click.option("--cloud", type=click.FloatRange(0, 100), help="The most percent of clouds in a scene."),
    click.option("--limit", type=click.IntRange(1, 1000), default=20, help="The most scenes; the clearest are taken."),
    click.option("--per", type=click.Choice(["month", "year"]), help="One scene of each at most, the clearest."),
    click.option("--around", callback=_read(_list), help="Copy only what lies around these sites; else around all."),
    click.option("--box", callback=_read(_box), metavar="W,S,E,N", help="Copy what lies in this box, in degrees."),
    click.option("--dry-run", is_flag=True, help="Say what would be added, and write nothing."),
)
SOUGHT = ("stac", "collection", "period", "months", "cloud", "limit", "per", "around", "box", "dry_run")


def refuse(given: Mapping[str, Any], why: str) -> None:
    """Raises UsageError where options are given that say nothing here."""
    said = [f"--{name.replace('_', '-')}" for name, value in given.items() if value and (name, value) != ("limit", 20)]
    if said:
        raise click.UsageError(f"{', '.join(said)}: {why}")


def sought(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options of what is elsewhere to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def add_scenes(folder: Path, bands: str | None, licence: str | None, how: Mapping[str, Any]) -> None:
    """Adds scenes, and says which; exits with 1 where one of them could not be added."""
    from mendmap.load import scenes
    from mendmap.rasters.sensors import BANDS
    from mendmap.rasters.stac import Query, listed

    chosen, place = settings_with(), how["stac"]
    if scenes.is_address(place) and not (how["collection"] and how["period"]):
        raise click.UsageError("with the address of a STAC API, --collection and --period say which scenes are meant")
    read = scenes.read(folder, chosen)
    box = _area(read, how)
    query = Query(
        how["collection"],
        box,
        how["period"],
        _list(bands) if bands else BANDS,
        how["months"] or frozenset(),
        how["cloud"],
        how["limit"],
        how["per"] or "",
        read.catalogue.zone,
    )
    failed = False
    with scenes.fetching(chosen, _AGENT) as fetcher:
        found = scenes.find(read, place, query, scenes.asking(fetcher), chosen)
        for line in listed(found.scenes):
            click.echo(line)
        for reason, number in sorted(found.left_out.items()):
            click.echo(f"left out: {number}: {reason}")
        given = {"licence": licence}
        for scene in () if how["dry_run"] else found.scenes:
            try:
                said = scenes.add_scene(read, scene, found.collection, box, Path(place).parent, fetcher, chosen, given)
                click.echo(f"added {said.row['id']}: {said.row['file']}")
            except (FeedError, RasterError) as error:
                click.echo(f"mendmap: {scene.id}: {error}", err=True)
                failed = True
    if how["dry_run"]:
        click.echo("nothing was written")
    if failed:
        sys.exit(1)


def add_address(
    folder: Path, url: str, names: Mapping[str, str], given: Mapping[str, str], how: Mapping[str, Any]
) -> "Added | None":
    """Adds the raster at an address; None where it is there already, or nothing is to be written."""
    from mendmap.load import scenes

    chosen = settings_with()
    read = scenes.read(folder, chosen)
    if read.has(given.get("scene", ""), url):
        click.echo(f"{url}: in the folder already")
        return None
    box = _area(read, how)
    if how["dry_run"]:
        click.echo(f"would copy {', '.join(f'{each:g}' for each in box)} of {url}; nothing was written")
        return None
    with scenes.fetching(chosen, _AGENT) as fetcher:
        return scenes.add_address(read, url, names, given, box, fetcher, chosen)


def _area(read: "Folder", how: Mapping[str, Any]) -> Bounds:
    """The box that is copied."""
    if how["box"] and how["around"]:
        raise click.UsageError("--box and --around both say what is copied; give one of them")
    return how["box"] or read.area(how["around"] or ())
