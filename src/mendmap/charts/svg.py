"""The pieces that every drawing is made of: its frame, its words, its colours. Not here: what is drawn."""

from collections.abc import Callable, Iterable, Iterator
from xml.sax.saxutils import escape

INK, QUIET, GRID, LINE, LIMIT = "#1b2420", "#4c5751", "#dcd8cc", "#0f4c5c", "#7a1f1f"
CHARACTER = 5.9  # the width of one, about, in the small letters


def picture(width: int, height: int, title: str, told: str, body: Iterable[str], language: str) -> bytes:
    """A drawing that stands by itself: what it is, what it shows told in words, in a language by its id, and
    its marks."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" lang="{language}" role="img" aria-labelledby="t d" '
        f'width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, '
        f'Liberation Sans, sans-serif" font-size="12" fill="{INK}">\n'
        f'<title id="t">{escape(title)}</title>\n<desc id="d">{escape(told)}</desc>\n'
        f'<rect width="{width}" height="{height}" fill="#fffdf8"/>\n' + "\n".join(body) + "\n</svg>\n"
    ).encode()


def text(x: float, y: float, words: str, anchor: str = "start", size: int = 12, fill: str = INK, more: str = "") -> str:
    """Words at a place; ``more`` are further attributes."""
    looks = f'text-anchor="{anchor}" font-size="{size}" fill="{fill}" {more}'.rstrip()
    return f'<text x="{x:.1f}" y="{y:.1f}" {looks}>{escape(words)}</text>'


def short(words: str, most: int) -> str:
    """Words, cut to so many characters."""
    return words if len(words) <= most else f"{words[: max(most - 1, 1)]}…"


def heading(width: int, what: str, unit: str, where: str) -> Iterator[str]:
    """What is drawn, with its unit, and where and when, as far as there is room."""
    title = f"{what}{f', {unit}' if unit else ''}"
    yield text(8, 18, title, size=14, more='font-weight="600"')
    room = int((width - 28 - 8.2 * len(title)) / CHARACTER)
    yield text(width - 8, 18, short(where, room), anchor="end", fill=QUIET, size=11)


def grid(
    ticks: Iterable[float], y: Callable[[float], float], left: float, right: float, number: Callable[[float], str]
) -> Iterator[str]:
    """A line across the drawing for each tick of its values, and the value beside it as ``number`` writes it."""
    for each in ticks:
        at = y(each)
        yield f'<path d="M{left:.1f} {at:.1f}H{right:.1f}" stroke="{QUIET if each == 0 else GRID}"/>'
        yield text(left - 5, at + 4, number(each), anchor="end")
