"""Words that mean the same in every catalogue, each with its meaning in plain English.

Not here: kinds of feature, which every layer of a catalogue declares for itself, and how the words are said beside
others (``labels``).
"""

from mendmap.words.phrases import say

BASES = {
    "published": say("The source prints this position or outline."),
    "estimated": say("Derived from published positions; the method says how."),
    "schematic": say("Only descriptions exist; the place is somewhere within the stated accuracy."),
    "hypothesis": say("A guess drawn to show what is claimed; never a fact."),
    "unknown": say("No position is known; the feature is listed, not drawn."),
}

TRUSTS = {
    "claimed": say("Says the one who did it; not checked by anyone else we know of."),
    "reported": say("Reported by someone else, in a document we name."),
    "checked": say("Checked against independent readings or a survey."),
}

ROLES = {
    "site": say("What is being restored, or is watched because of it."),
    "station": say("Where readings are taken."),
    "watercourse": say("Rivers and streams, drawn in their direction of flow."),
    "context": say("Places that help to find one's way."),
}

# Who may see something, each more than the one before.
ACCESS = {
    "public": say("Everyone."),
    "regulator": say("Who holds a key for regulators, and staff."),
    "staff": say("Who holds a key for staff."),
}
# How water, or what is in it, gets from one feature to another.
CONNECTIONS = {
    "leaches_to": say("What is in it seeps out and gets there."),
    "drains_to": say("Its water runs off there."),
    "discharges_to": say("Its water is let out there."),
    "conveyed_to": say("Its water is led or pumped there."),
    "flows_into": say("The river or stream ends there."),
}

CERTAINTIES = {
    "stated": say("The source says so."),
    "assumed": say("The source leaves it open; the makers of the catalogue take it to be so."),
    "disputed": say("Sources contradict each other."),
    "hypothesis": say("A guess, never a fact."),
}

JOINS = {
    "named": say("The data names the site that this station monitors."),
    "inside": say("The station lies inside the site's outline."),
    "along": say("Station and site lie on the same watercourse."),
    "near": say("The site is the nearest one within the catalogue's stated distance."),
}

CHAINAGES = {
    "measured": say("Known along the watercourse to within the accuracy of both, the place and the line."),
    "coarse": say("It may be anywhere on more than a quarter of the watercourse, so it has no kilometre."),
    "aside": say("It was given farther from the watercourse than both are accurate, so it has no kilometre."),
    "hypothesis": say("It or the watercourse is a hypothesis, so it has no kilometre."),
    "unplaced": say(
        "It has no position, or the watercourse's line is missing or does not join up, so it has no kilometre."
    ),
}

OUTCOMES = {
    "supported": say("Independent readings agree with it."),
    "consistent": say("The claimant's own figures agree with each other; nobody independent has confirmed them."),
    "contradicted": say("The figures or readings at hand do not agree with it."),
    "unverifiable": say("Nothing at hand can decide it."),
}

CHECKS = {
    "ratio": say("The first figure over the second, against the value claimed."),
    "change": say("The change of a parameter's figures from one time to another, against the value claimed."),
    "implied": say("A level now, and the cut that led to it, give the level before; against a figure of that time."),
    "times": say("An increase by so many times can be read in two ways; each against a figure of the later time."),
    "readings": say("Readings of the stations, held against limits or summed up, against what is said of them."),
    "length": say("The length of a line on the ground, against the value claimed."),
    "vegetation": say(
        "What imagery shows inside an outline in a season, or its change to it, against the value claimed."
    ),
    "evidence": say("Nothing that can be computed from what a catalogue holds."),
}

EXPECTED = {
    "never_above": say("No value of the time that the limit is about lies above it."),
    "within": say("The limit is kept, as its law counts."),
}

WANTS = {
    "readings": say("Readings of a station."),
    "figures": say("Published figures."),
    "outline": say("The outline or line of a feature."),
}

STANDINGS = {
    "independent": say("Run, measured or published by someone else than the claimant."),
    "claimant": say("The claimant's own."),
    "unknown": say("Nobody says whose it is, so it counts for nothing."),
}

STANCES = {
    "agrees": say("It agrees with the claim."),
    "disagrees": say("It does not agree with the claim."),
    "undecided": say("It decides nothing."),
}

QUALITIES = {
    "valid": say("Validated by the source."),
    "preliminary": say("Published before validation."),
    "missing": say("The source shows that the value is missing."),
    "invalid": say("The source marked it wrong."),
    "withdrawn": say("The source took it back; what it said before is kept."),
}

