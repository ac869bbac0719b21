"""Readings files: our tidy CSV becomes checked readings, or faults.

Not here: what is made of readings (``atlas``), and other people's formats.
"""
