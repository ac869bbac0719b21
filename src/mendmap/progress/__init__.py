"""Progress: what was planned and done at each site, and what its readings say, composed only of what is there.

``table`` has a row for each site and work; ``measured`` tells of a site's verdicts and trends; ``summary`` counts over
all sites; ``changes`` holds two dates against each other. Not here: scores. There is none.
"""
