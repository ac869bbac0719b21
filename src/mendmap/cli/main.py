"""Every command of ``mendmap``, with its help and an example."""

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click

from mendmap import __version__, settings
from mendmap.errors import GeodataError, MendmapError
from mendmap.settings import Settings
from mendmap.words.vocabulary import ACCESS

lake_option = click.option("--lake", metavar="ADDRESS", help="Where the lake is; MENDMAP_LAKE does the same.")
as_of_option = click.option("--as-of", metavar="MOMENT", help="As known at a moment, a date, or a snapshot's number.")
role_option = click.option(
    "--role", type=click.Choice(list(ACCESS)), default="public", help="As whom to look; what is restricted is left out."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_geodata = click.argument("geodata", type=click.Path(path_type=Path), default="geodata")


class _Commands(click.Group):
    """Shows our errors as they are, one a line, and exits with 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except GeodataError as error:
            for fault in error.faults:
                click.echo(str(fault), err=True)
            click.echo(f"{len(error.faults)} fault(s); nothing was loaded", err=True)
        except BrokenPipeError:
            # Whoever read our output has had enough; closing it here keeps Python from complaining as it exits.
            sys.stdout = None
        except (MendmapError, OSError) as error:
            click.echo(f"mendmap: {error}", err=True)
        sys.exit(1)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mendmap")
def main() -> None:
    """Maps of land on the mend: a folder of geodata goes in; a map, tiles and downloads come out."""
    log_to_stderr()


def log_to_stderr() -> None:
    """What goes on, and what went wrong, a line each."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    # It tells at every start how many threads it may take.
    logging.getLogger("numexpr").setLevel(logging.WARNING)
    # What GDAL says of a bad file stands in the error, in one line.
    logging.getLogger("rasterio").setLevel(logging.CRITICAL)


def settings_with(**given: Any) -> Settings:
    """The settings of the environment, and what an option has given before them."""
    return settings.from_environment(**given)


@main.command(epilog="Example: mendmap check geodata --json")
@_geodata
@json_option
@click.option("--accept", is_flag=True, help="First renew the hashes of files taken from others.")
def check(geodata: Path, as_json: bool, accept: bool) -> None:
    """Check a folder of geodata: every fault, as file:row: column: message."""
    from mendmap.load import check as checking
    from mendmap.load.gathered import across, undecided
    from mendmap.rasters.header import Most

    chosen = settings_with()
    try:
        for file in checking.renew_hashes(geodata, chosen.max_file_mb) if accept else ():
            click.echo(f"accepted {file}", err=as_json)
        found = checking.check(geodata, chosen.max_file_mb, Most.of(chosen))
    except GeodataError as error:
        if not as_json:
            raise
        faults = [
            {"file": each.file, "row": each.row, "column": each.column, "message": each.message}
            for each in error.faults
        ]
        click.echo(json.dumps({"faults": faults}, ensure_ascii=False, indent=2))
        sys.exit(1)
    drawn = {style.id for spec in found.maps for style in spec.layers}
    for layer in found.catalogue.layers:
        if layer.id not in drawn:
            click.echo(f"note: the layer {layer.id} is on no map; name it in maps/*.toml to draw it", err=True)
    if waiting := undecided(found.records):
        click.echo(f"note: matches that are not decided: {waiting}; write accept, add or reject into each", err=True)
    for match, asked, ours in across(found.records, found.features):
        click.echo(
            f"note: match {match.id} takes {match.gathered}, of layer {asked}, as {match.feature}, of layer {ours}; "
            "is that meant?",
            err=True,
        )
    counts = {"features": len(found.features), "records": len(found.records), "readings": len(found.readings)}
    if as_json:
        click.echo(json.dumps({"faults": [], **counts}, indent=2))
    else:
        click.echo(f"{geodata}: no faults; {counts_in_words(counts)}")


@main.command(epilog="Example: mendmap load geodata --lake lake")
@_geodata
@lake_option
@click.option("--dry-run", is_flag=True, help="Say what would change, and write nothing.")
def load(geodata: Path, lake: str | None, dry_run: bool) -> None:
    """Check a folder of geodata and load it into the lake: all of it, or nothing."""
    from mendmap.load.check import check as checked
    from mendmap.load.measure import outstanding
    from mendmap.load.write import write
    from mendmap.rasters.header import Most

    chosen = settings_with(lake=lake)
    found = checked(geodata, chosen.max_file_mb, Most.of(chosen))
    result = write(found, chosen.lake, geodata.resolve(), dry=dry_run)
    for table, counts in result.changes.items():
        click.echo(f"{table}: {counts_in_words(counts)}" if any(counts.values()) else f"{table}: unchanged")
    if dry_run:
        click.echo("nothing was written")
    elif result.derived:
        click.echo(f"answers: {result.derived} changed")
    measured = result.changed and any(each.kind == "zonal" for each in found.records)
    if measured and not dry_run and (due := outstanding(chosen.lake, found.catalogue.id)):
        click.echo(f"imagery: up to {due} readings are not computed yet; mendmap raster stats does it")
    click.echo(f"snapshot {result.snapshot}" if result.snapshot else "no snapshot yet")


@main.command(epilog="Example: mendmap ingest september.csv --zone Europe/Belgrade --rejects rejects.csv")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@lake_option
@click.option("--catalogue", default="", help="Catalogue to ingest into, where the lake holds more than one.")
@click.option("--format", "form", default="auto", help="Format of the files; auto finds it by their content.")
@click.option("--zone", default="", help="Zone of times without an offset, such as Europe/Belgrade.")
@click.option("--label", type=click.Choice(["begin", "end"]), help="What a single time label tells of its interval.")
@click.option("--source", default="", help="Id of the source, for files that name none.")
@click.option("--mapping", type=click.Path(path_type=Path), help="Mapping file of a wide table.")
@click.option("--encoding", default="utf-8", help="Encoding of CSV files.")
@click.option("--rejects", type=click.Path(path_type=Path), help="Take the good rows, and write the bad ones here.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and write nothing.")
def ingest(files: tuple[Path, ...], lake: str | None, catalogue: str, dry_run: bool, **how: Any) -> None:
    """Add readings from files of any supported format; each file whole, or not at all."""
    from mendmap.load.ingest import Request
    from mendmap.load.ingest import ingest as ingested
    from mendmap.readings.mapping import options_of, read_mapping

    mapping = read_mapping(how["mapping"]) if how["mapping"] else {}
    options = options_of(mapping, how["zone"], how["label"] or "", how["source"])
    request = Request(how["form"], options, how["encoding"], how["rejects"], dry_run)
    chosen = settings_with(lake=lake)
    for file in files:
        result = ingested(file, chosen.lake, catalogue or chosen.catalogue, request)
        settled = result.settled
        counted = {"claims": settled.claims, "sound": settled.sound, "repeated": settled.repeated}
        click.echo(f"{file}: {result.format}; {counts_in_words(counted)}")
        if settled.bad_rows:
            click.echo(f"{file}: {settled.bad_rows} rows rejected, written to {how['rejects']}")
        counts = result.written.changes["readings"]
        click.echo(f"readings: {counts_in_words(counts)}" if any(counts.values()) else "readings: unchanged")
        if result.written.derived:
            click.echo(f"answers: {result.written.derived} changed")
        click.echo("nothing was written" if dry_run else f"snapshot {result.written.snapshot}")


def atlas_of(lake: str | None, moment: str | None, role: str = "public") -> Any:
    """The atlas of the catalogue that is set, now or as known at a moment, as a role sees it. What is told to others is
    the public's unless more is asked for."""
    with opened_atlas(lake, moment, role) as (_, atlas):
        return atlas


@contextmanager
def opened_atlas(lake: str | None, moment: str | None, role: str = "public") -> Iterator[tuple[Any, Any]]:
    """The same, with the lake still open: no row is read through it that the role may not see."""
    from mendmap.atlas.build import build
    from mendmap.lake import contents, ledger
    from mendmap.lake.connection import open_lake
    from mendmap.lake.screen import looked_at
    from mendmap.query.times import as_of

    chosen = settings_with(lake=lake)
    with closing(open_lake(chosen.lake)) as opened:
        catalogue = contents.chosen(opened, chosen.catalogue)
        snapshot = ledger.known(opened, catalogue, as_of(moment)) if moment else ledger.latest(opened)
        found, screen = looked_at(opened, snapshot, catalogue, role)
        if screen:
            screen.narrow(opened)
        yield opened, build(found)


def counts_in_words(counts: Mapping[str, int]) -> str:
    """Counts as the commands print them: ``2 added, 0 changed``."""
    return ", ".join(f"{number} {name}" for name, number in counts.items())
