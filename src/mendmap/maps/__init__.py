"""Maps: which layers a map shows and how (``model``), our own Folium elements (``elements``), and the script that
draws a map (``page``).

Not here: the HTML page around the map (``web``), and the data, which the script fetches as tiles.
"""
