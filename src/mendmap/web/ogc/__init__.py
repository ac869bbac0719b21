"""The OGC APIs under ``/ogc``: Features (Parts 1, 2, 3 and 5), with an HTML twin of each resource.

``links`` and ``negotiation`` are how every resource names others and chooses its form; ``answers`` sends one.
Not here: which features are asked for (``query.features``), finding them (``atlas.select``).
"""
