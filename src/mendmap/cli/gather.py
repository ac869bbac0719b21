"""``mendmap gather``: runs the recipes of a folder, and says what they brought and what would change.

Not here: running them (``gather.run``), and what a change is called (``changes.words``).
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mendmap.cli.main import counts_in_words, json_option, main, settings_with

if TYPE_CHECKING:
    from mendmap.catalogue.gathered import Match
    from mendmap.gather.difference import Difference
    from mendmap.gather.run import Done, Run

_MOST = 200  # lines of one kind; --json has them all


@main.command(epilog="Example: mendmap gather --dry-run")
@click.argument("recipes", nargs=-1, metavar="[RECIPE]...")
@click.option(
    "--geodata",
    type=click.Path(path_type=Path),
    default="geodata",
    metavar="FOLDER",
    help="The folder of geodata; geodata where none is given.",
)
@click.option("--dry-run", is_flag=True, help="Say what would change, and write nothing of it.")
@click.option("--accept", is_flag=True, help="Decide every proposal that is surely one of our features.")
@click.option("--add", is_flag=True, help="Add every proposal that is like nothing of ours.")
@click.option("--fresh", is_flag=True, help="Ask for everything anew, whatever was kept of runs before.")
@json_option
def gather(
    recipes: tuple[str, ...], geodata: Path, dry_run: bool, accept: bool, add: bool, fresh: bool, as_json: bool
) -> None:
    """Fetch what the RECIPES of a folder ask public services for, or all of them, into the folder: what is found waits
    in files of its own until a person decides, and is not loaded."""
    from mendmap.gather.run import How, run

    chosen = settings_with()
    how = How(dry_run, accept, add, fresh)
    done = run(geodata, recipes, how, chosen, told=(lambda _: None) if as_json else tell)
    if as_json:
        click.echo(json.dumps(done.plain(), ensure_ascii=False, indent=2))
    elif done.done:
        tell_difference(done)
    else:
        click.echo("the catalogue has no recipes; a table of kind recipe does", err=True)
    if any(each.errors for each in done.done):
        sys.exit(1)


def tell(done: "Done") -> None:
    """What came of one recipe, as soon as it is known."""
    for error in done.errors[:_MOST]:
        click.echo(f"{done.recipe}: {' '.join(error.split())}", err=True)
    if len(done.errors) > _MOST:
        click.echo(f"{done.recipe}: and {len(done.errors) - _MOST} more", err=True)
    if done.errors:
        return
    brought = done.brought
    counts = (
        (brought.features, "feature", "features"),
        (len(brought.readings), "file of readings", "files of readings"),
        (len(brought.rasters), "raster", "rasters"),
    )
    came = ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in counts if count)
    asked = counts_in_words({how: count for how, count in done.asked.items() if count})
    click.echo(f"{done.recipe}: {came or 'nothing'}; answers: {asked or 'none'}")
    for reason, count in sorted(done.left_out.items()):
        click.echo(f"{done.recipe}: left out: {count}: {reason}")
    for file in brought.gone:
        click.echo(f"{done.recipe}: brings {file} no more")


def tell_difference(run: "Run") -> None:
    """How the folder differs, and what a load would make of it."""
    for file in run.files:
        click.echo(f"{'wrote' if run.written else 'would write'} {file}")
    for file in run.gone:
        click.echo(f"{'took away' if run.written else 'would take away'} {file}")
    for line in _lines(run.difference):
        click.echo(f"a load will change: {line}" if run.written else f"a load would change: {line}")
    _tell_waiting(run.difference)
    if not run.written:
        click.echo("nothing was written")
    elif not run.files and not run.gone:
        click.echo("nothing has changed")


def _lines(found: "Difference") -> Iterator[str]:
    from mendmap.changes.words import many, sentence

    yield from (str(many(part, count)) for part, count in found.counted.items())
    for each in found.changes[:_MOST]:
        because = f": {found.because[each.id]}" if each.thing == "outcome" else ""
        yield f"{sentence(each)}{because}"
    if len(found.changes) > _MOST:
        yield f"and {len(found.changes) - _MOST} more; --json has them all"
    if found.rasters:
        yield f"rasters added: {', '.join(found.rasters)}"


def _tell_waiting(found: "Difference") -> None:
    by_recipe: Mapping[str, list[Match]] = {each.recipe: [] for each in found.waiting}
    for each in found.waiting:
        by_recipe[each.recipe].append(each)
    for recipe, some in by_recipe.items():
        click.echo(f"{recipe}: waiting for a decision: {len(some)}")
        for each in some[:_MOST]:
            click.echo(f"    {each.gathered} {each.name or ''} -> {each.feature or 'nothing'}: {each.why or ''}")
        if len(some) > _MOST:
            click.echo(f"    and {len(some) - _MOST} more")
    if found.waiting:
        click.echo("to decide: write accept, add or reject into the column decision of the matches; then mendmap load")