MARKS = {
    "out_of_range": say("Outside the range that the catalogue states for the parameter."),
    "in_the_future": say("Begins later than the moment it was ingested."),
    "limit_above_law": say("The detection limit is above the lowest legal limit, so it cannot show that it is kept."),
    "spike": say("More than ten times both its neighbours within three hours."),
    "flat_line": say("The twelfth equal value in a row, or a later one."),
}

QUALIFIERS = {
    "": say("The value itself."),
    "<": say("Below the value."),
    ">": say("Above the value."),
    "<=": say("At most the value."),
    ">=": say("At least the value."),
    "approx": say("About the value, as the source says."),
}

# Qualifiers as they stand before a value.
QUALIFIED = {
    "": "",
    "<": say("less than"),
    ">": say("more than"),
    "<=": say("at most"),
    ">=": say("at least"),
    "approx": say("about"),
}

FLAGS = {
    "hour_label_ambiguous": say(
        "The source does not say whether its label begins or ends the hour; taken as beginning."
    ),
    "hour_repeated": say("The hour that daylight saving repeats, printed once; taken as the earlier."),
    "below_detection_limit": say("The source gives the value it measured, and says it lies below its detection limit."),
    "calibration": say("Lost to calibration or maintenance, as the source says."),
    "station_unnamed": say("The source prints the value without the station's name."),
    "page_address_rebuilt": say("The page's address was rebuilt from the pattern of its site."),
}

MEDIA = {
    "air": say("Outdoor air"),
    "surface_water": say("Rivers, lakes and other water on the ground"),
    "groundwater": say("Water under the ground"),
    "waste_water": say("Water let out by works and towns"),
    "sediment": say("What lies on the bed of a river or lake, or drifts in it"),
    "soil": say("Soil"),
    "emission": say("What a plant sends out through its stacks"),
    "production": say("What a plant makes"),
    "waste": say("Waste"),
    "restoration": say("Land and water put right again"),
    "vegetation": say("Plants on the ground"),
}

BLOCKS = {
    "hour": say("Hours."),
    "8h": say("The highest mean of eight hours that end on a day."),
    "day": say("Days, from midnight to midnight in the catalogue's zone."),
    "sample": say("Values as they were taken."),
}

PERIODS = {
    "year": say("A calendar year."),
    "winter": say("The half year from 1 October to 31 March."),
}

SAMPLES = {
    "complete": say("It prints all that was measured."),
    "biased": say("It prints only some of the values, such as those that exceed."),
}

LOSSES = {
    "missing": say("Time lost to calibration and maintenance is missing like any other."),
    "left_out": say("Time that the source says was lost to calibration or maintenance is not asked for."),
}

TEXTS = {
    "read": say("Its text, or a transcription, was read."),
    "quoted": say("It was read where others quote it."),
    "unchecked": say("It is commonly said to say so; its text was not read."),
    "analogous": say("Its text was not read; it is taken to say what the law that it follows says."),
}

# Statistics that a limit is held against.
RULED = {
    "mean": say("Mean of the period's values."),
    "exceedances": say("How often the period is above the limit, of how often it may be."),
    "highest": say("The highest of the period."),
    "consecutive": say("The longest run above the limit."),
    "annual_average": say("Mean of the samples, those below quantification at half of it."),
    "percentile": say("A percentile of the period's values."),
    "four_of_five": say("How many samples above the limit are not excused by the four before them."),
}

# Statistics that a series has of itself.
STATISTICS = RULED | {
    "median": say("The value that half of them are below."),
    "p90": say("The value that nine in ten are below."),
    "p98": say("The value that 98 in a hundred are below."),
    "least": say("The lowest."),
    "kaplan_meier": say("Mean of the samples by Kaplan and Meier, who need no value for what lies below detection."),
    "trend": say("Change a year, by Sen's slope of months, tested by Mann and Kendall's seasonal test."),
    "before_after": say("Change from before a work to after it, the same months compared."),
    "baseline": say("Change from the first years to the last, the same months compared."),
}

VERDICTS = {
    "within": say("It is kept."),
    "exceeds": say("It is not kept."),
    "undecidable": say("The readings at hand cannot decide it."),
    "no_data": say("There are no readings."),
}

