"""Results of the US Water Quality Portal: the legacy download (resultPhysChem), and WQX 3.0 with its new names.

Not here: the stations' own file. Rows of quality control (blanks, spikes, duplicates) are no readings of a station:
their parameter carries the kind of the activity, so that no catalogue takes them for one unless it means to. The
portal's narrow downloads do not say the kind: nothing in them tells a blank from a sample.
"""

from mendmap.readings.claims import Options, Query
from mendmap.readings.formats.sql import cell, depth_word, has_columns, method_of, one_of, raw_of, selected, text
from mendmap.readings.opened import Opened
from mendmap.words.fields import Field

# What we read, its name in the legacy download, its name in WQX 3.0 ('' where it has none), and what it is.
_NAMES = (
    ("organization", "OrganizationIdentifier", "Org_Identifier", "Organization."),
    ("activity", "ActivityIdentifier", "Activity_ActivityIdentifier", "Field activity or sample."),
    ("kind", "ActivityTypeCode", "Activity_TypeCode", "Kind of activity; Quality Control ... is no reading."),
    ("date", "ActivityStartDate", "Activity_StartDate", "Day, local."),
    ("time", "ActivityStartTime/Time", "Activity_StartTime", "Time of day, local."),
    ("zone", "ActivityStartTime/TimeZoneCode", "Activity_StartTimeZone", "Its zone, as EST."),
    ("end_date", "ActivityEndDate", "Activity_EndDate", "Last day, local."),
    ("end_time", "ActivityEndTime/Time", "Activity_EndTime", "Time of its end, local."),
    ("end_zone", "ActivityEndTime/TimeZoneCode", "Activity_EndTimeZone", "Its zone."),
    ("station", "MonitoringLocationIdentifier", "Location_Identifier", "Monitoring location."),
    ("result", "ResultIdentifier", "Result_MeasureIdentifier", "Number of the result."),
    ("depth", "ActivityDepthHeightMeasure/MeasureValue", "Activity_DepthHeightMeasure", "Depth of the sample."),
    ("depth_unit", "ActivityDepthHeightMeasure/MeasureUnitCode", "Activity_DepthHeightMeasureUnit", "Its unit."),
    ("depth", "ResultDepthHeightMeasure/MeasureValue", "ResultDepthHeight_Measure", "Depth of the result."),
    ("depth_unit", "ResultDepthHeightMeasure/MeasureUnitCode", "ResultDepthHeight_MeasureUnit", "Its unit."),
    (
        "analysis",
        "ResultAnalyticalMethod/MethodIdentifier",
        "ResultAnalyticalMethod_Identifier",
        "Method of analysis.",
    ),
    ("condition", "ResultDetectionConditionText", "Result_ResultDetectionCondition", "Why there is no value."),
    ("speciation", "MethodSpeciationName", "Result_MethodSpeciation", "As N, as NO3 and so on."),
    ("speciation", "MethodSpecificationName", "", "The same, as the portal spells it."),
    ("characteristic", "CharacteristicName", "Result_Characteristic", "What was measured."),
    ("fraction", "ResultSampleFractionText", "Result_SampleFraction", "Dissolved, Total and so on."),
    ("value", "ResultMeasureValue", "Result_Measure", "Value; blank where it was not detected."),
    ("unit", "ResultMeasure/MeasureUnitCode", "Result_MeasureUnit", "Unit of the value."),
    ("qualifier", "MeasureQualifierCode", "Result_MeasureQualifierCode", "U not detected, J estimated and so on."),
    ("status", "ResultStatusIdentifier", "Result_MeasureStatusIdentifier", "Accepted, Preliminary and so on."),
    ("statistic", "StatisticalBaseCode", "Result_StatisticalBase", "Mean, Maximum and so on of several."),
    ("comment", "ResultCommentText", "Result_Comment", "Comment."),
    ("comment", "", "DataQuality_ResultComment", "Comment, as the portal spells it."),
    (
        "bound",
        "DetectionQuantitationLimitMeasure/MeasureValue",
        "DetectionLimit_MeasureA",
        "Limit of detection or quantitation.",
    ),
    (
        "bound_unit",
        "DetectionQuantitationLimitMeasure/MeasureUnitCode",
        "DetectionLimit_MeasureUnitA",
        "Unit of the limit.",
    ),
)
_BELOW = (
    *(
        "not detected",
        "not detected at detection limit",
        "not detected at reporting limit",
        "non-detect",
        "not present",
    ),
    *("below detection limit", "below daily detection limit", "below method detection limit", "below reporting limit"),
    *("below system detection limit", "below sample-specific detect limit", "below long-term blank-basd dt limit"),
)
# Detected, but not measured: below a limit where the row has no value; with one, the value is an estimate.
_FAINT = (
    *("present below quantification limit", "detected not quantified", "between inst detect and quant limit", "trace"),
    *("present <ql", "below quantification limit"),
)
_ABOVE = ("present above quantification limit", "above operating range", "present >ql")
_CODES = "(^|[;, ])(u|uj|nd|bdl|bql|brl)($|[;, ])"
_WORDS = ("nd", "non-detect", "*non-detect", "not detected")
_HOURS = {
    **{"UTC": "+00:00", "GMT": "+00:00", "AST": "-04:00", "ADT": "-03:00", "EST": "-05:00", "EDT": "-04:00"},
    **{"CST": "-06:00", "CDT": "-05:00", "MST": "-07:00", "MDT": "-06:00", "PST": "-08:00", "PDT": "-07:00"},
    **{"AKST": "-09:00", "AKDT": "-08:00", "HST": "-10:00"},
}
_STATUSES = {
    **{"accepted": "valid", "final": "valid", "historical": "valid", "validated": "valid"},
    **{"preliminary": "preliminary", "provisional": "preliminary", "raw": "preliminary", "rejected": "invalid"},
}


