"""Draws a strip map: what flows into what, as a line diagram from upstream (above) to downstream, in words and lines.

Each row is a feature with what is known of it; a line leads from it to where its water goes. How a line looks says how
sure it is, and so do the words in its row. Made for a phone: it is as wide as one, and grows in height only.
Not here: which row comes where (``lanes``), and what is said (``web.strip``).
"""

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from mendmap.charts.lanes import Lanes, lanes

WIDTH, _WIDEST = 360, 420
# What a strip that stands by itself looks like by day and by night; a page has its own colours.
STYLE = (
    "svg{color:#1b2420;background:#fffdf8}.ground{fill:#fffdf8}a:hover text,a:focus text{text-decoration-thickness:2px}"
    "@media (prefers-color-scheme:dark){svg{color:#e9ece5;background:#1b231f}.ground{fill:#1b231f}}"
)
# Colours of lines and signs that stand out from light and dark grounds alike; words have the colour of the ink.
_WATER, _WORK, _BAD, _GOOD = "#2b7fa3", "#b06a00", "#c9443c", "#2c8a56"
_FONT = "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, Liberation Sans, sans-serif"
# How lines look, by how sure they are: dashes, dots, or both.
_DASHES = {"stated": "", "assumed": "9 6", "disputed": "9 5 2 5", "hypothesis": "0.1 7"}
# Signs of what stands in a row, in a square of 16; the same as on pages.
_SIGNS = {
    "within": ("M3 8.5 6.5 12 13 4.5", _GOOD),
    "exceeds": ("m4 4 8 8m0-8-8 8", _BAD),
    "undecidable": ("M5 5.6C5 3.9 6.2 3 8 3s3 1 3 2.5c0 2-3 2-3 4.2M8 13h.01", "currentColor"),
    "no_data": ("M3 8h10", "currentColor"),
    "readings": ("M2 12 6 6l3 3 5-6", "currentColor"),
    "work": ("M8 2.5 13.5 8 8 13.5 2.5 8Z", _WORK),
    "site": ("M3.5 3.5h9v9h-9Z", "currentColor"),
    "link": ("M8 2v11m-4-4 4 4 4-4", _WATER),
    "back": ("M8 14V3m-4 4 4-4 4 4", _WATER),
    "open": ("M8 2v5m0 3v.1m0 3v.1", _WATER),
}
_TOP, _LEFT, _LANE, _BEND, _LEAST = 16.0, 18.0, 20.0, 30.0, 68.0
# How wide letters are, about, of their height: from which code point on.
_LETTERS = ((0x2E80, 1.0), (0x370, 0.6), (0, 0.54))


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands in a row: its ``sign``, a key of ``_SIGNS``, what it is, what is said of it, and its page, if it has
    one."""

    sign: str
    title: str
    words: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A feature: its id, its name and page, what it is in words; ``role`` is that of its layer, and ``placed`` whether
    its position is known. ``marks`` are stations, works and what else lies on it."""

    id: str
    name: str
    href: str
    words: str
    role: str
    placed: bool
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A connection: from where, to where (None where nobody says), how it looks (a word of
    ``vocabulary.CERTAINTIES``), and what each report says of it: its title, and its words."""

    start: str
    end: str | None
    look: str
    reports: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Strip:
    """What is to be drawn. ``nodes`` are in the order of ``lanes.downstream``; ``foot`` are the notes below: documents,
    by the numbers that the words cite, in the ``language`` of their titles, and ``left_out``, which says what is not
    drawn; ``empty`` is said where there is no node."""

    title: str
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    foot: tuple[str, ...]
    language: str
    left_out: str
    empty: str


def draw(strip: Strip, *, alone: bool = True) -> str:
    """The strip as SVG: with a ground and colours of its own where it stands ``alone``, else with those of the page
    that it is part of."""
    laid = lanes([each.id for each in strip.nodes], [(each.start, each.end or "", each.look) for each in strip.links])
    left = _LEFT + _LANE * max(laid.count, 1)
    width = max(float(WIDTH), left + 250)
    rows = list(_rows(strip, left, width))
    foot = list(_foot(strip, rows[-1].bottom if rows else _TOP, width))
    height = (foot[-1].y if foot else rows[-1].bottom if rows else _TOP) + 16
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    # One with many lanes is wider than a phone, and scrolls.
    look = "strip-drawing" if width < _WIDEST else "strip-drawing strip-wide"
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{look}" role="group" aria-labelledby="strip-drawing-title" '
        f'{size} font-family="{_FONT}" font-size="13" fill="currentColor">',
        f'<title id="strip-drawing-title">{escape(strip.title)}</title>',
        *([f"<desc>{escape(told(strip))}</desc>", f"<style>{STYLE}</style>"] if alone else []),
        *_strands(strip, rows, laid),
        *(part for nth, row in enumerate(rows) for part in _row(row, laid.of_row[nth])),
        *(each.svg() for each in foot),
        "</svg>\n",
    ]
    return "\n".join(body)


def told(strip: Strip) -> str:
    """What a strip shows, in words: all that its drawing says."""
    said = [strip.title + "."]
    for node in strip.nodes:
        said.append(f"{node.name}: {node.words}.")
        said += [f"{each.title}: {each.words}." for each in node.marks]
        said += [f"{title}: {words}." for each in strip.links if each.start == node.id for title, words in each.reports]
    return " ".join(filter(None, (*said, "" if strip.nodes else strip.empty, *strip.foot, strip.left_out)))


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of words."""

    x: float
    y: float
    words: str
    href: str = ""
    size: int = 13
    bold: bool = False
    quiet: bool = False
    language: str = ""

    def svg(self) -> str:
        """The line as SVG."""
        looks = f' font-size="{self.size}"' if self.size != 13 else ""
        looks += ' font-weight="650"' if self.bold else ""
        looks += ' opacity=".8"' if self.quiet else ""
        looks += ' text-decoration="underline"' if self.href else ""
        looks += f' lang="{self.language}"' if self.language else ""
        return f'<text x="{self.x:.1f}" y="{self.y:.1f}"{looks}>{escape(self.words)}</text>'


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the drawing: its node, the lines of its head (of which the first ``named`` are its name), its marks with
    theirs, and where it ends."""

    node: Node
    y: float
    left: float
    width: float
    head: tuple[_Line, ...]
    named: int
    marks: tuple[tuple[Mark, tuple[_Line, ...], tuple[_Line, ...]], ...]
    bottom: float


def _rows(strip: Strip, left: float, width: float) -> Iterator[_Row]:
    y = _TOP
    place = {node.id: nth for nth, node in enumerate(strip.nodes)}
    leaving: dict[str, list[Mark]] = {}
    for link in strip.links:
        sign = "open" if link.end is None else "back" if place[link.end] <= place[link.start] else "link"
        leaving.setdefault(link.start, []).extend(Mark(sign, *each) for each in link.reports)
    for node in strip.nodes:
        row = _laid(node, (*node.marks, *leaving.get(node.id, ())), y, left, width)
        yield row
        y = row.bottom


def _laid(node: Node, marks: Iterable[Mark], y: float, left: float, width: float) -> _Row:
    name = tuple(_lines(node.name, left, y + 18, width, href=node.href, size=15, bold=True))
    head = (*name, *_lines(node.words, left, name[-1].y + 18, width, quiet=True))
    at, made = head[-1].y + 7, []
    for mark in marks:
        title = tuple(_lines(mark.title, left + 20, at + 15, width, href=mark.href))
        # A link is at least 24 high, for thumbs, though a narrow phone draws it smaller by a hair.
        at = max(title[-1].y + 5, at + 25 if mark.href else 0)
        words = tuple(_lines(mark.words, left + 20, at + 11, width, size=12, quiet=True))
        made.append((mark, title, words))
        at = words[-1].y + 6
    return _Row(node, y, left, width, head, len(name), tuple(made), max(at + 14, y + _LEAST))


def _lines(
    words: str,
    x: float,
    y: float,
    width: float,
    href: str = "",
    size: int = 13,
    bold: bool = False,
    quiet: bool = False,
    language: str = "",
) -> Iterator[_Line]:
    """Words as lines, broken where there is no more room; none is ever cut."""
    letters = max((ord(each) for each in words if each.isalpha()), default=0)
    wide = next(wide for first, wide in _LETTERS if letters >= first)
    room = max(8, int((width - x - 6) / (size * wide * (1.14 if bold else 1))))
    for nth, line in enumerate(textwrap.wrap(words, room) or [""]):
        yield _Line(x, y + nth * (size + 4), line, href, size, bold, quiet, language)


def _foot(strip: Strip, y: float, width: float) -> Iterator[_Line]:
    said = [("" if strip.nodes else strip.empty, ""), *((each, strip.language) for each in strip.foot)]
    for words, language in (*said, (strip.left_out, "")):
        for line in _lines(words, 8, y + 17, width, size=12, quiet=True, language=language) if words else ():
            yield line
            y = line.y


def _strands(strip: Strip, rows: list[_Row], laid: Lanes) -> Iterator[str]:
    for each in laid.strands:
        dashes = f' stroke-dasharray="{found}"' if (found := _DASHES[strip.links[each.link].look]) else ""
        x, begin, finish = _x(laid.of_row[each.first]), _at(rows[each.first]), _at(rows[each.last])
        lane, end = _x(each.lane), _x(laid.of_row[each.last])
        path = (
            f"M{x:.0f} {begin:.0f}C{x:.0f} {begin + 20:.0f} {lane:.0f} {begin + 10:.0f} {lane:.0f} {begin + _BEND:.0f}"
        )
        if not each.joins:
            path += f"V{finish - _BEND:.0f}"
            path += f"C{lane:.0f} {finish - 14:.0f} {end:.0f} {finish - 22:.0f} {end:.0f} {finish - 11:.0f}"
            arrow = f"M{end - 5:.0f} {finish - 18:.0f}l5 7l5 -7"
            yield f'<path d="{arrow}" fill="none" stroke="{_WATER}" stroke-width="3" stroke-linecap="round"/>'
        yield (
            f'<path class="link link-{strip.links[each.link].look}" d="{path}" fill="none" stroke="{_WATER}" '
            f'stroke-width="3.4" stroke-linecap="round"{dashes}/>'
        )


def _row(row: _Row, lane: int) -> Iterator[str]:
    yield f'<g class="strip-node" data-id={quoteattr(row.node.id)}>'
    yield _shape(row.node, _x(lane), _at(row))
    yield from _linked(row.node.href, row.head[: row.named], row)
    yield from (each.svg() for each in row.head[row.named :])
    for mark, title, words in row.marks:
        path, colour = _SIGNS[mark.sign]
        filled = colour if mark.sign == "work" else "none"
        yield (
            f'<path d="{path}" transform="translate({row.left:.0f} {title[0].y - 12.5:.1f})" fill="{filled}" '
            f'stroke="{colour}" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/>'
        )
        yield from _linked(mark.href, title, row)
        yield from (each.svg() for each in words)
    yield "</g>"


def _shape(node: Node, x: float, y: float) -> str:
    """The sign of a feature: a full disc is a river, a square a site, a ring any other place; dashed, it has no known
    position."""
    water = node.role == "watercourse"
    fill = f'fill="{_WATER}"' if water and node.placed else 'class="ground" fill="Canvas"'
    line = f'stroke="{_WATER if water else "currentColor"}" stroke-width="2.4"'
    dashes = "" if node.placed else ' stroke-dasharray="3 2.5"'
    if node.role == "site":
        return f'<rect x="{x - 7:.0f}" y="{y - 7:.0f}" width="14" height="14" {fill} {line}{dashes}/>'
    return f'<circle cx="{x:.0f}" cy="{y:.0f}" r="7.5" {fill} {line}{dashes}/>'


def _linked(href: str, lines: tuple[_Line, ...], row: _Row) -> Iterator[str]:
    """Lines as a link, with a ground that takes a thumb; plain where there is no address."""
    if not href:
        yield from (each.svg() for each in lines)
        return
    top, size = lines[0].y - lines[0].size - 3, lines[-1].y - lines[0].y + lines[0].size + 9
    ground = f'x="{lines[0].x:.0f}" y="{top:.0f}" width="{row.width - lines[0].x - 4:.0f}" height="{max(size, 25):.0f}"'
    yield f'<a href={quoteattr(href)}><rect {ground} fill="none" pointer-events="all"/>'
    yield from (each.svg() for each in lines)
    yield "</a>"


def _x(lane: int) -> float:
    return _LEFT + _LANE * lane - 2


def _at(row: _Row) -> float:
    return row.y + 13
