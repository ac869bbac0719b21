"""``mendmap package`` and ``mendmap verify``: one zip file for a regulator, and its check.

Not here: what is in it and what is checked (``package``).
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import click

from mendmap.cli.main import as_of_option, lake_option, main, opened_atlas, role_option, settings_with

_path = click.Path(path_type=Path, dir_okay=False)


@main.command(epilog="Example: mendmap package place.zip --site smelter --parameter so2 --from 2021-01-01")
@click.argument("file", type=_path)
@lake_option
@click.option("--site", default="", metavar="IDS", help="Only these sites, with their stations; commas between.")
@click.option("--parameter", default="", metavar="IDS", help="Only these parameters; commas between.")
@click.option("--from", "begin", default="", metavar="MOMENT", help="Only readings that last until after this.")
@click.option("--to", "end", default="", metavar="MOMENT", help="Only readings that begin by this.")
@as_of_option
@role_option
@click.option("--sign", metavar="KEY", type=_path, help="Sign it with this Ed25519 private key (PEM): FILE.zip.sig.")
@click.option("--prepared-by", default="", metavar="TEXT", help="Who prepared it, for the cover page.")
@click.option("--remarks", default="", metavar="TEXT", help="Remarks for the cover page.")
def package(
    file: Path,
    lake: str | None,
    site: str,
    parameter: str,
    begin: str,
    end: str,
    as_of: str | None,
    role: str,
    sign: Path | None,
    prepared_by: str,
    remarks: str,
) -> None:
    """Everything known at a snapshot as one zip file: layers, readings, verdicts, methods, a manifest, a cover page.

    The same question to the same snapshot gives the same bytes. The signature stands beside the file, so a package is
    the same bytes signed or not. openssl genpkey -algorithm ed25519 makes a key.
    """
    from mendmap.package.build import build
    from mendmap.package.scope import scope
    from mendmap.package.signature import private_key, signature_of, signed

    key = private_key(sign) if sign else None
    datetime = _between(begin, end)
    with opened_atlas(lake, as_of, role) as (opened, atlas):
        asked = scope(atlas, site, parameter, datetime, prepared_by, remarks)
        with TemporaryDirectory(dir=file.parent, prefix=".mendmap-") as folder:
            made = Path(folder) / "made.zip"
            manifest = build(opened, asked, made, settings_with().max_package_mb)
            made.replace(file)
    click.echo(f"{file}: {file.stat().st_size:,} bytes, snapshot {atlas.snapshot}")
    if key:
        beside = signature_of(file)
        beside.write_bytes(signed(manifest, key))
        click.echo(f"{beside}: signed")


def _between(begin: str, end: str) -> str:
    """The interval of two options; blank where neither is given. Raises BadRequestError, which names them."""
    from mendmap.errors import BadRequestError
    from mendmap.query.times import interval

    asked = f"{begin or '..'}/{end or '..'}" if begin or end else ""
    try:
        interval(asked or None)
    except BadRequestError as error:
        raise BadRequestError(f"--from, --to: {str(error).partition(': ')[2]}") from None
    return asked


@main.command(epilog="Example: mendmap verify place.zip --key regulator_office.pem")
@click.argument("file", type=_path)
@click.option("--key", metavar="KEY", type=_path, help="Check its signature with this Ed25519 public key (PEM).")
@click.option("--signature", metavar="FILE", type=_path, help="Where its signature is; blank: FILE.zip.sig.")
def verify(file: Path, key: Path | None, signature: Path | None) -> None:
    """Check a package without a lake or a network: every file, nothing missing, nothing added, and who signed it."""
    from mendmap.package.verify import told
    from mendmap.package.verify import verify as verified

    result = verified(file, key, signature)
    for each in result.files:
        rows = "" if each.file.rows is None else f"{each.file.rows:,}"
        click.echo(f"{'FAULT' if each.fault else 'ok':<6}{each.file.bytes:>15,}{rows:>13}  {each.file.path}")
    for fault in result.faults:
        click.echo(f"{file}: {fault}", err=True)
    click.echo(f"{file}: {told(result)}", err=bool(result.faults))
    if result.faults:
        raise SystemExit(1)
