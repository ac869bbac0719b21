"""Exports: whole layers as GeoJSON; tables, whole or filtered, as CSV, XLSX and Parquet; series as JSON; with the
meaning of every column.

``tables`` says what the rows are, ``files`` and ``workbook`` write them batch by batch, so that memory does not grow
with the rows, and the same rows always as the same bytes.
Not here: addresses, headers and caching (``web``), and packages of many files.
"""
