"""Loading: a folder of geodata is checked whole, and then written into the lake in one transaction.

The only room that knows both ends of the first half of the data's path. ``check`` reads and checks; ``write``
records; ``ingest`` brings in files of readings; ``starter`` writes a folder for a new place.
Not here: how each file is read, or what the lake's tables are.
"""
