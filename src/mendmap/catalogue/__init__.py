"""The catalogue: what a folder of geodata says it holds, and its tables of records.

``model`` reads ``catalogue.toml``; ``records`` are the tables; ``tables`` reads them from CSV and TOML;
``references`` checks that ids named in one place exist in another. Not here: features (``vectors``) and readings.
"""
