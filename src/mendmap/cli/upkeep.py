"""The commands that keep a lake: ``compact``, ``expire`` and ``rebuild``."""

import datetime as dt
import re

import click

from mendmap.cli.main import lake_option, main, settings_with

_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def _age(ctx: click.Context, param: click.Parameter, value: str) -> dt.timedelta:
    found = re.fullmatch(r"(\d{1,6})([hdw])", value)
    if not found:
        raise click.BadParameter(f"not a whole number of hours, days or weeks, such as 12h, 30d or 8w: {value!r}")
    return dt.timedelta(**{_UNITS[found[2]]: int(found[1])})


@main.command(epilog="Example: mendmap compact --lake lake")
@lake_option
def compact(lake: str | None) -> None:
    """Merge the lake's small files, readings sorted by series and time.

    Reading and writing may go on meanwhile. What is known at any snapshot stays the same. Files that were merged
    stay on the disk until mendmap expire.
    """
    from mendmap.lake import upkeep

    for each in upkeep.compact(settings_with(lake=lake).lake):
        if each.before != each.after or each.flushed:
            click.echo(
                f"{each.table}: {each.before.files} files of {each.before.bytes} bytes and {each.flushed} rows in the "
                f"lake's catalogue are now {each.after.files} files of {each.after.bytes} bytes"
            )
        else:
            click.echo(f"{each.table}: unchanged, {each.after.files} files of {each.after.bytes} bytes")


@main.command(epilog="Example: mendmap expire --older-than 30d --dry-run")
@lake_option
@click.option("--older-than", metavar="AGE", callback=_age, required=True, help="Such as 12h, 30d or 8w.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and delete nothing.")
def expire(lake: str | None, older_than: dt.timedelta, dry_run: bool) -> None:
    """Delete files of the lake that nobody needs any more.

    The storage keeps a history of its own beside ours. This lets go of the part that is older than AGE, and deletes
    files that have been needed by nothing for 24 hours, so that readers under way keep theirs. What is known at any
    snapshot stays the same. Nothing does this by itself.
    """
    from mendmap.lake import upkeep

    done = upkeep.expire(settings_with(lake=lake).lake, older_than, dry=dry_run)
    would = "would be " if dry_run else ""
    click.echo(f"{done.snapshots} states of the storage {would}let go")
    click.echo(f"{done.deleted} files {would}deleted, {done.waiting} stay until they have not been needed for 24 hours")


@main.command(epilog="Example: mendmap rebuild lake-anew --from lake")
@click.argument("new_lake", metavar="NEWLAKE")
@click.option("--from", "source", required=True, metavar="LAKE", help="The lake, or its folder journal alone.")
@click.option("--accept-differences", is_flag=True, help="Go on where a write comes out otherwise, and list them.")
def rebuild(new_lake: str, source: str, accept_differences: bool) -> None:
    """Build a lake anew from its journal: every write again, in order, with its number, moment and writer.

    Each is compared with what the ledger says came of it, and the first that differs stops the rebuild. NEWLAKE is
    there only when it is whole; until then it is NEWLAKE.partial. API keys are not in the journal: add them anew. The
    files of rasters are taken from LAKE.
    """
    from mendmap.load import rebuild as rebuilding

    differing = writes = 0
    for each in rebuilding.rebuild(new_lake, source, accept_differences=accept_differences):
        writes += 1
        if each.difference:
            differing += 1
            click.echo(f"write {each.row.number} ({each.row.act} of {each.row.source}): {each.difference}", err=True)
        if writes % 100 == 0:
            click.echo(f"{writes} writes")
    click.echo(f"{writes} writes made again, {differing} with differences")
    if missing := rebuilding.missing_rasters(new_lake):
        click.echo(f"the files of {len(missing)} rasters are missing; load their folder again to keep them", err=True)
    click.echo(f"snapshot {rebuilding.newest(new_lake)}")
