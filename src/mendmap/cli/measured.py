"""``mendmap raster stats``: readings of what imagery shows inside the outlines of sites. Not here: making them
(``load.measure``)."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from mendmap.cli.main import counts_in_words, json_option, lake_option, settings_with
from mendmap.cli.raster import raster


@raster.command(epilog="Example: mendmap raster stats --site lake --workers 4")
@click.argument("folder", metavar="[LAKE]", required=False)
@lake_option
@click.option("--catalogue", default="", help="Catalogue, where the lake holds more than one.")
@click.option("--raster", "rasters", multiple=True, metavar="ID", help="Only of this raster; may be repeated.")
@click.option("--site", "sites", multiple=True, metavar="ID", help="Only of this site; may be repeated.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes; without it, as many as there are processors.")
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), help="Write all of it to a CSV, not the lake.")
@click.option("--dry-run", is_flag=True, help="Say what would be computed, and compute and write nothing.")
@json_option
def stats(
    folder: str | None,
    lake: str | None,
    catalogue: str,
    rasters: tuple[str, ...],
    sites: tuple[str, ...],
    workers: int | None,
    to: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Make readings of imagery: what zonal.csv asks for, of each scene and each site that has an outline.

    Only what is missing or has changed is computed; readings whose raster or outline is gone are taken back. They go
    into the lake as a file of readings does, so its journal keeps them. With --to they are written to a file, for
    people who keep everything in their folder.
    """
    from mendmap.load.measure import Wanted, measure

    chosen = settings_with(lake=folder or lake)
    wanted = Wanted(rasters, sites, workers or 0, dry_run, to)
    done = measure(chosen.lake, catalogue or chosen.catalogue, wanted, lambda line: click.echo(line, err=True))
    counted = {
        name: getattr(done, name)
        for name in ("scenes", "known", "computed", "missing", "withdrawn", "unseen", "differences")
    }
    if as_json:
        snapshot = done.written.snapshot if done.written else None
        told = {
            **counted,
            "left": [asdict(each) for each in done.left],
            "snapshot": str(snapshot) if snapshot else None,
        }
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for each in done.left:
        click.echo(f"{each.id}: {each.reason}")
    if dry_run:
        click.echo(f"{done.computed} readings of {done.scenes} scenes would be computed; {done.known} are known")
        return
    click.echo(f"readings: {counts_in_words({name: counted[name] for name in list(counted)[1:]})}")
    if to:
        click.echo(f"wrote {to}")
    elif done.written:
        changes = done.written.changes["readings"]
        click.echo(f"lake: {counts_in_words(changes)}" if any(changes.values()) else "lake: unchanged")
        click.echo(f"snapshot {done.written.snapshot}")
    else:
        click.echo("nothing has changed; nothing was written")
