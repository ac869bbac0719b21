"""Rasters: what the pixels of GeoTIFFs say. Files and records in, values and pictures out.

- Files: ``opened`` opens one; ``header`` says whether it can be used; ``cog`` whether it is optimised for the cloud,
  and makes one that is; ``told`` is what it fills of its row, ``described`` its line in a list, ``grid`` where it lies.
- Numbers: ``expression`` and ``indices`` are arithmetic of bands, ``classes`` tell clouds from ground, and ``values``
  applies both, for all that follows.
- Areas: ``coverage`` finds the pixels inside outlines, ``zonal`` sums them up, ``inside`` asks it of a picture.
- Change: ``difference`` makes a file of two seasons.
- Pictures: ``pictures`` is what can be drawn, and ``look`` how, in the colours of ``palettes``; ``handles`` keeps files
  open, ``warped`` reads them under a tile, ``relief`` lights the ground, ``draw`` makes the tile, and ``encoded`` the
  PNG or WebP; ``legend`` says what is seen, and ``point`` at one place.
- Elsewhere: ``stac`` searches the catalogues of others, whose bands ``sensors`` knows, ``remote`` copies a part of
  their files; ``stac_catalogue`` is the form of ours.

Not here: fetching (``feeds``), where files are kept (``lake.imagery``), what their numbers become (``load``), and who
asks for pictures (``web``).
"""
