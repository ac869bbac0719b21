"""What a chart is drawn of, as JSON holds it: a browser that has it needs no more to tell of each point.

The picture itself goes with it, so that the two never differ. Not here: what goes for every series (``web.curves``).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendmap.charts.axes import moment
from mendmap.charts.draw import Chart, Drawing, told
from mendmap.charts.points import Points
from mendmap.charts.works import Work, within


def data(chart: Chart, drawing: Drawing) -> dict[str, Any]:
    """The specification of a chart, its picture, and its points as columns: ``start`` and ``end`` in seconds since
    1970, ``value`` in the chart's unit, ``qualifier``, ``quality`` and ``source`` as in the readings, and ``x`` and
    ``y`` in the units of the picture, whose ``plot`` is the box that they are drawn in. ``samples``, how many values
    each was made of, is there where any source says it."""
    seen, frame = drawing.seen, drawing.frame
    return {
        "what": chart.what,
        "where": chart.where,
        "unit": chart.unit,
        "averaging": chart.averaging,
        "first": moment(chart.first).isoformat(),
        "last": moment(chart.last).isoformat(),
        "step_seconds": chart.step,
        "told": told(chart, seen),
        **{name: getattr(seen, name) for name in ("count", "missing", "below", "above", "invalid", "gaps", "thinned")},
        "limits": [
            {"label": each.label, "value": each.value, "first": _moment(each.first), "last": _moment(each.last)}
            for each in chart.lines
        ],
        "works": [_work(chart, each) for each in chart.works],
        "changes": [
            {"work": each.work, "said": each.said, "before": each.before, "after": each.after}
            | {"earlier": [*map(_moment, each.earlier)], "later": [*map(_moment, each.later)]}
            for each in chart.changes
        ],
        "width": chart.width,
        "height": chart.height,
        "plot": {name: getattr(frame, name) for name in ("left", "right", "top", "bottom", "first", "last")},
        "points": _points(drawing, seen.points),
        "drawing": drawing.picture.decode(),
    }


def _points(drawing: Drawing, points: Points) -> dict[str, list[Any]]:
    words = drawing.seen.words
    places = list(drawing.frame.xy(points))
    return {
        **{name: getattr(points, name).tolist() for name in ("start", "end", "value")},
        **{name: [words[code] for code in getattr(points, name)] for name in ("qualifier", "quality", "source")},
        **({"samples": _counts(points.samples)} if np.isfinite(points.samples).any() else {}),
        "x": [round(x, 1) for x, _ in places],
        "y": [round(y, 1) for _, y in places],
    }


def _counts(numbers: NDArray[np.float64]) -> list[int | None]:
    return [None if np.isnan(each) else int(each) for each in numbers]


def _work(chart: Chart, each: Work) -> dict[str, Any]:
    begun, finished = (None if span is None else [*map(_moment, span)] for span in (each.begun, each.finished))
    drawn = each in within(chart.works, chart.first, chart.last)
    return {
        "name": each.name,
        "said": each.said,
        "href": each.page,
        "begun": begun,
        "finished": finished,
        "ongoing": each.ongoing,
        "drawn": drawn,
    }


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else moment(seconds).isoformat()
