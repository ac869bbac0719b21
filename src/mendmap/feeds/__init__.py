"""Feeds: readings and imagery fetched over HTTP from addresses that a catalogue or its keeper names.

``fetch`` gets one address, within bounds and patiently; ``sensorthings`` follows the pages of a SensorThings service;
``guarded`` says which hosts imagery may come from, and ``ranges`` reads a part of a file there.
Not here: what the readings mean (``readings``), and what was fetched before (the lake's ledger remembers it).

urllib3 does the fetching: of the well-kept libraries (MIT) it is the one that the core has already, through Folium's
requests, and it tells a body that was cut short from a whole one.
"""
