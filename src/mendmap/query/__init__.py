"""What a request asks for, as values: times, readings, features.

A text becomes a value here, or a BadRequestError that shows the form expected. Not here: finding it (``lake.contents``
for readings, ``atlas.select`` for features).
"""