TRENDS = {
    "falling": say("It falls, and chance alone would seldom make it look so."),
    "rising": say("It rises, and chance alone would seldom make it look so."),
    "none": say("No change that chance alone would not make."),
    "too_short": say("The series is too short, or has too many gaps, to tell."),
}

REASONS = {
    "incomplete": say("Too few values for the period."),
    "conclusive": say("Too few values for the period, but those at hand decide it alone."),
    "biased": say("The source prints only some of the values, such as those that exceed."),
    "detection": say("What lies outside the range of detection could lie on either side of the limit."),
    "unpaired": say("What the limit depends on was not measured beside it."),
    "coarse": say("The values are averages over longer than the limit is about."),
    "samples": say("Single samples do not make up the averages that the limit is about."),
}

# The same reasons, as a sentence goes on.
BECAUSE = {
    "incomplete": say("too few values for the period"),
    "conclusive": say("too few values for the period, but those at hand decide it alone"),
    "biased": say("the source prints only some of the values, such as those that exceed"),
    "detection": say("what lies outside the range of detection could lie on either side of the limit"),
    "unpaired": say("what the limit depends on was not measured beside it"),
    "coarse": say("the values are averages over longer than the limit is about"),
    "samples": say("single samples do not make up the averages that the limit is about"),
}

# How far a work was at a time, as its dates tell.
PHASES = {
    "perhaps_begun": "It may have begun: its date is not precise enough to tell.",
    "begun": "It had begun, and is not known to have been finished.",
    "perhaps_finished": "It may have been finished: its date is not precise enough to tell.",
    "finished": "It was finished.",
}

# What the pixels of a raster are.
SHOWS = {
    "scene": say("What was seen from above on a day, in bands of light."),
    "elevation": say("How high the ground is, in metres."),
}

# Bands that tell clouds from ground.
CLASSIFIED = {
    "scl": say("The scene classification of Sentinel-2 at level 2A."),
    "qa_pixel": say("The pixel quality of Landsat's collection 2."),
    "clear": say("1 where the ground is seen, 0 where it is not."),
}

# Colours from a low value to a high one. Each can be told apart without seeing red and green as different.
PALETTES = {
    "greens": say("From bare brown over pale yellow to green."),
    "blues": say("From dry sand to deep blue."),
    "earths": say("From pale to dark brown."),
    "rusts": say("From grey to rust."),
    "greys": say("From black to white."),
    "fall_rise": say("From purple, fallen, over white, the same, to green, risen."),
}

# What is computed of the pixels inside an outline, each weighed by the share of it that lies inside.
ZONAL = {
    "mean": say("The mean of its clear pixels."),
    "p10": say("The value that a tenth of its clear pixels are below."),
    "p25": say("The value that a quarter of its clear pixels are below."),
    "median": say("The value that half of its clear pixels are below."),
    "p75": say("The value that three quarters of its clear pixels are below."),
    "p90": say("The value that nine tenths of its clear pixels are below."),
    "share_above": say("The share of its clear pixels that reach the threshold."),
    "area_above": say("The area of its clear pixels that reach the threshold."),
    "clear_share": say("The share of its pixels that are clear."),
}

# Why nothing was measured inside an outline.
UNMEASURED = {
    "no_outline": say("No outline of it is known, only a place."),
    "schematic": say("Its outline is a sketch or a guess, and supports nothing."),
    "outside": say("It lies outside the raster."),
    "no_band": say("The raster lacks a band that the index is made of."),
    "too_cloudy": say("Too little of it was seen: clouds, shadow, or the edge of the picture."),
    "too_large": say("It has more pixels than can be put in order."),
}

SERVICES = {
    "overpass": say("OpenStreetMap, asked through an Overpass API."),
    "ogc_features": say("OGC API Features."),
    "wfs": say("OGC Web Feature Service, 1.1 or 2.0."),
    "eea_air": say("Air quality as the European Environment Agency hands it out."),
    "sepa_air": say(
        "The automatic network of the Serbian Environmental Protection Agency; its values are preliminary."
    ),
    "water_quality_portal": say("The Water Quality Portal of the United States."),
    "sensorthings": say("OGC SensorThings 1.1."),
    "stac": say("Scenes of a STAC API."),
    "elevation": say("A model of the ground in tiles of one degree, each a GeoTIFF optimised for the cloud."),
}

DECISIONS = {
    "accept": say("It is this feature: the position or outline there takes the place of ours."),
    "add": say("It is a new feature, which gets this id."),
    "reject": say("It is nothing of ours; it is not proposed again."),
}