class Wqx:
    """Water Quality Portal. The parameter is ``characteristic|fraction``, with ``|statistic`` where there is one.

    The depth goes into the method; of several results of one moment that agree in it, the first by activity, method
    of analysis and number is the series itself and the second the method ``result_2``.
    """

    name = "wqx"
    about = "US Water Quality Portal results, legacy or WQX 3.0 (CSV or XLSX)"
    prefix = "wqx"
    columns: tuple[Field, ...] = tuple(Field(each, "text", entry[3]) for entry in _NAMES for each in entry[1:3] if each)

    def recognises(self, file: Opened) -> bool:
        """By the columns that neither edition leaves out."""
        decisive = [entry for entry in _NAMES if entry[0] in ("station", "date", "characteristic", "value")]
        return any(has_columns(file, *(entry[edition] for entry in decisive)) for edition in (1, 2))

    def raw(self, query: Query, file: Opened, options: Options) -> None:
        """The rows as they are."""
        raw_of(query, file)

    def claims(self, file: Opened, options: Options) -> str:
        """Below a limit, value and unit are the limit's own, in the unit in which the limit is given."""
        columns = {each: _column(file, each) for each, *_ in _NAMES}
        columns["condition"] = f"ltrim(lower({columns['condition']}), '*')"
        columns["sign"] = _sign(columns)
        ended = _moment("coalesce(end_date, date)", "end_time", "end_zone")
        within = ("station", _PARAMETER, "date", "time", "zone")
        unit = (
            "CASE WHEN (sign = '<' OR value IS NULL) AND bound IS NOT NULL "
            "THEN coalesce(bound_unit, unit) ELSE coalesce(unit, bound_unit) END"
        )
        listed = ", ".join(f"{sql} AS {each}" for each, sql in columns.items())
        return selected(
            {
                "station": "station",
                "parameter": _PARAMETER,
                "averaging": "'sample'",
                "method": method_of(
                    [depth_word("depth", "depth_unit")], within, ("activity", "analysis", "result"), "result"
                ),
                "start": _moment("date", "time", "zone"),
                "end": f"CASE WHEN end_time IS NOT NULL THEN {ended} END",
                "qualifier": "sign",
                "value": "CASE WHEN sign IS NULL THEN value WHEN sign = '<' AND bound IS NOT NULL THEN bound "
                f"WHEN {one_of('value', _WORDS)} THEN NULL ELSE coalesce(ltrim(value, '<> '), bound) END",
                # Some units say it themselves: mg/l as N, mg/l CaCO3.
                "unit": f"concat_ws(' ', {unit}, CASE WHEN {unit} NOT LIKE '% %' THEN speciation END)",
                "detection_limit": f"CASE WHEN {_LIMIT_FITS} THEN bound END",
                "quality": _quality(),
                "flags": f"CASE WHEN sign IS NULL AND value IS NOT NULL AND {one_of('condition', _FAINT)} "
                "THEN 'below_detection_limit' END",
                "note": f"nullif(concat_ws('; ', CASE WHEN NOT ({_LIMIT_FITS}) THEN concat_ws(' ', 'limit', bound, "
                "bound_unit) END, 'qualifier ' || qualifier, comment), '')",
            },
            f"(SELECT file_row, {listed} FROM raw)",
        )


_PARAMETER = (
    "concat_ws('|', characteristic, fraction, statistic, CASE WHEN lower(kind) LIKE 'quality control%' THEN kind END)"
)
# A limit goes with the value where it is in the value's unit; else it stands in the note.
_LIMIT_FITS = (
    "bound IS NULL OR coalesce(sign, '') = '<' OR bound_unit IS NULL OR lower(bound_unit) = lower(coalesce(unit, ''))"
)


def _column(file: Opened, ours: str) -> str:
    names = [each for entry in _NAMES if entry[0] == ours for each in entry[1:3] if each in file.header]
    return f"coalesce(NULL::VARCHAR, {', '.join(cell(file, each) for each in names)})" if names else "NULL::VARCHAR"


def _sign(columns: dict[str, str]) -> str:
    value, condition, limit = columns["value"], columns["condition"], columns["bound"]
    return (
        f"CASE WHEN {value} LIKE '<%' OR {one_of(value, _WORDS)} OR {one_of(condition, _BELOW)} "
        f"OR regexp_matches(coalesce(lower({columns['qualifier']}), ''), {text(_CODES)}) "
        f"OR ({value} IS NULL AND {one_of(condition, _FAINT)}) THEN '<' "
        f"WHEN {value} LIKE '>%' OR ({one_of(condition, _ABOVE)} AND coalesce({value}, {limit}) IS NOT NULL) "
        "THEN '>' END"
    )


def _moment(date: str, time: str, zone: str) -> str:
    """The date alone where there is no time; a zone that we do not know stays, so that the check names it."""
    offset = " ".join(f"WHEN {text(code)} THEN {text(hours)}" for code, hours in _HOURS.items())
    clock = f"regexp_replace({time}, '^(\\d):', '0\\1:')"
    return (
        f"CASE WHEN {time} IS NULL THEN {date} ELSE {date} || 'T' || {clock} || "
        f"CASE coalesce(upper({zone}), '') WHEN '' THEN '' {offset} ELSE ' ' || {zone} END END"
    )


def _quality() -> str:
    words = " ".join(f"WHEN {text(each)} THEN {text(quality)}" for each, quality in _STATUSES.items())
    return (
        "CASE WHEN value IS NULL AND sign IS NULL THEN 'missing' WHEN status IS NULL THEN 'preliminary' "
        f"ELSE CASE lower(status) {words} ELSE status END END"
    )
