"""The columns of a tidy file of readings, a reading a row."""

from mendmap.words.fields import Field
from mendmap.words.vocabulary import FLAGS, QUALITIES

AVERAGING = ("instant", "sample", "10min", "15min", "1h", "8h", "24h", "month", "year")

READING = (
    Field("station", "id", "Station or site the reading was taken at.", required=True, refers="feature"),
    Field("parameter", "id", "What was measured.", required=True, refers="parameter"),
    Field("averaging", "word", "Time that the value is an average of.", required=True, choices=AVERAGING),
    Field("method", "id", "Method, where two series differ in nothing else."),
    Field("start", "moment", "Beginning of the reading, with its offset from UTC.", required=True),
    Field("end", "moment", "End of the reading, with its offset from UTC.", required=True),
    Field("qualifier", "word", "< below the value, > above it.", choices=("<", ">")),
    Field("value", "number", "The value, as the source prints it; blank where it is missing."),
    Field("unit", "unit", "Unit of value and detection limit.", required=True),
    Field("detection_limit", "number", "The least value the method can tell from nothing."),
    Field("uncertainty", "number", "Half the width of the interval that the value lies in."),
    Field(
        "samples",
        "integer",
        "How many values it was made of, such as pixels or parts of a mixed sample; blank: not said.",
    ),
    Field("quality", "word", "How far the source vouches for it.", required=True, choices=tuple(QUALITIES)),
    Field("flags", "words", "Anything else to know, in fixed words.", choices=tuple(FLAGS)),
    Field("source", "id", "Document it is taken from.", required=True, refers="source"),
    Field("note", "text", "What to know about it."),
)
