"""``mendmap raster``: the rasters of a catalogue. Not here: what the commands do (``load``, ``rasters``)."""

import json
from pathlib import Path
from typing import Any

import click

from mendmap.cli.main import atlas_of, json_option, main, settings_with
from mendmap.cli.scenes import SOUGHT, add_address, add_scenes, refuse, sought
from mendmap.errors import RasterError
from mendmap.words.vocabulary import CLASSIFIED, SHOWS


@main.group(epilog="Example: mendmap raster list lake")
def raster() -> None:
    """Rasters: scenes seen from above, and models of the ground."""


@raster.command(
    epilog="Example: mendmap raster add geodata scene.tif --id s20230719 --name 'July 2023' --taken 2023-07-19 "
    "--bands blue,green,red,nir,scl --classes scl --scale 0.0001 --offset -0.1 --source agency --licence CC-BY-4.0"
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("file", required=False)
@click.option("--id", help="Id of the raster, used in addresses.")
@click.option("--name", help="Its name, in the first language of the catalogue.")
@click.option("--names", multiple=True, metavar="LANGUAGE=NAME", help="Its name in a further language of it.")
@click.option("--shows", type=click.Choice(list(SHOWS)), default="scene", help="What its pixels are.")
@click.option("--taken", help="The day it was seen, such as 2023-07-19.")
@click.option("--bands", help="What its bands are, in their order: blue,green,red,nir,scl; of scenes, those to take.")
@click.option("--classes", type=click.Choice(list(CLASSIFIED)), help="The band that tells clouds from ground.")
@click.option("--scale", help="A stored value times this, plus the offset, is the value.")
@click.option("--offset", help="What is added after scaling.")
@click.option("--nodata", help="The stored value of pixels that hold nothing.")
@click.option("--platform", help="What took it, such as Sentinel-2A.")
@click.option("--scene", help="Its name where it comes from.")
@click.option("--source", help="Id of the document or collection it is taken from.")
@click.option("--licence", help="Terms of use, as an SPDX id or in words.")
@click.option("--attribution", help="What its terms ask to be shown beside it.")
@click.option("--note", help="What to know about it.")
@click.option("--cut", is_flag=True, help="Keep only what lies in the extent of the catalogue.")
@sought
def add(folder: Path, file: str | None, name: str | None, names: tuple[str, ...], cut: bool, **given: Any) -> None:
    """Add a GeoTIFF to a folder of geodata: as a COG, with its row in rasters.csv.

    FILE is a path or an address; with --stac, scenes of a service are added in its place. What is not given is taken
    from the file where it tells it. What is elsewhere is copied around the sites, from the hosts of
    MENDMAP_RASTER_HOSTS only. The folder is checked with it, and is as it was before where it would have a fault.
    """
    from mendmap.load import add as adding
    from mendmap.load.scenes import is_address
    from mendmap.rasters.header import Most

    how = {each: given.pop(each) for each in SOUGHT}
    if how["stac"]:
        known = {each: text for each, text in given.items() if each not in ("shows", "bands", "licence")}
        refuse(
            {"file": file, "name": name, "names": names, "cut": cut, **known}, "with --stac, scenes tell it themselves"
        )
        add_scenes(folder, given["bands"], given["licence"], how)
        return
    if file and not is_address(file):
        _here(Path(file), how)
    needed = {
        "FILE": file,
        "--id": given["id"],
        "--name": name,
        "--source": given["source"],
        "--licence": given["licence"],
    }
    if not file or not name or not all(needed.values()):
        raise click.UsageError(f"missing: {', '.join(each for each, text in needed.items() if not text)}")
    row = {column: text for column, text in given.items() if text}
    said: adding.Added | None
    if is_address(file):
        refuse({"cut": cut}, "what is elsewhere is always cut; --around and --box say to what")
        said = add_address(folder, file, {"": name, **_by_language(names)}, row, how)
    else:
        chosen = settings_with()
        said = adding.add(
            folder,
            Path(file),
            {"": name, **_by_language(names)},
            row,
            max_file_mb=chosen.max_file_mb,
            most=Most.of(chosen),
            cut=cut,
        )
    if said is None:
        return
    for column, where in said.told:
        click.echo(f"{column} {said.row[column]}: from {where}")
    for each in said.written:
        click.echo(f"wrote {folder / each}")


def _here(file: Path, how: dict[str, Any]) -> None:
    """Refuses a file of this machine that is none, and options that say something of what is elsewhere."""
    refuse(how, "says something of what is elsewhere, and FILE is here")
    if not file.is_file():
        what = "is a folder; add its files one by one" if file.is_dir() else "is not there"
        raise click.BadParameter(f"{file} {what}", param_hint="FILE")


def _by_language(names: tuple[str, ...]) -> dict[str, str]:
    """Names by their language, as the option gives them: ``sr-Latn=Jul 2023``."""
    found = {}
    for each in names:
        language, equals, name = each.partition("=")
        if not (language and equals and name):
            raise click.BadParameter(f"not a language and a name (write sr-Latn=Jul 2023): {each!r}")
        found[language] = name
    return found


@raster.command("list", epilog="Example: mendmap raster list lake --json")
@click.argument("place", metavar="[LAKE|FOLDER]", type=click.Path(path_type=Path), required=False)
@json_option
def listing(place: Path | None, as_json: bool) -> None:
    """Every raster of a lake, or of a folder of geodata; of a lake too what is not computed yet."""
    from mendmap.rasters.described import described
    from mendmap.rasters.header import Most

    most, found = Most.of(settings_with()), []
    held, missing = _held(place)
    for record, path in held:
        try:
            found.append(described(record, path, most))
        except RasterError as error:
            found.append({"id": record.id, "fault": str(error)})
    if as_json:
        click.echo(json.dumps({"rasters": found, "missing": missing}, ensure_ascii=False, indent=2))
        return
    for row in found:
        click.echo(f"{row['id']}: {row.get('fault') or _line(row)}")
    for each in missing:
        click.echo(each)
    if not found:
        click.echo("no rasters; mendmap raster add adds one to a folder")


def _held(place: Path | None) -> tuple[list[tuple[Any, Path]], list[str]]:
    """The rasters of a lake or a folder, with their files; and what differences of the lake are not computed yet."""
    from mendmap.catalogue.model import FILE
    from mendmap.exports.rasters import stocked
    from mendmap.load.imagery import listed
    from mendmap.web.drawn import every, missing

    chosen = settings_with(lake=str(place) if place else None)
    if place and (place / FILE).exists():
        return listed(place, chosen.max_file_mb * 1_000_000), []
    atlas = atlas_of(chosen.lake, None)
    stock = stocked(atlas, chosen.lake)
    drawn = (each for each in every(atlas, stock).values() if each.picture.difference)
    held = [(stock[each].record, stock[each].place) for each in atlas.rasters]
    return held, [said for each in drawn if (said := missing(each))]


def _line(row: dict[str, Any]) -> str:
    across, along = row["ground_m"]
    pixel = f"{across:g} m" if round(across, 1) == round(along, 1) else f"{across:g} by {along:g} m"
    told = [
        row["taken"] or "no date",
        row["shows"],
        f"{row['width']} by {row['height']} pixels of {pixel}",
        row["crs"],
        f"{row['megabytes']:g} MB",
        ",".join(row["bands"]),
    ]
    return "; ".join(told + ([] if row["clear_share"] is None else [f"{row['clear_share']:.0%} clear"]))
