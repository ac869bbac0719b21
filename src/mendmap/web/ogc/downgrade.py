"""OpenAPI 3.1 as 3.0.3, which the conformance class oas30 and most clients of OGC API read.

What 3.1 took from JSON Schema 2020-12 is said in the words of 3.0: null as ``nullable``, ``const`` as a choice of one.
Not here: what the document describes (``openapi``).
"""

from collections.abc import Mapping
from typing import Any

Node = Any
# Words of JSON Schema that 3.0 has not, and without which a schema only allows more.
_UNKNOWN = (
    "$schema",
    "$id",
    "$comment",
    "$defs",
    "contentEncoding",
    "patternProperties",
    "propertyNames",
    "unevaluatedProperties",
)
_BOUNDS = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}
_NULL = {"type": "null"}


def to_3_0(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document of 3.1 as one of 3.0.3. Nothing of what is given is changed."""
    made: dict[str, Any] = {
        name: _walked(node) for name, node in document.items() if name not in ("jsonSchemaDialect", "webhooks")
    }
    info = dict(made["info"])
    summary = info.pop("summary", None)
    if summary:
        info["description"] = "\n\n".join(text for text in (summary, info.get("description")) if text)
    return {**made, "openapi": "3.0.3", "info": info}


def _walked(node: Node) -> Node:
    """A part of the document, with the schemas below it turned."""
    if isinstance(node, list):
        return [_walked(each) for each in node]
    if not isinstance(node, dict):
        return node
    made = {}
    for name, each in node.items():
        if name == "schema":
            made[name] = schema(each)
        elif name == "schemas":
            made[name] = {known: schema(below) for known, below in each.items()}
        else:
            made[name] = _walked(each)
    return made


def schema(given: Node) -> Node:
    """A schema of JSON Schema 2020-12 as one of OpenAPI 3.0.3."""
    if not isinstance(given, dict):
        return given
    made = {name: _below(name, each) for name, each in given.items() if name not in _UNKNOWN}
    _null_apart(made)
    if "const" in made:
        made["enum"] = [made.pop("const")]
    if examples := made.pop("examples", None):
        made["example"] = examples[0]
    for word, bound in _BOUNDS.items():
        if isinstance(made.get(word), int | float) and not isinstance(made[word], bool):
            made |= {bound: made[word], word: True}
    if made.pop("contentMediaType", None):
        made["format"] = "binary"
    if made.pop("prefixItems", None) and "items" not in made:
        made["items"] = {}
    if "$ref" in made and len(made) > 1:
        # In 3.0 nothing that stands beside a reference counts.
        made["allOf"] = [{"$ref": made.pop("$ref")}, *made.get("allOf", [])]
    return made


def _below(name: str, node: Node) -> Node:
    if name == "properties":
        return {known: schema(each) for known, each in node.items()}
    if name in ("items", "additionalProperties", "not"):
        return schema(node)
    if name in ("anyOf", "oneOf", "allOf"):
        return [each if each == _NULL else schema(each) for each in node]
    return node


def _null_apart(made: dict[str, Any]) -> None:
    """Says null, which is a type in 3.1, as 3.0 does; in place."""
    if isinstance(types := made.get("type"), list):
        rest = [each for each in types if each != "null"]
        del made["type"]
        made |= {"type": rest[0]} if len(rest) == 1 else {"anyOf": [{"type": each} for each in rest]}
        if len(rest) < len(types):
            made["nullable"] = True
    for word in ("anyOf", "oneOf"):
        options = [each for each in made.get(word, []) if each != _NULL]
        if len(options) < len(made.get(word, [])):
            made["nullable"] = True
            if len(options) == 1:
                del made[word]
                made |= {**options[0], **made}
            else:
                made[word] = options
