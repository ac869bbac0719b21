"""Words for what is wrong with claims: the first of them one by one for the person who ingests, and a reason for
every row in the file of rejects.

Not here: finding them (``readings.settle``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mendmap.catalogue.records import Parameter
from mendmap.errors import Fault, not_one_of, shown
from mendmap.readings.claims import Options, Query
from mendmap.readings.fields import AVERAGING
from mendmap.readings.told import Referents
from mendmap.units import UnitError, factor
from mendmap.words.vocabulary import FLAGS, QUALITIES

MOST = 200  # faults that are listed one by one; the file of rejects has them all


@dataclass(frozen=True, slots=True)
class Reason:
    """What a bit of ``wrong`` means: the column at fault, and why."""

    column: str
    text: str


REASONS = {
    1: Reason("station", "no such station"),
    2: Reason("parameter", "no such parameter"),
    4: Reason("averaging", "not one of the choices"),
    8: Reason("start", "not a moment (write 2021-07-09T03:00+02:00) after the year 1800"),
    16: Reason("end", "not a moment, and averaging gives none"),
    32: Reason("qualifier", "not one of the choices"),
    64: Reason("value", "not a finite number, or it does not go with the quality"),
    128: Reason("unit", "not a unit that can be converted to the parameter's own"),
    256: Reason("detection_limit", "not a finite number"),
    512: Reason("quality", "not one of the choices"),
    1024: Reason("flags", "not among the choices"),
    2048: Reason("source", "no such source; name one with --source"),
    4096: Reason("start", "a local time that does not exist there, or whose zone is not declared (--zone)"),
    8192: Reason("end", "before start"),
    32768: Reason("uncertainty", "not a finite number of at least 0"),
    524288: Reason("samples", "not a whole number of at least 0"),
    65536: Reason("method", "not an id (letters, digits, _ and -, at most 80 of them)"),
    131072: Reason("note", "longer than 10000 characters, like a spreadsheet formula, or with control characters"),
    16384: Reason("value", "another row states something else for the same reading"),
}


def faults(
    query: Query, claims: str, file: str, known: Referents, options: Options, prefix: str = "", above: int = 0
) -> list[Fault]:
    """The first faults of the claims that ``settle`` judged, in the order of the file; where there are
    more, one about the whole file counts them all.

    ``prefix`` is the format's, so that the alias that is wanting can be named; ``above`` is how many lines stand above
    the first row, where the fault is to name a line and not a row.
    """
    found: list[Fault] = []
    wrong = query("SELECT count(*) FROM judged WHERE wrong <> 0").fetchone()[0]
    listed = f"SELECT file_row, wrong, unit, parameter FROM judged WHERE wrong <> 0 ORDER BY file_row LIMIT {MOST}"
    query(f"CREATE OR REPLACE TEMP TABLE explained AS {listed}")
    said = query(f"SELECT c.* FROM ({claims}) c SEMI JOIN explained e ON e.file_row = c.file_row")
    names = [each[0] for each in said.description]
    rows: dict[int, list[dict[str, Any]]] = {}
    for row in said.fetchall():
        cells = dict(zip(names, row, strict=True))
        rows.setdefault(cells["file_row"], []).append(cells)
    for file_row, bits, unit, parameter in query("SELECT * FROM explained ORDER BY file_row").fetchall():
        cells = next((each for each in rows[file_row] if (each["unit"] or "") == unit), rows[file_row][0])
        cells = cells | {"prefix": prefix, "canonical": known.parameters.get(parameter)}
        found += [
            Fault(file, file_row + above, REASONS[bit].column, _worded(bit, cells, known, options))
            for bit in REASONS
            if bits & bit
        ]
    if wrong > MOST:
        found.append(Fault(file, 0, "", f"{wrong} claims are wrong; the first {MOST} are listed"))
    return found


def _worded(bit: int, cells: dict[str, Any], known: Referents, options: Options) -> str:
    """The reason with the value at fault, and the choices where there are any."""
    column, text = REASONS[bit].column, REASONS[bit].text
    value = None if cells[column] is None else str(cells[column])
    choices = {
        1: known.stations,
        2: known.parameters,
        4: AVERAGING,
        32: ("<", ">"),
        512: QUALITIES,
        1024: FLAGS,
        2048: known.sources,
    }
    if bit in (1, 2) and value and cells["prefix"]:
        text = f"{text}; add {cells['prefix']}:{value} to the aliases of the one it means"
    if bit in choices:
        return not_one_of(text, value, choices[bit])
    if bit == 4096:
        zone = options.zone
        text = f"no such local time in {zone}: daylight saving leaves it out" if zone else "no offset and no --zone"
    if bit == 128 and cells["canonical"]:
        return _of_unit(value or "", cells["canonical"])
    return f"{text}: {shown(value)}"


def _of_unit(unit: str, parameter: Parameter) -> str:
    try:
        factor(unit, parameter.unit, parameter.molar_mass)
    except UnitError as error:
        return f"{error} (the unit of {parameter.id})"
    return f"not a unit that can be converted to that of {parameter.id}: {shown(unit)}"


def reasons(query: Query, claims: str) -> Iterator[tuple[int, list[str]]]:
    """Every row of the file that holds a claim that ``settle`` judged wrong, and why: ``column: reason: its text``."""
    wrong = "SELECT file_row, bit_or(wrong) AS wrong FROM judged WHERE wrong <> 0 GROUP BY file_row"
    said = query(f"SELECT j.wrong, c.* FROM ({claims}) c JOIN ({wrong}) j ON j.file_row = c.file_row ORDER BY file_row")
    names = [each[0] for each in said.description]
    for row in said.fetchall():
        cells = dict(zip(names, row, strict=True))
        about = [each for bit, each in REASONS.items() if cells["wrong"] & bit]
        yield cells["file_row"], [f"{each.column}: {each.text}: {shown(cells[each.column])}" for each in about]


def reasons_sql() -> str:
    """An SQL expression over ``wrong`` that lists every column at fault and why, for the file of rejects."""
    cases = ", ".join(
        f"CASE WHEN wrong & {bit} > 0 THEN '{each.column}: {each.text.replace(chr(39), chr(39) * 2)}' END"
        for bit, each in REASONS.items()
    )
    return f"array_to_string(list_filter([{cases}], each -> each IS NOT NULL), '; ')"
