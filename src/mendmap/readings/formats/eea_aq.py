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
        Field("Verification", "integer", "1 verified; 2 preliminary; 3 not verified.", required=True),
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
        value, validity = bare_cell(file, "Value"), cell(file, "Validity")
        number = f"TRY_CAST({value} AS DOUBLE)"
        # Only texts that begin like it are parsed.
        missing = (
            f"(CASE WHEN starts_with({value}, '-999') THEN coalesce({number} = -999, false) ELSE {value} IS NULL END)"
        )
        half = f"(coalesce({validity} = '3', false) AND NOT {missing})"
        limit = f"coalesce(CAST(2 * {number} AS VARCHAR), {value})"
        return selected(
            {
                "station": _last(cell(file, "Samplingpoint")),
                "parameter": _last(cell(file, "Pollutant")),
                "averaging": _averaging(cell(file, "AggType")),
                "start": _moment(bare_cell(file, "Start")),
                "end": _moment(bare_cell(file, "End")),
                "qualifier": f"CASE WHEN {half} THEN '<' END",
                "value": f"CASE WHEN {missing} THEN NULL WHEN {half} THEN {limit} ELSE {value} END",
                "unit": _unit(cell(file, "Unit")),
                "detection_limit": f"CASE WHEN {half} THEN {limit} END",
                "quality": _quality(missing, validity, cell(file, "Verification")),
                "flags": f"CASE WHEN {validity} = '2' AND NOT {missing} THEN 'below_detection_limit' END",
            }
        )


def _last(expression: str) -> str:
    """What follows the last slash: codes also come as addresses."""
    return f"string_split({expression}, '/')[-1]"


def _averaging(kind: str) -> str:
    return f"CASE {kind} WHEN 'hour' THEN '1h' WHEN 'day' THEN '24h' ELSE {kind} END"


def _moment(expression: str) -> str:
    iso = f"replace(replace(replace({expression}, ' +', '+'), ' -', '-'), ' ', 'T')"
    return f"CASE WHEN contains({expression}, ' ') THEN {iso} ELSE {expression} END"


def _unit(expression: str) -> str:
    return f"regexp_replace({_last(expression)}, '^(\\w+)\\.m-3$', '\\1/m3')"


def _quality(missing: str, validity: str, verification: str) -> str:
    """A code that is not in the agency's vocabulary stays what it is, so that the check names it."""
    return (
        f"CASE WHEN {missing} THEN 'missing' WHEN {validity} IN ('-1', '-99') THEN 'invalid' "
        f"WHEN coalesce({validity} NOT IN ('1', '2', '3', '4'), true) THEN 'Validity=' || coalesce({validity}, '') "
        f"WHEN {verification} = '1' THEN 'valid' WHEN coalesce({verification}, '2') IN ('2', '3') THEN 'preliminary' "
        f"ELSE 'Verification=' || {verification} END"
    )
