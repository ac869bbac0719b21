"""Loading: a folder of geodata is checked whole, and then written into the lake in one transaction.

The only room that knows both ends of the first half of the data's path. ``check`` reads and checks; ``write``
records; ``formatted`` reads a folder's files of readings in other formats; ``ingest`` brings in files of readings,
and ``pull`` what is new at the feeds that ``feeds`` has checked; ``post`` and ``intake`` take what loggers post;
``rebuild`` makes every write again from the journal; ``starter`` writes a folder for a new place.
Not here: how each file is read, or what the lake's tables are.
"""
