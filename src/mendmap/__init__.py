"""mendmap: maps of land on the mend.

The rooms, along the data's path: ``catalogue``, ``vectors`` and ``readings`` read a folder of geodata;
``load`` checks it whole and writes it into the ``lake``; ``atlas`` joins one snapshot of the lake into layers;
``tiles``, ``maps``, ``exports``, ``progress`` and ``statements`` make something of an atlas; ``web`` and ``cli``
show it.
"""

__version__ = "0.1.0"
