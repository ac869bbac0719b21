"""The project's words: fixed vocabularies, dates as sources print them, and tables of fields.

Not here: what a catalogue declares for itself (kinds of feature, parameters, sources).
"""
