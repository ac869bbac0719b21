"""The adapters, a module each: what is asked of a kind of service, and what its answers say.

Each has a ``SERVICE``, and ``all`` lists them; those of several steps are a folder, whose ``adapter`` has it. What
several of them need: ``pages`` of an answer, ``features`` as ``select`` wants them, ``readings`` of the stations that
are wanted. An adapter asks through what it is given, and opens no connection of its own. What an answer cannot be read
as is a FeedError that says where; what of it is left out is counted. Not here: asking (``gather.asker``), and what
becomes of what was found.
"""
