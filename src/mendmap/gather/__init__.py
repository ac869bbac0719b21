"""Gather: official data and real outlines, fetched by the recipes of a catalogue into a change to review.

Along the way of what comes: ``run`` takes one recipe after another; ``area`` says where it looks; ``asker`` asks public
services, politely, only the hosts that a recipe names, and keeps their ``answers``, so that a run that was interrupted
goes on; ``services`` has an adapter for each kind of service, which says what it found (``model``); ``files`` makes
files of the folder of that; ``match`` proposes, by likeness of ``names`` too, what each gathered feature is to the
catalogue, and ``review`` keeps what a person decided. All of it happens on a ``stage``, the folder as it would be,
which is checked whole before it takes the place of the one that is there; ``difference`` says how the two differ.
``new_place`` is a folder to begin with.

It writes into the folder of geodata only, and never loads. Not here: what a decision does to a feature
(``load.gathered``), and how changed files take their place (``load.landed``).
"""
