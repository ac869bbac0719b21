"""``mendmap translate``: the texts of a folder of geodata, written into its files of translations.

Not here: which texts these are (``load.translations``).
"""

from pathlib import Path

import click

from mendmap.cli.main import main, settings_with


@main.command(epilog="Example: mendmap translate geodata")
@click.argument("geodata", type=click.Path(path_type=Path), default="geodata")
def translate(geodata: Path) -> None:
    """Write every text of a folder of geodata that can be translated into translations/LANGUAGE.po.

    There is a file for each language of the catalogue but the first. What is translated stays; what is new is blank,
    and shown as it is until it is filled in; a text that the folder has no more is struck out.
    """
    from mendmap.load import check

    for file, blank in check.translate(geodata, settings_with().max_file_mb):
        click.echo(
            f"wrote {geodata / file}: {f'{blank} texts are not translated yet' if blank else 'all is translated'}"
        )
