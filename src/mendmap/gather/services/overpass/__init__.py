"""OpenStreetMap through an Overpass API: ``tags`` says what is selected, ``adapter`` asks for it, ``elements`` makes
features of the answer, ``outlines`` their areas, ``stem`` and ``rivers`` one line of many.
Not here: any other service of features (``services.features``).
"""
