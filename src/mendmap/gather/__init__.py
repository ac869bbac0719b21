"""Gather: official data and real outlines, fetched by the recipes of a catalogue into a change to review.

``services`` has an adapter for each kind of service, which asks and says what it found (``model``); ``asked`` asks on
their behalf: politely, only the hosts that a recipe names, and keeping what came, so that a run that was interrupted
goes on. ``match`` proposes what each gathered feature is to the catalogue. ``stage`` holds the folder as it would be,
which is checked whole before it takes the place of the one that is there, and ``difference`` says how the two differ.

It writes into the folder of geodata only, and never loads. Not here: what a decision does to a feature
(``load.gathered``).
"""
