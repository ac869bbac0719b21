"""Which readings of imagery rest on what has changed since: an outline, a scene, or how it is computed.

Not here: computing them anew (``load.measure``).
"""

from zoneinfo import ZoneInfo

from mendmap.atlas.model import Atlas
from mendmap.catalogue.imagery import Difference, Zonal
from mendmap.lake import contents
from mendmap.lake.connection import Lake
from mendmap.lake.contents import SeriesRow
from mendmap.load.measure import planned
from mendmap.load.outlined import Imagery, digest_of
from mendmap.query.readings import ReadingQuery
from mendmap.rasters.pictures import indices_of


def outdated(lake: Lake, atlas: Atlas, row: SeriesRow) -> int:
    """How many readings of a series are computed of what the atlas holds otherwise, or not any more; 0 where it is no
    series of imagery."""
    entry = atlas.zonal.get(row.method) or atlas.differences.get(row.method)
    site = atlas.features.get(row.station)
    if entry is None or site is None or entry.parameter != row.parameter:
        return 0
    zone, indices = ZoneInfo(atlas.place.zone), indices_of(atlas.indices)
    zonal = {entry.id: entry} if isinstance(entry, Zonal) else {}
    changes = {entry.id: entry} if isinstance(entry, Difference) else {}
    given = Imagery({site.id: site}, atlas.rasters, indices, zonal, zone, changes)
    due, _ = planned(given)
    digests = {each.start: each.digest for each in due}
    chosen = contents.select(lake, atlas.snapshot, atlas.place.id, ReadingQuery(series=(row.id,)))
    held = [each for batch in contents.rows(lake, chosen, ("start", "note")) for each in batch.to_pylist()]
    said = ((each["start"], digest_of(each["note"])) for each in held)
    return sum(digest is not None and digests.get(start) != digest for start, digest in said)
