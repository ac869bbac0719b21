"""Air quality as the European Environment Agency hands it out: e-reporting time series, Parquet or CSV.

Start and End of these files carry no offset. The agency's pages say UTC+1 of hourly values, for an earlier service;
nothing in the file says so, and it is not assumed here: the one who ingests declares the zone.
"""

from mendmap.readings.claims import Options, Query
from mendmap.readings.formats.sql import bare_cell, cell, has_columns, raw_of, required, selected
from mendmap.readings.opened import Opened
from mendmap.words.fields import Field

_VALIDITY = (
    "-99 not valid, because of maintenance; -1 not valid; 1 valid; 2 valid, below the detection limit, value as "
    "measured; 3 valid, below the detection limit, value is half the limit; 4 valid, ozone by CCQM"
)
_WORDS = ("Samplingpoint", "Pollutant", "AggType", "Unit", "Validity", "Verification")


class EeaAirQuality:
    """EEA e-reporting. The station is the sampling point without its country, the parameter the pollutant's code."""

    name = "eea_aq"
    about = "EEA air quality e-reporting time series (Parquet or CSV)"
    prefix = "eea"
    columns: tuple[Field, ...] = (
        Field("Samplingpoint", "text", "Sampling point, after its country and a slash.", required=True),
        Field("Pollutant", "integer", "Code in the agency's vocabulary aq/pollutant.", required=True),
        Field("Start", "moment", "Beginning, without an offset.", required=True),
        Field("End", "moment", "End, without an offset.", required=True),
        Field("Value", "number", "Value; -999 where it is missing.", required=True),
        Field("Unit", "text", "Unit, as ug.m-3.", required=True),
        Field("AggType", "word", "Time that the value is an average of.", required=True, choices=("hour", "day")),
        Field("Validity", "integer", _VALIDITY, required=True),
        Field("Verification", "integer", "1 verified; 2 preliminary; 3 not verified; 0 not told.", required=True),
        Field("ResultTime", "moment", "When the agency received it."),
        Field("DataCapture", "number", "Share of the time that the value stands for.", unit="%"),
        Field("FkObservationLog", "text", "The agency's own number."),
    )

    def recognises(self, file: Opened) -> bool:
        """By its columns."""
        return file.kind in ("parquet", "csv") and has_columns(file, *required(self.columns))

    def raw(self, query: Query, file: Opened, options: Options) -> None:
        """The rows as they are."""
        raw_of(query, file)

    def claims(self, file: Opened, options: Options) -> str:
        """Half a detection limit (Validity 3) becomes ``<`` the limit; -999 becomes a missing value."""
        value, validity = bare_cell(file, "Value"), _code(file, "Validity")
        typed = "Value" in file.typed
        number = value if typed else f"TRY_CAST({value} AS DOUBLE)"
        missing = f"({value} IS NULL OR coalesce({number} = -999, false))"
        half = f"(coalesce({validity} = '3', false) AND NOT {missing})"
        # What is no number stays what it is, so that the check names it; and twice a decimal may be too large for one.
        limit = f"CASE WHEN abs({number}) < 1e15 THEN 2 * {number} ELSE {value} END"
        limit = limit if typed else f"coalesce(CAST(2 * {number} AS VARCHAR), {value})"
        return selected(
            {
                "station": _last(cell(file, "Samplingpoint")),
                "parameter": _last(cell(file, "Pollutant")),
                "averaging": _averaging(cell(file, "AggType")),
                "start": _moment(file, "Start"),
                "end": _moment(file, "End"),
                "qualifier": f"CASE WHEN {half} THEN '<' END",
                "value": f"CASE WHEN {missing} THEN NULL WHEN {half} THEN {limit} ELSE {value} END",
                "unit": _unit(cell(file, "Unit")),
                "quality": _quality(missing, validity, _code(file, "Verification")),
                "flags": f"CASE WHEN {validity} = '2' AND NOT {missing} THEN 'below_detection_limit' "
                f"WHEN {validity} = '-99' THEN 'calibration' END",
            },
            words=[*(bare_cell(file, each) for each in _WORDS), missing],
        )


def _last(expression: str) -> str:
    """What follows the last slash: codes also come as addresses."""
    return f"split_part({expression}, '/', -1)"


def _averaging(kind: str) -> str:
    return f"CASE {kind} WHEN 'hour' THEN '1h' WHEN 'day' THEN '24h' ELSE {kind} END"


def _moment(file: Opened, column: str) -> str:
    expression = bare_cell(file, column)
    if column in file.typed:
        return expression
    iso = f"replace(replace(replace({expression}, ' +', '+'), ' -', '-'), ' ', 'T')"
    return f"CASE WHEN contains({expression}, ' ') THEN {iso} ELSE {expression} END"


def _unit(expression: str) -> str:
    return f"regexp_replace({_last(expression)}, '^(\\w+)\\.m-3$', '\\1/m3')"


def _code(file: Opened, column: str) -> str:
    """A column of codes. Numbers stay numbers: DuckDB makes a number of the text that it is compared with."""
    return bare_cell(file, column) if column in file.typed else cell(file, column)


def _quality(missing: str, validity: str, verification: str) -> str:
    """A code that is not in the agency's vocabulary stays what it is, so that the check names it; but for 0, which
    stands throughout the files of the years before 2013, and tells nothing."""
    return (
        f"CASE WHEN {missing} THEN 'missing' WHEN {validity} IN ('-1', '-99') THEN 'invalid' "
        f"WHEN coalesce({validity} NOT IN ('1', '2', '3', '4'), true) "
        f"THEN 'Validity=' || coalesce(CAST({validity} AS VARCHAR), '') "
        f"WHEN {verification} = '1' THEN 'valid' "
        f"WHEN coalesce({verification} IN ('0', '2', '3'), true) THEN 'preliminary' "
        f"ELSE 'Verification=' || {verification} END"
    )
