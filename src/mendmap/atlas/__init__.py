"""The atlas: an immutable picture of one catalogue at one snapshot, its layers joined to their readings.

``joins`` ties stations to sites; ``build`` makes the atlas; ``model`` is what it is made of; ``fields`` says what
the joined columns mean. Not here: reading the lake, and anything drawn or written from an atlas.
"""
