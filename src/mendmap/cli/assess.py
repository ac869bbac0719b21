"""``mendmap assess``: every answer found anew, and recorded or compared.

Not here: the answers (``load.assess``); every write of readings assesses the series that it touches.
"""

import click

from mendmap.cli.main import as_of_option, lake_option, main, settings_with
from mendmap.query.times import as_of as parsed


@main.command(epilog="Example: mendmap assess --as-of 2026-01-01")
@lake_option
@as_of_option
@click.option("--catalogue", default="", help="Catalogue to assess, where the lake holds more than one.")
def assess(lake: str | None, as_of: str | None, catalogue: str) -> None:
    """Assess every series anew: statistics, verdicts, trends and comparisons.

    Every write assesses what it touches, so this is for a lake whose answers another version of mendmap found. Only
    what changed is recorded. With --as-of nothing is: what was known then is assessed, and compared with the answers
    recorded then; where they differ, the exit code is 1.
    """
    from mendmap.load.assess import assess_anew, differing

    chosen = settings_with(lake=lake)
    if as_of is None:
        written = assess_anew(chosen.lake, catalogue or chosen.catalogue)
        changed = written.changes["answers"]["added"]
        click.echo(f"answers: {changed} changed" if changed else "answers: unchanged")
        click.echo(f"snapshot {written.snapshot}")
        return
    count, wrong = differing(chosen.lake, catalogue or chosen.catalogue, parsed(as_of))
    for key in wrong:
        click.echo(f"differs: {' '.join(filter(None, key))}")
    click.echo(f"{count} answers, {len(wrong)} differ from those recorded")
    if wrong:
        raise SystemExit(1)
