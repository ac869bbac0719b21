"""``mendmap progress``: site by work with what is measured there, as of any date, and what changed since another.

Not here: what stands in the table (``progress``).
"""

import json
from typing import Any

import click

from mendmap.cli.main import as_of_option, atlas_of, json_option, lake_option, main, role_option

_SHOWN = (
    "status",
    "begun",
    "finished",
    "planned",
    "achieved",
    "newest",
    "newest_reading",
    "verdicts",
    "distance",
    "covered",
    "trends",
    "over_work",
    "sources",
)


@main.command(epilog="Example: mendmap progress --since 2026-01-01 --as-of 2026-07-01")
@lake_option
@as_of_option
@role_option
@click.option("--since", metavar="MOMENT", help="Only what changed since a moment, a date, or a snapshot's number.")
@json_option
def progress(lake: str | None, as_of: str | None, role: str, since: str | None, as_json: bool) -> None:
    """Site by work: planned, achieved, dates, sources, newest readings, verdicts, trends."""
    from mendmap.progress import changes, document, table

    atlas = atlas_of(lake, as_of, role)
    then = atlas_of(lake, since, role) if since else None
    if as_json:
        found = document.of(atlas, then)
        body = {"snapshot": str(atlas.snapshot), **({"since": str(then.snapshot)} if then else {}), **found}
        click.echo(json.dumps(body, ensure_ascii=False))
    elif then:
        for row in changes.changes(then, atlas):
            _print_change(row)
    else:
        for row in table.flat_rows(atlas):
            _print_row(row)


def _print_row(row: dict[str, Any]) -> None:
    place = row.get("site_name") or "(place not told)"
    click.echo(f"{place}: {row.get('work_name') or 'no work known'}")
    for name in _SHOWN:
        if row.get(name):
            click.echo(f"    {name.replace('_', ' ')}: {row[name]}")


def _print_change(row: dict[str, Any]) -> None:
    about = f" {row['about']}" if row["about"] else ""
    click.echo(f"{row['site_name'] or '(place not told)'}: {row['what']}{about}")
    click.echo(f"    was: {row['was'] or 'nothing'}")
    click.echo(f"    now: {row['now'] or 'nothing'}")
