"""A static copy of the whole for any file host: pages, tiles, downloads, all by content, and a pointer to the newest.

The path of a publication: the atlas tells what there is (``places``), our own service is asked for each (``caller``),
the addresses in what it answers become those of files (``addresses``, ``rewrite``), and files are written so that what
is served meanwhile stays whole (``store``). ``edition`` makes one edition, ``run`` puts it beside those before it.

Not here: what a page or a file says (``web``, ``exports``), and how an archive of tiles is written (``tiles``).
"""
