"""Tiles: layers of an atlas, cut into the squares of the web's grid, as GeoJSON and as Mapbox Vector Tiles.

A tile's path: ``places`` knows where features are, ``thin`` which of them a zoom draws, ``outlines`` how; ``prepare``
makes a block of them, which ``blocks`` keeps; ``cut`` takes a tile out of it, ``geojson`` and ``mvt`` write that.
``pyramid`` makes every tile of a layer, and ``archive`` one file of them.
Not here: the grid (``geo.grid``), addresses and headers (``web``).
"""
