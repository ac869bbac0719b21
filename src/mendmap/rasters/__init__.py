"""Rasters: what the pixels of GeoTIFFs say. Files and records in, values and pictures out.

``opened`` opens a file within bounds; ``expression``, ``indices`` and ``clear`` make numbers of its bands;
``values`` reads them, a window at a time. Not here: where files come from (``feeds``), where they are kept (``lake``),
and what their numbers become (``load``).
"""
