"""Where "Something wrong?" leads: to the catalogue's contact, with what it is about, its page and its snapshot.

Not here: the link itself (``macros.html``).
"""

from urllib.parse import quote

from mendmap.atlas.model import Place
from mendmap.lake.ledger import Snapshot
from mendmap.words.languages import Language
from mendmap.words.phrases import say


def wrong(place: Place, language: Language, about: str, address: str, snapshot: Snapshot) -> str:
    """The address that a report about the id (or the path) ``about`` goes to, ``address`` being its page: a mail with
    subject and body in the reader's language, or the address of the web with its places filled in."""
    known = {"id": about, "snapshot": str(snapshot), "address": address}
    if not place.contact.startswith("mailto:"):
        filled = place.contact
        for name, text in known.items():
            filled = filled.replace(f"{{{name}}}", quote(text, safe=""))
        return filled
    subject = say("Something wrong: {id} (snapshot {snapshot})", **known)
    body = say("What is wrong, and how do you know?\n\n\nAbout: {id}\nPage: {address}\nSnapshot: {snapshot}\n", **known)
    # Lines of mail end with both signs (RFC 6068).
    told = {"subject": language.say(subject), "body": language.say(body).replace("\n", "\r\n")}
    asked = "&".join(f"{name}={quote(text, safe='')}" for name, text in told.items())
    return f"{place.contact}{'&' if '?' in place.contact else '?'}{asked}"
