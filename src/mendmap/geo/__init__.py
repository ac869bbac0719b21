"""Places on the ground: boxes, geodesic measures and the web's tile grid.

Everything is WGS 84 longitude and latitude in degrees unless a name says ``_m`` or ``mercator``.
Not here: reading files (``vectors``) and cutting tiles (``tiles``).
"""
