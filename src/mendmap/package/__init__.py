"""The regulator package: one zip file with everything of a snapshot, or of a site, parameters and a period; and its
check, which needs no lake.

``scope`` is what is asked for, ``members`` each file that belongs to it, ``build`` makes them and packs them;
``archive`` is the zip file, ``manifest`` the list of all that it holds, ``signature`` who vouches for it, ``verify``
the check.
Not here: how layers and tables are written (``exports``), and addresses (``web``).
"""
