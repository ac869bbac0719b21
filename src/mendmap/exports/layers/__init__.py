"""Layers as files, whole or filtered: a writer a format, and one value that says what is written.

``chosen`` is that value, ``formats`` the table of writers with ``write`` and ``stream``; ``styles`` draws layers in
other people's programs as our maps do. Everything is written batch by batch, so that memory does not grow with the
layer, and the same features at the same snapshot are always the same bytes.
Not here: which features a query finds (``atlas.select``), addresses and headers (``web``).
"""
