"""The live service, with FastAPI: pages, tiles, downloads and their JSON, from the newest atlas.

``app`` puts it together; ``keeper`` watches the lake; ``problems`` and ``guards`` are what every answer passes.
Not here: what an atlas holds, and how tiles and files are made of it.
"""
