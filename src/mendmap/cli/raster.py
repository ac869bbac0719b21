"""``mendmap raster``: the rasters of a catalogue. Not here: what the commands do (``load``, ``rasters``)."""

import json
from pathlib import Path

import click

from mendmap.cli.main import atlas_of, json_option, main


@main.group(epilog="Example: mendmap raster list lake")
def raster() -> None:
    """Rasters: scenes seen from above, and models of the ground."""


@raster.command("list", epilog="Example: mendmap raster list lake --json")
@click.argument("lake", type=click.Path(path_type=Path), required=False)
@json_option
def listing(lake: Path | None, as_json: bool) -> None:
    """Every raster of a lake."""
    rasters = atlas_of(str(lake) if lake else None, None).rasters.values()
    found = [{"id": each.id, "taken": each.taken.text if each.taken else None, "bands": each.bands} for each in rasters]
    if as_json:
        click.echo(json.dumps({"rasters": found}, ensure_ascii=False, indent=2))
        return
    for row in found:
        click.echo(f"{row['id']}: {row['taken'] or 'no date'}; {', '.join(row['bands'])}")
