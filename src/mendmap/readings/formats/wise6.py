"""Waterbase - Water Quality of the EEA, table of single samples (WISE-6 disaggregated data), as CSV or XLSX.

Not here: the aggregated table, whose rows are means of a year.
"""

from mendmap.readings.claims import Options, Query
from mendmap.readings.formats.sql import (
    cell,
    depth_word,
    has_columns,
    method_of,
    one_of,
    raw_of,
    required,
    selected,
    word,
)
from mendmap.readings.opened import Opened
from mendmap.words.fields import Field

_STATUS = "A confirmed; L, M, N, O, W the value is missing, each for its reason; X, Y of other source categories"
# Statuses of the dataset's definition that say that there is no value.
_MISSING = ("L", "M", "N", "O", "W")
_KNOWN = (*_MISSING, "A", "X", "Y")
_WITHDRAWN = ("invalid", "superseded", "retired")


class Wise6:
    """WISE-6 samples. The parameter is ``determinand|matrix``: ``W-DIS`` (dissolved) is apart from ``W`` (whole).

    Only the day is told, so depth, sediment depth and species go into the method; of several samples of one day that
    agree in these, the first by its identifier is the series itself and the second the method ``sample_2``.
    """

    name = "wise6"
    about = "EEA Waterbase WISE-6 disaggregated samples (CSV or XLSX)"
    prefix = "wise"
    columns: tuple[Field, ...] = (
        Field("monitoringSiteIdentifier", "text", "Monitoring site.", required=True),
        Field("monitoringSiteIdentifierScheme", "text", "Scheme of its identifier."),
        Field("parameterWaterBodyCategory", "word", "River, lake, groundwater and so on."),
        Field("observedPropertyDeterminandCode", "text", "What was measured, as CAS_7440-50-8.", required=True),
        Field("observedPropertyDeterminandLabel", "text", "The same in words."),
        Field("procedureAnalysedMatrix", "word", "W water, W-DIS filtered water and so on.", required=True),
        Field("resultUom", "text", "Unit of value and limit.", required=True),
        Field("phenomenonTimeSamplingDate", "date", "Day of the sample, YYYYMMDD or YYYY-MM-DD.", required=True),
        Field("sampleIdentifier", "text", "The sample."),
        Field("resultObservedValue", "number", "Value; the limit, where it is below it.", required=True),
        Field("resultQualityObservedValueBelowLOQ", "word", "1 below the limit of quantification.", required=True),
        Field("procedureLOQValue", "number", "Limit of quantification."),
        Field("parameterSampleDepth", "number", "Depth of the sample.", unit="m"),
        Field("parameterSedimentDepthSampled", "text", "Depth within the sediment."),
        Field("parameterSpecies", "text", "Species, for biota."),
        Field("resultMoisture", "number", "Moisture.", unit="%"),
        Field("resultFat", "number", "Fat.", unit="%"),
        Field("resultExtractableLipid", "number", "Extractable lipid.", unit="%"),
        Field("resultLipid", "number", "Lipid.", unit="%"),
        Field("resultObservationStatus", "word", _STATUS),
        Field("Remarks", "text", "Remarks of the reporter."),
        Field("metadata_versionId", "text", "Version of the record."),
        Field("metadata_beginLifeSpanVersion", "moment", "Beginning of that version."),
        Field("metadata_statusCode", "word", "Status of the record."),
        Field("metadata_observationStatus", "word", "Status by the agency's checks."),
        Field("metadata_statements", "text", "What those checks say."),
        Field("UID", "text", "Number of the record."),
    )

    def recognises(self, file: Opened) -> bool:
        """By its columns."""
        return has_columns(file, *required(self.columns))

    def raw(self, query: Query, file: Opened, options: Options) -> None:
        """The rows as they are."""
        raw_of(query, file)

    def claims(self, file: Opened, options: Options) -> str:
        """Below the limit of quantification, the value is the limit, whatever stands in the value's column."""
        status, value = cell(file, "resultObservationStatus"), cell(file, "resultObservedValue")
        loq, flag = cell(file, "procedureLOQValue"), cell(file, "resultQualityObservedValueBelowLOQ")
        below, above = one_of(flag, ("1", "true")), f"({flag} IS NULL OR {one_of(flag, ('0', 'false'))})"
        site, day = cell(file, "monitoringSiteIdentifier"), _day(cell(file, "phenomenonTimeSamplingDate"))
        parameter = (
            f"concat_ws('|', {cell(file, 'observedPropertyDeterminandCode')}, {cell(file, 'procedureAnalysedMatrix')})"
        )
        missing = f"({one_of(status, _MISSING)} OR ({value} IS NULL AND NOT {below}))"
        return selected(
            {
                "station": site,
                "parameter": parameter,
                "averaging": "'sample'",
                "method": method_of(_where(file), (site, parameter, day), [cell(file, "sampleIdentifier")], "sample"),
                "start": day,
                # A flag that is neither 0 nor 1 stays what it is, so that the check names it.
                "qualifier": f"CASE WHEN {missing} THEN NULL WHEN {below} THEN '<' WHEN NOT {above} THEN {flag} END",
                "value": f"CASE WHEN {missing} THEN NULL WHEN {below} THEN coalesce({loq}, {value}) ELSE {value} END",
                "unit": cell(file, "resultUom"),
                "detection_limit": loq,
                "quality": _quality(missing, status, cell(file, "metadata_statusCode")),
                "note": _note(file),
            }
        )


def _where(file: Opened) -> tuple[str, ...]:
    """What of one site was sampled, as parts of a method."""
    return (
        depth_word(cell(file, "parameterSampleDepth"), "'m'"),
        f"'sediment_' || {word(cell(file, 'parameterSedimentDepthSampled'))}",
        f"'species_' || {word(cell(file, 'parameterSpecies'))}",
    )


def _day(date: str) -> str:
    bare = f"regexp_replace({date}, '[ T]00:00(:00(\\.0+)?)?$', '')"
    return f"regexp_replace({bare}, '^(\\d{{4}})(\\d\\d)(\\d\\d)$', '\\1-\\2-\\3')"


def _quality(missing: str, status: str, record: str) -> str:
    return (
        f"CASE WHEN {missing} THEN 'missing' WHEN {one_of(record, _WITHDRAWN)} THEN 'invalid' "
        f"WHEN {status} IS NULL OR {one_of(status, _KNOWN)} THEN 'valid' "
        f"ELSE 'resultObservationStatus=' || {status} END"
    )


def _note(file: Opened) -> str:
    depth = cell(file, "parameterSampleDepth")
    sample = cell(file, "sampleIdentifier")
    return f"nullif(concat_ws('; ', 'sample ' || {sample}, 'depth ' || {depth} || ' m', {cell(file, 'Remarks')}), '')"
