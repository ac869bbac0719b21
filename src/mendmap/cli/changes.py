"""``mendmap changes``: what changed between two moments, changes of the world apart from corrections of our record.

Not here: finding them (``changes``).
"""

import json
from contextlib import closing
from typing import Any

import click

from mendmap.cli.main import as_of_option, json_option, lake_option, main, role_option, settings_with


@main.command(epilog="Example: mendmap changes --since 2026-01-01 --as-of 2026-07-01")
@lake_option
@click.option("--since", required=True, metavar="MOMENT", help="After a moment, a date, or a snapshot's number.")
@as_of_option
@role_option
@json_option
def changes(lake: str | None, since: str, as_of: str | None, role: str, as_json: bool) -> None:
    """What differs between two moments: features, records, readings, verdicts and statements."""
    from mendmap.changes.model import NATURES
    from mendmap.changes.words import sentence

    found, snapshots = _found(lake, since, as_of, role)
    if as_json:
        body = {**snapshots, "changes": [each.plain() for each in found.told]}
        click.echo(json.dumps(body, ensure_ascii=False))
        return
    for nature in NATURES:
        for each in found.told:
            if each.nature == nature:
                click.echo(f"{nature}: {sentence(each)}")


def _found(address: str | None, since: str, moment: str | None, role: str) -> tuple[Any, dict[str, str]]:
    """The changes, and the two snapshots they lie between."""
    from mendmap.changes.between import between
    from mendmap.cli.main import atlas_of
    from mendmap.lake.connection import open_lake
    from mendmap.lake.screen import looked_at
    from mendmap.statements.outcome import outcomes

    then, now = atlas_of(address, since, role), atlas_of(address, moment, role)
    words = [{each.statement.id: each.outcome for each in outcomes(atlas)} for atlas in (then, now)]
    with closing(open_lake(settings_with(lake=address).lake)) as opened:
        screen = looked_at(opened, now.snapshot, now.place.id, role)[1]
        if screen:
            screen.narrow(opened)
        found = between(opened, then, now, words[0], words[1], screen=screen)
    return found, {"since": str(then.snapshot), "snapshot": str(now.snapshot)}
