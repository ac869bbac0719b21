"""``mendmap keys``: who may post readings, and who may read what is restricted.

The key itself is printed once, when it is made.

Not here: how keys are kept (``lake.keys``).
"""

import json
from contextlib import closing
from typing import Any

import click

from mendmap.cli.main import json_option, lake_option, main, settings_with


@main.group(epilog="Example: mendmap keys add 'logger at the outfall' --station outfall")
def keys() -> None:
    """API keys: for posting readings, and for reading what is restricted."""


@keys.command(epilog="Example: mendmap keys add 'logger at the outfall' --station outfall")
@click.argument("name")
@click.option("--station", "stations", multiple=True, metavar="ID", help="Only for this station; may be repeated.")
@click.option("--role", default="logger", help="logger posts readings; regulator and staff read what is for them.")
@click.option("--catalogue", default="", help="Catalogue it is for, where the lake holds more than one.")
@lake_option
def add(name: str, stations: tuple[str, ...], role: str, catalogue: str, lake: str | None) -> None:
    """Make a key, and print it: this once, since only its SHA-256 is kept."""
    from mendmap.lake import contents, ledger
    from mendmap.lake import keys as held
    from mendmap.lake.connection import open_lake

    chosen = settings_with(lake=lake)
    with closing(open_lake(chosen.lake)) as opened:
        place = contents.chosen(opened, catalogue or chosen.catalogue)
        features = contents.read(opened, ledger.latest(opened), place, series=False).features
        known = set(features.ids)
        key, secret = held.add(opened, chosen.lake, name, place, stations, known, role)
    click.echo(f"key {key.id} for {_scope(_plain(key))} of {place}; it is not shown again:", err=True)
    click.echo(secret)


@keys.command("list", epilog="Example: mendmap keys list --json")
@lake_option
@json_option
def listing(lake: str | None, as_json: bool) -> None:
    """Every key, without the key itself."""
    from mendmap.lake import keys as held
    from mendmap.lake.connection import open_lake

    with closing(open_lake(settings_with(lake=lake).lake)) as opened:
        found = [_plain(key) for key in held.listing(opened)]
    if as_json:
        click.echo(json.dumps({"keys": found}, ensure_ascii=False, indent=2))
        return
    for each in found:
        until = f"revoked {each['revoked']}" if each["revoked"] else "in use"
        click.echo(f"{each['id']}: {each['name']}; {_scope(each)} of {each['catalogue']}; {each['created']}; {until}")


@keys.command(epilog="Example: mendmap keys revoke 5f0c1d2e")
@click.argument("ident", metavar="ID")
@lake_option
def revoke(ident: str, lake: str | None) -> None:
    """Take a key back: it is refused from now on."""
    from mendmap.lake import keys as held
    from mendmap.lake.connection import open_lake

    chosen = settings_with(lake=lake)
    with closing(open_lake(chosen.lake)) as opened:
        key = held.revoke(opened, chosen.lake, ident)
    click.echo(f"key {key.id} ({key.name}) was revoked at {key.revoked:%Y-%m-%dT%H:%M:%SZ}")


def _scope(key: dict[str, Any]) -> str:
    """What a key is for, in words."""
    if key["role"] != "logger":
        return f"reading, as {key['role']},"
    return ", ".join(key["stations"]) or "every station"


def _plain(key: Any) -> dict[str, Any]:
    revoked = key.revoked.isoformat() if key.revoked else None
    named = {"id": key.id, "name": key.name, "catalogue": key.catalogue, "role": key.role}
    named["stations"] = list(key.stations)
    return {**named, "created": key.created.isoformat(), "revoked": revoked}
