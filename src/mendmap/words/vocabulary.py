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

JOINS = {
    "named": "The data names the site that this station monitors.",
    "inside": "The station lies inside the site's outline.",
    "along": "Station and site lie on the same watercourse.",
    "near": "The site is the nearest one within the catalogue's stated distance.",
}

OUTCOMES = {
    "supported": "Independent readings agree with it.",
    "consistent": "The claimant's own figures agree with each other; nobody independent has confirmed them.",
    "contradicted": "The figures or readings at hand do not agree with it.",
    "unverifiable": "Nothing at hand can decide it.",
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
