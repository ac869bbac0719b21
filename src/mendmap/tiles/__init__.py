"""Tiles: one layer of an atlas, cut into the squares of the web's grid as GeoJSON.

``prepare`` makes a layer ready for a zoom; ``cut`` makes one tile of it. Not here: the grid (``geo.grid``),
addresses and headers (``web``).
"""
