"""Charts: a series drawn as SVG, with what it shows told in words.

``points`` turns readings into points and thins them for the drawing only; ``axes`` chooses ticks; ``draw`` writes the
picture. Not here: which readings (``lake``), addresses and pages (``web``).
"""
