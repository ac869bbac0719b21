"""What changed between two moments, and what kind of change it was: of the world, of our record of it, or derived.

Not here: reading the rows that differ (``lake.changed``), and progress between two dates (``progress``).
"""
