"""Air quality of the European Environment Agency: ``adapter`` asks its download service, ``sampling_points`` reads its
list of stations, ``series`` cuts its files. Not here: what a row of them says (``readings.formats.eea_aq``).
"""
