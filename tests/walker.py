"""Someone who uses the map with a screen, a language, a look and a hand of theirs: mouse, touch, or keyboard alone.

What a walker does, a person with that hand can do: keys go to what has the focus, a finger taps what is in sight.
Not here: the way that is walked (``test_stories``).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from conftest import Watched, assert_accessible, watched
from playwright.sync_api import Browser, Locator, Page, PdfMargins, Position, expect
from test_browser import SCREENSHOTS

from mendmap.words.languages import Language

HEIGHTS = {390: 844, 768: 1024, 1440: 900}
# What a policy refuses is told as what goes wrong.
REFUSED = (
    "document.addEventListener('securitypolicyviolation',"
    " (event) => console.error(`refused: ${event.violatedDirective} ${event.blockedURI}`))"
)
BEFORE = "(each) => Boolean(document.activeElement.compareDocumentPosition(each) & Node.DOCUMENT_POSITION_PRECEDING)"
COVERED = """(each) => {
  const box = each.getBoundingClientRect();
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return !top || each.contains(top) || top.contains(each) ? "" : top.outerHTML.slice(0, 120);
}"""
MOST_KEYS = 150


@dataclass(frozen=True)
class Person:
    """Who walks: the width of the screen in pixels, the language, ``light`` or ``dark``, and the hand."""

    width: int
    language: str
    look: str
    hand: str

    def __str__(self) -> str:
        return f"{self.width}-{self.language}-{self.look}-{self.hand}"


class Walker:
    """A person in a browser; every step leaves a screenshot, and axe looks at every state."""

    def __init__(self, browser: Browser, person: Person, page: Watched) -> None:
        self.browser, self.person, self.watched = browser, person, page
        self.words = Language(person.language)
        self._steps = 0

    @property
    def page(self) -> Page:
        return self.watched.page

    def press(self, target: Locator) -> None:
        """Presses something, as this hand does."""
        if self.person.hand == "keyboard":
            self.reach(target)
            self.page.keyboard.press("Space" if target.get_attribute("type") == "checkbox" else "Enter")
        elif self.person.hand == "touch":
            target.tap()
        else:
            target.click()

    def point(self, target: Locator, x: float, y: float) -> None:
        """Points at a place within something, and presses there."""
        place = Position(x=x, y=y)
        target.tap(position=place) if self.person.hand == "touch" else target.click(position=place)

    def reach(self, target: Locator) -> None:
        """Goes to something with the Tab key, and finds the focus in sight there."""
        key = "Shift+Tab" if target.evaluate(BEFORE) else "Tab"
        for _ in range(MOST_KEYS):
            if target.evaluate("each => each === document.activeElement"):
                break
            self.page.keyboard.press(key)
        expect(target).to_be_focused()
        assert not target.evaluate(COVERED), target.evaluate(COVERED)

    def type(self, field: Locator, text: str) -> None:
        """Types into a field."""
        if self.person.hand == "keyboard":
            self.reach(field)
            self.page.keyboard.press("Control+a")
        else:
            self.press(field)
            field.fill("")
        self.page.keyboard.type(text)

    def drag(self, target: Locator, by: int) -> None:
        """Draws something sideways by so many pixels, or with the keys to the same side."""
        if self.person.hand == "keyboard":
            self.reach(target)
            self.page.keyboard.press("ArrowRight" if by > 0 else "ArrowLeft")
            return
        box = target.bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        if self.person.hand == "touch":
            finger = self.page.context.new_cdp_session(self.page)
            for kind, at in (("Start", x), ("Move", x + by / 2), ("Move", x + by), ("End", None)):
                points = [] if at is None else [{"x": at, "y": y}]
                finger.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
            finger.detach()
            return
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + by, y, steps=4)
        self.page.mouse.up()

    def said(self, text: str) -> str:
        """What the interface says for an English text: the same, or the same words of this person's language."""
        return self.words.gettext(text)

    def seen(self, step: str, *, axe: str = "#map") -> None:
        """A step is done: it is kept as a picture, it fits the screen, and axe finds nothing in that part of the page;
        "" is no part."""
        self._steps += 1
        folder = SCREENSHOTS / "stories" / str(self.person)
        folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=folder / f"{self._steps:02}-{step}.png")
        assert self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), step
        if axe:
            assert_accessible(self.page, within=axe)

    def paper(self, step: str) -> bytes:
        """The page as it is printed, kept as a PDF and as a picture of a sheet's width."""
        self._steps += 1
        folder = SCREENSHOTS / "stories" / str(self.person)
        margin = PdfMargins(top="12mm", bottom="12mm", left="12mm", right="12mm")
        printed = self.page.pdf(path=folder / f"{self._steps:02}-{step}.pdf", format="A4", margin=margin)
        self.page.emulate_media(media="print")
        self.page.set_viewport_size({"width": 720, "height": 1040})
        self.page.screenshot(path=folder / f"{self._steps:02}-{step}.png")
        return printed

    @contextmanager
    def again(self, address: str) -> Iterator["Walker"]:
        """The same screen and hand with a browser that remembers nothing, at an address."""
        with walking(self.browser, self.person) as other:
            other._steps = self._steps
            other.page.goto(address)
            yield other
            self._steps = other._steps


@contextmanager
def walking(browser: Browser, person: Person) -> Iterator[Walker]:
    """A walker with a page of its own; at the end nothing went wrong and nothing was asked of anyone else."""
    touch = person.hand == "touch"
    found = watched(
        browser,
        viewport={"width": person.width, "height": HEIGHTS[person.width]},
        color_scheme=person.look,
        has_touch=touch,
        is_mobile=touch,
        permissions=["clipboard-read", "clipboard-write"],
    )
    found.page.add_init_script(REFUSED)
    found.page.on("response", lambda got: found.wrong.append(f"{got.status} {got.url}") if got.status >= 400 else None)
    walker = Walker(browser, person, found)
    yield walker
    hosts = {urlsplit(each).netloc for each in found.asked if not each.startswith(("data:", "blob:", "about:"))}
    assert len(hosts) == 1, hosts
    assert found.wrong == [], found.wrong
    found.page.context.close()


def pages_of(printed: bytes) -> int:
    """How many sheets a PDF has."""
    return len(re.findall(rb"/Type\s*/Page\b", printed))


def kept(person: Person) -> list[Path]:
    """The pictures of a walk."""
    return sorted((SCREENSHOTS / "stories" / str(person)).glob("*.png"))
