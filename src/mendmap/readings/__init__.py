"""Readings files: any supported format becomes checked readings, or faults with their rows.

A folder's own tidy CSV is read row by row (``tidy``), with the rest of the folder. An ingest, and a folder's file in
any other format, goes through DuckDB:
``opened`` finds what a file is, ``formats`` brings it into the form of ``claims``, ``settle`` judges and converts
them all at once, ``explain`` words what is wrong, ``marks`` points at what is odd.
Not here: writing them (``lake``), and what is made of readings (``atlas``).
"""
