"""From readings to answers: what the readings of a series say over a period, by the rules that limits use.

``model`` says what comes in and what goes out. Readings are put on grids (``calendar``, ``grid``, ``values``), which
give ``statistics`` and sums by ``months``; ``rules`` are held against them (``findings``), and ``verdicts`` does all of
it in turn. ``words`` says an answer in a sentence. Values only: nothing here opens the lake.
"""
