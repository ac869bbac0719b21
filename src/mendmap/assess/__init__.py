"""From readings to answers: what the readings of a series say over a period, by the rules that limits use.

``model`` says what comes in and what goes out. Values only: nothing here opens the lake.
"""
