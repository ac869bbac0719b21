"""The addresses, a module for each kind of answer: ``health``, ``tiles``, ``downloads``, ``data`` and ``pages``."""
