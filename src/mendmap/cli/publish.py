"""``mendmap publish``: a static copy of the whole, for any file host.

Not here: what is in it (``publish``).
"""

import sys
from collections.abc import Iterable
from pathlib import Path

import click

from mendmap.cli.main import lake_option, main, settings_with


@main.command(epilog="Example: mendmap publish public --keep 12")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@lake_option
@click.option("--keep", type=click.IntRange(min=1), help="Keep only so many editions, the newest; else all are kept.")
@click.option(
    "--max-pages",
    type=click.IntRange(min=0),
    default=2000,
    show_default=True,
    help="Layers of more features than these have no page for each.",
)
@click.option(
    "--max-raster-mb",
    type=click.IntRange(min=0),
    default=100,
    show_default=True,
    help="Larger files of rasters are not copied; what is drawn of them is.",
)
def publish(folder: Path, lake: str | None, keep: int | None, max_pages: int, max_raster_mb: int) -> None:
    """Write a static copy of all that everyone may see, for any file host.

    Each snapshot is an edition of its own, which never changes; DIR/index.html shows the newest. What is there already
    is not written again.
    """
    from mendmap.publish.run import publish as published

    made = published(
        settings_with(lake=lake),
        folder,
        keep=keep,
        most_pages=max_pages,
        most_raster_mb=max_raster_mb,
        progress=_shown,
    )
    counts = made.counts
    for address, reason in made.left_out.items():
        click.echo(f"left out: {address}: {reason}", err=True)
    for layer in made.without:
        click.echo(f"left out: a page for each feature of {layer}, which has more than {max_pages:,}", err=True)
    for edition in made.removed:
        click.echo(f"removed edition {edition}")
    click.echo(f"wrote {counts.written:,} files ({counts.bytes / 1e6:.1f} MB), {counts.unchanged:,} unchanged")
    click.echo(f"edition {made.edition} of snapshot {made.snapshot}: {folder / 'index.html'}")


def _shown(pages: Iterable[str]) -> Iterable[str]:
    """The same, counted on a terminal, and told once elsewhere."""
    listed = list(pages)
    if not sys.stderr.isatty():
        click.echo(f"{len(listed):,} pages, each in every language", err=True)
        yield from listed
        return
    for number, page in enumerate(listed, 1):
        click.echo(f"\r{number:,} of {len(listed):,} pages, each in every language", nl=number == len(listed), err=True)
        yield page
