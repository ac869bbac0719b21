"""``mendmap init``: a folder of geodata for a new place, empty, or with what public services have around a point.

Not here: what the folder begins with (``load.starter``, ``gather.new_place``), and running its recipes
(``gather.run``).
"""

import datetime as dt
import math
import sys
from pathlib import Path

import click

from mendmap.cli.gather import tell, tell_difference
from mendmap.cli.main import main, settings_with
from mendmap.words.vocabulary import SERVICES


def _point(context: click.Context, option: click.Parameter, given: str | None) -> tuple[float, float] | None:
    if given is None:
        return None
    try:
        lon, lat = (float(each) for each in given.split(","))
    except ValueError:
        raise click.BadParameter("two numbers with a comma between, longitude before latitude: 12.3,50.1") from None
    if not (abs(lon) <= 180 and abs(lat) <= 85 and math.isfinite(lon + lat)):
        raise click.BadParameter("longitude -180 to 180 before latitude -85 to 85")
    return lon, lat


def _services(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for each in given:
        name, _, url = each.partition("=")
        if name not in SERVICES or not url:
            raise click.BadParameter(f"{each}: SERVICE=ADDRESS, where SERVICE is one of {', '.join(SERVICES)}")
        found[name] = url
    return found


@main.command(epilog="Example: mendmap init riverbend --around 12.3,50.1 --radius 8 --gather")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--around", callback=_point, metavar="LON,LAT", help="With recipes for what lies around this point.")
@click.option("--radius", type=click.FloatRange(0.1, 100), default=10, help="How many kilometres around it.")
@click.option("--zone", default="UTC", help="Zone of its days and months, such as Europe/Paris.")
@click.option("--gather", "gathers", is_flag=True, help="Run these recipes, and take what they find.")
@click.option(
    "--service",
    "services",
    multiple=True,
    callback=_services,
    metavar="SERVICE=ADDRESS",
    help="Ask this address in place of the public one, such as overpass=https://overpass.example/api/interpreter.",
)
def init(
    folder: Path,
    around: tuple[float, float] | None,
    radius: float,
    zone: str,
    gathers: bool,
    services: dict[str, str],
) -> None:
    """Write a small, commented folder of geodata for a new place, which passes check."""
    from mendmap.gather import new_place
    from mendmap.load.starter import start

    if around is None:
        if gathers or services:
            raise click.UsageError("--gather and --service need --around: around which point?")
        plan = new_place.unknown(zone)
    else:
        place = new_place.Around(around[0], around[1], radius, zone, services)
        plan = new_place.plan(place, dt.datetime.now(dt.UTC).date())
    chosen = settings_with()
    for path in start(folder, plan):
        click.echo(f"wrote {path}")
    if not gathers:
        return
    from mendmap.gather.run import How, run

    try:
        done = run(folder, (), How(accept=True, add=True), chosen, told=tell)
        new_place.close_in(folder, chosen)
    finally:
        click.echo(f"to go on, or to ask again: mendmap gather --geodata {folder} --accept --add")
    tell_difference(done)
    if around and not any(each.brought.features for each in done.done):
        click.echo(
            f"nothing was found within {radius:g} km of longitude {around[0]:g}, latitude {around[1]:g}", err=True
        )
    else:
        click.echo(f"to see it: mendmap load {folder}, then mendmap serve")
    if any(each.errors for each in done.done):
        sys.exit(1)
