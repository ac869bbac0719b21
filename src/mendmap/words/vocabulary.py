"""Words that mean the same in every catalogue, each with its meaning in plain English.

Not here: kinds of feature, which every layer of a catalogue declares for itself.
"""

BASES = {
    "published": "The source prints this position or outline.",
    "estimated": "Derived from published positions; the method says how.",
    "schematic": "Only descriptions exist; the place is somewhere within the stated accuracy.",
    "hypothesis": "A guess drawn to show what is claimed; never a fact.",
    "unknown": "No position is known; the feature is listed, not drawn.",
}

TRUSTS = {
    "claimed": "Says the one who did it; not checked by anyone else we know of.",
    "reported": "Reported by someone else, in a document we name.",
    "checked": "Checked against independent readings or a survey.",
}

ROLES = {
    "site": "What is being restored, or is watched because of it.",
    "station": "Where readings are taken.",
    "watercourse": "Rivers and streams, drawn in their direction of flow.",
    "context": "Places that help to find one's way.",
}

# Who may see something, each more than the one before.
ACCESS = {
    "public": "Everyone.",
    "regulator": "Who holds a key for regulators, and staff.",
    "staff": "Who holds a key for staff.",
}
JOINS = {
    "named": "The data names the site that this station monitors.",
    "inside": "The station lies inside the site's outline.",
    "along": "Station and site lie on the same watercourse.",
    "near": "The site is the nearest one within the catalogue's stated distance.",
}

CHAINAGES = {
    "measured": "Known along the watercourse to within the accuracy of both, the place and the line.",
    "coarse": "It may be anywhere on more than a quarter of the watercourse, so it has no kilometre.",
    "aside": "It was given farther from the watercourse than both are accurate, so it has no kilometre.",
    "hypothesis": "It or the watercourse is a hypothesis, so it has no kilometre.",
    "unplaced": "It has no position, or the watercourse's line is missing or does not join up, so it has no kilometre.",
}

OUTCOMES = {
    "supported": "Independent readings agree with it.",
    "consistent": "The claimant's own figures agree with each other; nobody independent has confirmed them.",
    "contradicted": "The figures or readings at hand do not agree with it.",
    "unverifiable": "Nothing at hand can decide it.",
}

CHECKS = {
    "ratio": "The first figure over the second, against the value claimed.",
    "change": "The change of a parameter's figures from one time to another, against the value claimed.",
    "implied": "A level now, and the cut that led to it, give the level before; against a figure of that time.",
    "times": "An increase by so many times can be read in two ways; each against a figure of the later time.",
    "readings": "Readings of the stations, held against limits or summed up, against what is said of them.",
    "length": "The length of a line on the ground, against the value claimed.",
    "vegetation": "The share of green land inside an outline, from imagery.",
    "evidence": "Nothing that can be computed from what a catalogue holds.",
}

EXPECTED = {
    "never_above": "No value of the time that the limit is about lies above it.",
    "within": "The limit is kept, as its law counts.",
}

WANTS = {
    "readings": "Readings of a station.",
    "figures": "Published figures.",
    "outline": "The outline or line of a feature.",
}

STANDINGS = {
    "independent": "Run, measured or published by someone else than the claimant.",
    "claimant": "The claimant's own.",
    "unknown": "Nobody says whose it is, so it counts for nothing.",
}

STANCES = {
    "agrees": "It agrees with the claim.",
    "disagrees": "It does not agree with the claim.",
    "undecided": "It decides nothing.",
}

QUALITIES = {
    "valid": "Validated by the source.",
    "preliminary": "Published before validation.",
    "missing": "The source shows that the value is missing.",
    "invalid": "The source marked it wrong.",
    "withdrawn": "The source took it back; what it said before is kept.",
}

MARKS = {
    "out_of_range": "Outside the range that the catalogue states for the parameter.",
    "in_the_future": "Begins later than the moment it was ingested.",
    "limit_above_law": "The detection limit is above the lowest legal limit, so it cannot show that it is kept.",
    "spike": "More than ten times both its neighbours within three hours.",
    "flat_line": "The twelfth equal value in a row, or a later one.",
}

QUALIFIERS = {
    "": "The value itself.",
    "<": "Below the value.",
    ">": "Above the value.",
    "<=": "At most the value.",
    ">=": "At least the value.",
    "approx": "About the value, as the source says.",
}

