"""``mendmap statements``: every statement with its outcome, and what files that are not loaded would change.

Not here: the checks (``statements``), and how files become an atlas (``load.preview``).
"""

import json
from functools import partial
from pathlib import Path

import click

from mendmap.cli.main import as_of_option, atlas_of, json_option, lake_option, main, role_option, settings_with


@main.command(epilog="Example: mendmap statements --with production_2024.csv")
@lake_option
@as_of_option
@role_option
@click.option(
    "--with",
    "files",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Say what its rows would change: readings, figures and other tables (CSV), or an outline (GeoJSON).",
)
@click.option("--zone", default="", help="Zone of times without an offset in those files, such as Europe/Belgrade.")
@json_option
def statements(
    lake: str | None, as_of: str | None, role: str, files: tuple[Path, ...], zone: str, as_json: bool
) -> None:
    """Every statement with its outcome; with files, what it would be with them. Nothing is written."""
    from mendmap.load.assess import with_readings
    from mendmap.load.preview import preview
    from mendmap.statements.model import Outcome
    from mendmap.statements.outcome import outcomes, plain

    atlas = atlas_of(lake, as_of, role)
    before = outcomes(atlas)
    found: list[Outcome] = before
    if files:
        chosen = settings_with(lake=lake)
        found = outcomes(
            preview(atlas, files, chosen.max_file_mb, zone=zone, assess=partial(with_readings, chosen.lake))
        )
    if as_json:
        rows = [plain(each) for each in found]
        if files:
            rows = [{**row, "before": was.outcome} for row, was in zip(rows, before, strict=True)]
        body = {"snapshot": str(atlas.snapshot), "with": [each.name for each in files], "statements": rows}
        click.echo(json.dumps(body, ensure_ascii=False, indent=2))
        return
    for was, now in zip(before, found, strict=True):
        changed = f"{was.outcome} -> " if was.outcome != now.outcome else ""
        click.echo(f"{changed}{now.outcome}: {now.statement.claim}")
        if files and was.because != now.because:
            click.echo(f"    before: {was.because}")
        click.echo(f"    {now.because}")
        for each in now.evidence:
            click.echo(f"    {each.kind} {each.id}: {each.says}{_marks(each.standing, each.stance)}")
        click.echo(f"    wanted: {now.statement.wanted}")
        if now.statement.reply:
            click.echo(f"    reply: {now.statement.reply}")
    if files:
        click.echo("nothing was written")


def _marks(standing: str, stance: str) -> str:
    words = ", ".join(each for each in (standing, stance) if each)
    return f" [{words}]" if words else ""
