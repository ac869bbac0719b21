"""The adapters, a module each: what is asked of a kind of service, and what its answers say.

Each module has a ``SERVICE``; ``all.py`` lists them. An adapter asks through what it is given, and opens no connection
of its own. What an answer cannot be read as is a FeedError that says where; what of it is left out is counted.
Not here: asking (``gather.asked``), and what becomes of what was found.
"""
