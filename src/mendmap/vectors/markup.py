"""XML of others, taken apart without what XML can do beside saying things: no document type, so no entities that grow
when they are written out or that name files, and no schema is looked for.

Not here: what the elements mean (``gml``, and the adapters of ``gather``).
"""

from xml.etree.ElementTree import Element, fromstring
from xml.parsers import expat


def root(content: bytes) -> tuple[str, dict[str, str]]:
    """The name of a document's outermost element, without its namespace, and its attributes; the whole document is
    looked through. Raises ValueError where it is no XML, is cut short, or has a document type."""
    parser = expat.ParserCreate(namespace_separator=" ")
    found: list[tuple[str, dict[str, str]]] = []

    def first(name: str, attributes: dict[str, str]) -> None:
        found.append((name.rpartition(" ")[2], attributes))
        parser.StartElementHandler = None

    parser.StartElementHandler = first
    parser.StartDoctypeDeclHandler = _refused
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError) as error:
        raise ValueError(f"not XML that is whole: {error}") from None
    return found[0]


def tree(content: bytes) -> Element:
    """A document as its elements. Raises ValueError as ``root`` does."""
    root(content)
    return fromstring(content)  # noqa: S314  without a document type there is nothing to expand


def local(element: Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def _refused(name: str, system: str | None, public: str | None, internal: bool) -> None:
    raise ValueError("XML with a document type (DOCTYPE), which is not read")
