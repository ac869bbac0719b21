"""Tiles: layers of an atlas, cut into the squares of the web's grid, as GeoJSON and as Mapbox Vector Tiles.

``prepare`` makes a layer ready for a zoom; ``cut`` finds and clips what is in one tile; ``geojson`` and ``mvt`` write
it. Not here: the grid (``geo.grid``), addresses and headers (``web``).
"""
