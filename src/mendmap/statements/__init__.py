"""Statements: each published claim held against what is at hand, with its outcome and the reason in words.

``outcome`` names the checks, one for each word of ``vocabulary.CHECKS``; each stands in the room of what it takes.
Not here: statistics and verdicts of readings (``assess``), from which a check of readings is made.
"""
