"""A static copy of the whole for any file host: pages, tiles, downloads, all by content, and a pointer to the newest.

Not here: what a page or a file says (``web``, ``exports``), and how an archive of tiles is written (``tiles``).
"""