FLAGS = {
    "hour_label_ambiguous": "The source does not say whether its label begins or ends the hour; taken as beginning.",
    "hour_repeated": "The hour that daylight saving repeats, printed once; taken as the earlier.",
    "below_detection_limit": "The source gives the value it measured, and says it lies below its detection limit.",
    "calibration": "Lost to calibration or maintenance, as the source says.",
    "station_unnamed": "The source prints the value without the station's name.",
    "page_address_rebuilt": "The page's address was rebuilt from the pattern of its site.",
}

MEDIA = {
    "air": "Outdoor air",
    "surface_water": "Rivers, lakes and other water on the ground",
    "groundwater": "Water under the ground",
    "waste_water": "Water let out by works and towns",
    "sediment": "What lies on the bed of a river or lake, or drifts in it",
    "soil": "Soil",
    "emission": "What a plant sends out through its stacks",
    "production": "What a plant makes",
    "waste": "Waste",
    "restoration": "Land and water put right again",
    "vegetation": "Plants on the ground",
}

BLOCKS = {
    "hour": "Hours.",
    "8h": "The highest mean of eight hours that end on a day.",
    "day": "Days, from midnight to midnight in the catalogue's zone.",
    "sample": "Values as they were taken.",
}

PERIODS = {
    "year": "A calendar year.",
    "winter": "The half year from 1 October to 31 March.",
}

SAMPLES = {
    "complete": "It prints all that was measured.",
    "biased": "It prints only some of the values, such as those that exceed.",
}

LOSSES = {
    "missing": "Time lost to calibration and maintenance is missing like any other.",
    "left_out": "Time that the source says was lost to calibration or maintenance is not asked for.",
}

TEXTS = {
    "read": "Its text, or a transcription, was read.",
    "quoted": "It was read where others quote it.",
    "unchecked": "It is commonly said to say so; its text was not read.",
    "analogous": "Its text was not read; it is taken to say what the law that it follows says.",
}

# Statistics that a limit is held against.
RULED = {
    "mean": "Mean of the period's values.",
    "exceedances": "How often the period is above the limit, of how often it may be.",
    "highest": "The highest of the period.",
    "consecutive": "The longest run above the limit.",
    "annual_average": "Mean of the samples, those below quantification at half of it.",
    "percentile": "A percentile of the period's values.",
    "four_of_five": "How many samples above the limit are not excused by the four before them.",
}

# Statistics that a series has of itself.
STATISTICS = RULED | {
    "median": "The value that half of them are below.",
    "p90": "The value that nine in ten are below.",
    "p98": "The value that 98 in a hundred are below.",
    "least": "The lowest.",
    "kaplan_meier": "Mean of the samples by Kaplan and Meier, who need no value for what lies below detection.",
    "trend": "Change a year, by Sen's slope of months, tested by Mann and Kendall's seasonal test.",
    "before_after": "Change from before a work to after it, the same months compared.",
    "baseline": "Change from the first years to the last, the same months compared.",
}

VERDICTS = {
    "within": "It is kept.",
    "exceeds": "It is not kept.",
    "undecidable": "The readings at hand cannot decide it.",
    "no_data": "There are no readings.",
}

TRENDS = {
    "falling": "It falls, and chance alone would seldom make it look so.",
    "rising": "It rises, and chance alone would seldom make it look so.",
    "none": "No change that chance alone would not make.",
    "too_short": "The series is too short, or has too many gaps, to tell.",
}

REASONS = {
    "incomplete": "Too few values for the period.",
    "conclusive": "Too few values for the period, but those at hand decide it alone.",
    "biased": "The source prints only some of the values, such as those that exceed.",
    "detection": "What lies outside the range of detection could lie on either side of the limit.",
    "unpaired": "What the limit depends on was not measured beside it.",
    "coarse": "The values are averages over longer than the limit is about.",
    "samples": "Single samples do not make up the averages that the limit is about.",
}

# How far a work was at a time, as its dates tell.
PHASES = {
    "perhaps_begun": "It may have begun: its date is not precise enough to tell.",
    "begun": "It had begun, and is not known to have been finished.",
    "perhaps_finished": "It may have been finished: its date is not precise enough to tell.",
    "finished": "It was finished.",
}
