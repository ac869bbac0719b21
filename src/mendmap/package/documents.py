"""The documents of a package: the cover page, how everything was computed, the columns, and metadata for catalogues.

The pages need no network and no script, and can be printed. What the words and computations mean is taken from the
vocabulary and from the very code that computes, so that it stays true. Not here: the data (``members``).
"""

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import jinja2
import orjson

from mendmap.assess import censored, compare, findings, trends
from mendmap.atlas import joins, rivers
from mendmap.catalogue.records import names
from mendmap.exports import metadata
from mendmap.exports.files import MEDIA, rows_csv
from mendmap.exports.metadata import Dataset, Distribution
from mendmap.package.scope import Scope
from mendmap.rasters import classes, difference, expression, zonal
from mendmap.statements import model
from mendmap.words import vocabulary
from mendmap.words.fields import Field

Json = Mapping[str, Any]
_HTML = "text/html; charset=utf-8"
_pages = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_pages.filters["number"] = lambda value: f"{value:,.10g}" if isinstance(value, float) else f"{value:,}"
_pages.filters["name"] = names
_pages.globals["words"] = vocabulary

# Verdicts that the cover page lists; all are in the table.
_MOST_EXCEEDING = 50
# Headings of the method notes, with the words that stand under each.
_WORDS = (
    ("How good a reading is", vocabulary.QUALITIES),
    ("How a value is to be read", vocabulary.QUALIFIERS),
    ("What a source remarks of a reading", vocabulary.FLAGS),
    ("What our own checks point at", vocabulary.MARKS),
    ("What is computed", vocabulary.STATISTICS),
    ("Of what, in a rule", vocabulary.BLOCKS),
    ("Over what, in a rule", vocabulary.PERIODS),
    ("Whether a limit is kept", vocabulary.VERDICTS),
    ("Why a verdict is as it is", vocabulary.REASONS),
    ("Whether a series changes", vocabulary.TRENDS),
    ("How a station is joined to a site", vocabulary.JOINS),
    ("How a place along a watercourse is known", vocabulary.CHAINAGES),
    ("How a position is known", vocabulary.BASES),
    ("Who vouches for it", vocabulary.TRUSTS),
    ("How a claim is checked", vocabulary.CHECKS),
    ("What came of checking a claim", vocabulary.OUTCOMES),
    ("Whose evidence it is", vocabulary.STANDINGS),
    ("What the pixels of a raster are", vocabulary.SHOWS),
    ("What tells clouds from ground", vocabulary.CLASSIFIED),
    ("What is computed of the pixels inside an outline", vocabulary.ZONAL),
)
# Headings, with the code that computes and says how.
_CODE: tuple[tuple[str, ModuleType | object], ...] = (
    ("Limits that are counted or ranked", findings.ranked),
    ("Hours in a row", findings.consecutive),
    ("Means of hours and days", findings.mean),
    ("Means of samples", findings.average),
    ("From numbers to a verdict", findings.verdict),
    ("Samples below detection", censored),
    ("Trends", trends),
    ("Comparisons of two times", compare),
    ("Stations and sites", joins),
    ("Places along watercourses", rivers),
    ("From evidence to an outcome", model.decided),
    ("Whose evidence several things are", model.together),
    ("Pixels that show the ground", classes.clear),
    ("Indices", expression),
    ("Statistics inside an outline", zonal),
    ("Changes of an index", difference.make),
)


class Document(NamedTuple):
    """A file that is made in memory."""

    path: str
    media_type: str
    title: str
    body: bytes


def documents(scope: Scope, manifest: Json, columns: Mapping[str, Sequence[Field]]) -> list[Document]:
    """The documents about the files of a ``manifest``, which does not list the documents yet."""
    atlas = scope.atlas
    datasets = list(_datasets(manifest, columns))
    counts = {each["path"]: each["words"] for each in manifest["files"] if each.get("words")}
    cover = {"manifest": manifest, "place": atlas.place, "counts": counts, "outcomes": scope.outcomes()}
    cover |= {"exceeding": scope.exceeding(_MOST_EXCEEDING), "rasters": atlas.rasters}
    methods = {"place": atlas.place, "snapshot": atlas.snapshot, "rules": list(atlas.rules.values())}
    return [
        Document("index.html", _HTML, "Cover page: read this first", _page("cover.html", **cover)),
        Document("methods.html", _HTML, "How everything was computed", _page("methods.html", **methods, **_notes())),
        Document("columns.csv", MEDIA["csv"], "Every column with its unit and meaning", _columns(columns)),
        _linked("dcat.jsonld", "Metadata in DCAT-AP", metadata.dcat(atlas, "index.html", datasets)),
        _linked("schema.jsonld", "Metadata in schema.org", metadata.schema_org(atlas, "index.html", datasets)),
    ]


def checksums(files: Iterable[Json]) -> Document:
    """The SHA-256 of files as ``sha256sum --check`` reads them."""
    body = "".join(f"{each['sha256']}  {each['path']}\n" for each in files).encode()
    return Document("SHA256SUMS", "text/plain; charset=utf-8", "SHA-256 of the files, for sha256sum --check", body)


def explained(code: object) -> list[str]:
    """What code says of itself, in paragraphs, less where other things are found."""
    text = (inspect.getdoc(code) or "").partition("Not here:")[0].replace("``", "")
    return [re.sub(r"\s*\n\s*(?!-)", " ", each).strip() for each in text.split("\n\n") if each.strip()]


def _notes() -> dict[str, Any]:
    return {
        "sections": [(heading, explained(code)) for heading, code in _CODE],
        "glossary": [(heading, {each: told for each, told in table.items() if each}) for heading, table in _WORDS],
    }


def _columns(columns: Mapping[str, Sequence[Field]]) -> bytes:
    rows = (
        {"table": table, "column": each.name, "kind": each.kind, "unit": each.unit, "meaning": each.meaning}
        | {"choices": ",".join(filter(None, each.choices))}
        for table, fields in columns.items()
        for each in fields
    )
    return rows_csv(("table", "column", "kind", "unit", "meaning", "choices"), rows)


def _datasets(manifest: Json, columns: Mapping[str, Sequence[Field]]) -> Iterable[Dataset]:
    """What the files hold, a dataset for each table and layer."""
    for table, fields in columns.items():
        files = [each for each in manifest["files"] if each["table"] == table]
        yield Dataset(
            f"index.html#{table.replace(' ', '-')}",
            files[0]["title"],
            f"{files[0]['title']}: {files[0]['rows']:,} rows, as known at snapshot {manifest['snapshot']['name']}.",
            files[0]["licence"],
            tuple(fields),
            tuple(Distribution(each["path"], each["media_type"], each["bytes"], each["sha256"]) for each in files),
            spatial="crs" in files[0],
        )


def _linked(path: str, title: str, document: Json) -> Document:
    body = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    return Document(path, metadata.MEDIA_TYPE, title, body)


def _page(template: str, **context: Any) -> bytes:
    return _pages.get_template(template).render(**context).encode()
