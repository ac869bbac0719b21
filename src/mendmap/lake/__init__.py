"""The lake: one append-only, versioned store of what was loaded, on DuckLake.

``connection`` opens it; ``schema`` makes its tables; ``ledger`` numbers every accepted write; ``write`` replaces
the current rows of a catalogue by new ones; ``contents`` reads all of it as it stood at one ledger number.
Not here: what the rows mean (``catalogue``, ``vectors``, ``readings``) and what is made of them (``atlas``).
"""
