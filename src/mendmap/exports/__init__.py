"""Exports: whole layers as GeoJSON and whole tables as CSV, with the meaning of every column.

Not here: addresses, headers and caching (``web``), and packages of many files.
"""
