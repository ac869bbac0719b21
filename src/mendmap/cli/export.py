"""``mendmap export``: one layer as a file, whole or as asked for, in the format that the file's name tells.

Not here: the formats (``exports.layers``).
"""

from pathlib import Path

import click

from mendmap.cli.main import as_of_option, lake_option, main, opened_atlas, role_option, settings_with


@main.command(epilog="Example: mendmap export lakes lakes.gpkg --bbox 22.0,44.0,22.2,44.2 --crs EPSG:32634")
@click.argument("layer")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@lake_option
@as_of_option
@role_option
@click.option("--bbox", metavar="W,S,E,N", help="Only features that meet a box, in degrees, or in --bbox-crs.")
@click.option("--bbox-crs", metavar="CRS", help="System of the box, such as EPSG:32634, in its own order of axes.")
@click.option("--filter", metavar="CQL2", help="Only features of which an expression in CQL2 is true.")
@click.option("--datetime", metavar="TIME", help="Only features of a time: 2021-07-09, or 2021-01-01/2021-12-31.")
@click.option("--crs", metavar="CRS", help="System of the file's coordinates, such as EPSG:32634.")
def export(layer: str, file: Path, lake: str | None, as_of: str | None, role: str, **asked: str | None) -> None:
    """Write a layer as a file: geojson, gpkg, parquet, fgb, csv, xlsx, kml or shp.zip, by the file's name."""
    from mendmap.errors import BadRequestError, not_one_of
    from mendmap.exports.layers.chosen import choose
    from mendmap.exports.layers.formats import FORMATS, format_of, write
    from mendmap.exports.layers.readings import with_readings

    _, form = format_of(file.name)
    if not form:
        raise BadRequestError(not_one_of("no such format", file.suffix or file.name, FORMATS))
    if not file.parent.is_dir():
        raise BadRequestError(f"no such folder: {file.parent}")
    given = {name.replace("_", "-"): text for name, text in {**asked, "as_of": as_of}.items() if text is not None}
    with opened_atlas(lake, as_of, role) as (opened, atlas):
        chosen = choose(atlas, atlas.layer(layer), given)
        if FORMATS[form].tables:
            chosen = with_readings(chosen, opened, settings_with().max_download_rows)
        write(chosen, form, file)
    without = f", {chosen.positionless} of them without a position" if chosen.positionless else ""
    plural = "" if chosen.count == 1 else "s"
    click.echo(f"{file}: {chosen.count} feature{plural}{without}; snapshot {atlas.snapshot}")
