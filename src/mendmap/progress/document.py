"""Progress as one document of JSON, the same on the web and on the command line. Not here: its parts."""

from typing import Any

from mendmap.atlas.model import Atlas
from mendmap.progress import table
from mendmap.progress.changes import changes
from mendmap.progress.summary import summary


def of(atlas: Atlas, then: Atlas | None = None) -> dict[str, Any]:
    """The ``summary`` over all sites, ``progress`` by site and work, and ``sites`` with each verdict and trend; with an
    atlas of an earlier date, its summary as ``summary_then`` and the ``changes`` since then too."""
    found = {"summary": summary(atlas), "progress": table.rows(atlas), "sites": table.sites(atlas)}
    return found if then is None else {**found, "summary_then": summary(then), "changes": changes(then, atlas)}
