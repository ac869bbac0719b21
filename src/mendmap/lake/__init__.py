"""The lake: one append-only, versioned store of what was loaded and ingested, on DuckLake.

``connection`` opens it; ``schema`` makes its tables; ``ledger`` numbers every accepted write; ``write`` replaces or
revises the current rows of a catalogue; ``keys`` knows who may post; ``journal`` keeps all that a lake
can be built from again; ``contents`` reads all of it as it stood at one ledger number; ``upkeep`` merges its files.
Not here: what the rows mean (``catalogue``, ``vectors``, ``readings``) and what is made of them (``atlas``).
"""
