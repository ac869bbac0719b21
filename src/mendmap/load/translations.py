"""The texts of a folder of geodata in other languages: ``translations/{language}.po`` in the folder.

A message is a text as it stands in the folder, in the catalogue's first language. Not here: names, which have a column
for each language, and what mendmap says itself (``words``).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from mendmap.catalogue import files
from mendmap.catalogue.model import FILE, Catalogue, Gathered, Readings
from mendmap.catalogue.records import Record, Work
from mendmap.errors import Fault, not_one_of, shown
from mendmap.vectors.features import Feature
from mendmap.vectors.fields import columns
from mendmap.words import messages
from mendmap.words.fields import Field, fields_of, read_row
from mendmap.words.languages import made_of_another

FOLDER = "translations"
# Columns that other languages print as they are: what documents are called, signs,
# and what programs read.
_FIXED = {"title", "instrument", "symbol", "aliases", "claimant_also", "mapping"}
# Spans of time that every language has words for.
_SPAN = re.compile(r"\d+(h|d|min)|instant|sample|month|year")
# What a translation may be is what any text of a folder may be.
_SAID = (Field("said", "text", ""),)
_PLACEHOLDER = re.compile(r"\{\w*\}|%\(\w+\)\w")

# Records of what a person decides while working on the folder; no page shows them.
_UNTOLD = ("match",)

Placed = Sequence[tuple[str, int, Record]]


def texts(catalogue: Catalogue, features: Iterable[Feature], placed: Placed) -> dict[str, str]:
    """Every text that can be translated, in the order of the files, with where it first stands: ``works.csv: fen
    note``. Those of ``placed`` come with the file of each record."""
    layers = {layer.id: layer for layer in catalogue.layers}
    found: dict[str, str] = {}
    for text, where in _own(catalogue):
        found.setdefault(text, f"{FILE}: {where}")
    for feature in features:
        layer = layers[feature.layer]
        for each in columns(layer):
            if each.kind == "text" and each.name not in _FIXED and (said := feature.properties.get(each.name)):
                found.setdefault(said, f"{layer.entry.file}: {feature.id} {each.name}")
    for file, _, record in placed:
        for text, column in _record(record) if record.kind not in _UNTOLD else ():
            found.setdefault(text, f"{file}: {record.id} {column}")
    return found


def read(
    folder: Path, languages: Sequence[str], known: dict[str, str] | None, max_bytes: int
) -> tuple[dict[str, dict[str, str]], list[Fault]]:
    """The translations of a folder, by language and text, and what is wrong with its files. ``known`` are its
    ``texts``; None where not all of them could be read."""
    found: dict[str, dict[str, str]] = {}
    faults: list[Fault] = []
    for path in _files(folder):
        file, language = f"{FOLDER}/{path.name}", path.stem
        if language not in languages[1:]:
            wanted = not_one_of("no further language of the catalogue", language, languages[1:])
            faults.append(Fault(file, 0, "", f"{wanted}; a file is named as its language"))
            continue
        try:
            told = messages.read(files.text(path, max_bytes))
        except ValueError as error:
            faults.append(Fault(file, getattr(error, "line", 0), "", str(error)))
            continue
        current = [each for each in told if each.line]
        faults += (Fault(file, each.line, "", wrong) for each in current for wrong in _wrong(each, known))
        found[language] = {each.text: each.said for each in current if each.said}
    return found, faults


def together(said: dict[str, dict[str, str]], joined: Mapping[str, Sequence[str]]) -> None:
    """Translates texts that are ``joined`` of several: of those that are translated, the others as they are."""
    for own in said.values():
        for whole, parts in joined.items():
            if whole not in own and any(each in own for each in parts):
                own[whole] = "; ".join(own.get(each, each) for each in parts)


def renew(folder: Path, languages: Sequence[str], known: dict[str, str], max_bytes: int) -> Iterator[tuple[str, int]]:
    """Writes every text of a folder into the file of each of its further languages, but for one that is made of
    another's letters; what is translated stays. Yields each file and how many of its texts are not translated yet.
    Raises ValueError, and leaves the file as it is, where it is no catalogue of messages."""
    for language in languages[1:]:
        path = folder / FOLDER / f"{language}{messages.SUFFIX}"
        if made_of_another(language, languages) and not path.exists():
            continue
        told = messages.read(files.text(path, max_bytes)) if path.exists() else []
        path.parent.mkdir(exist_ok=True)
        beside = path.with_name(f".{path.name}.new")
        beside.write_text(messages.write(language, known, told), encoding="utf-8")
        beside.replace(path)
        yield f"{FOLDER}/{path.name}", len(known.keys() - {each.text for each in told if each.said})


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / FOLDER).glob(f"*{messages.SUFFIX}") if not path.name.startswith("."))


def _wrong(message: messages.Message, known: dict[str, str] | None) -> Iterator[str]:
    if known is not None and message.text not in known:
        yield f"no text of this folder is {shown(message.text)} any more; mendmap translate strikes it out"
    if not message.said:
        return
    for _, complaint in read_row(_SAID, {"said": message.said}, ())[1]:
        yield f"the translation {complaint}"
    if sorted(_PLACEHOLDER.findall(message.said)) != sorted(_PLACEHOLDER.findall(message.text)):
        yield f"the translation has other placeholders than {shown(message.text)}"
    if _figures(message.said) != _figures(message.text):
        yield f"the translation has other numbers than {shown(message.text)}"


def _figures(text: str) -> list[str]:
    """The digits of a text, however its language groups them and whatever their order."""
    return sorted(re.findall(r"[0-9]+", text))


def _own(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    yield catalogue.licence, "catalogue licence"
    yield catalogue.attribution, "catalogue attribution"
    for layer in catalogue.layers:
        for column, text in (
            ("description", layer.description),
            ("source", layer.entry.source),
            ("licence", layer.entry.licence),
        ):
            yield text, f"{layer.id} {column}"
        yield from ((text, f"{layer.id} kinds {name}") for name, text in layer.kinds.items())
        yield from ((text, f"{layer.id} fields {name}") for name, text in layer.fields.items())
    for entry in [*(each.entry for each in catalogue.tables), *(each.entry for each in catalogue.readings)]:
        yield entry.licence, f"{entry.file} licence"
    for each in catalogue.gathered:
        yield each.entry.licence, f"{each.entry.file} licence"
        yield each.entry.source, f"{each.entry.file} source"
    attributed: list[Gathered | Readings] = [*catalogue.gathered, *catalogue.readings]
    for given in attributed:
        if given.attribution:
            yield given.attribution, f"{given.entry.file} attribution"


def _record(record: Record) -> Iterator[tuple[str, str]]:
    for each in fields_of(type(record)):
        text = getattr(record, each.name) if each.kind == "text" and each.name not in _FIXED else None
        if text and not (each.name == "averaging" and _SPAN.fullmatch(text)):
            yield text, each.name
    if isinstance(record, Work) and record.type:
        yield kind_of_work(record.type), "type"


def kind_of_work(word: str) -> str:
    """The kind of a work as pages print it: ``dust_control`` is ``dust control``."""
    return word.replace("_", " ")
