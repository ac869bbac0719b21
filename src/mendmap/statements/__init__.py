"""Statements: each published claim held against what is at hand, with its outcome and the reason in words.

Not here: statistics of readings and legal limits; a claim that needs them is unverifiable until they are computed.
"""
