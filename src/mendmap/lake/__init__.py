"""The lake: one append-only, versioned store of what was loaded and ingested, on DuckLake.

``connection`` opens it; ``schema`` makes its tables; ``ledger`` numbers every accepted write; ``write`` replaces or
revises the current rows of a catalogue; ``journal`` keeps ingested files as they were given; ``contents`` reads all
of it as it stood at one ledger number.
Not here: what the rows mean (``catalogue``, ``vectors``, ``readings``) and what is made of them (``atlas``).
"""
