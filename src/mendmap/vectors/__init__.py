"""Vector files: a GeoJSON or GeoPackage file becomes checked features, or faults.

``fields`` are the columns every feature has; ``files`` opens a file safely; ``features`` checks what is in it.
Not here: which files there are (``catalogue``), and joins between layers (``atlas``).
"""
