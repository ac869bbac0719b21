"""The pieces that every drawing is made of: its frame, its words, its colours. Not here: what is drawn."""

from collections.abc import Iterable
from xml.sax.saxutils import escape

INK, QUIET, GRID, LINE, LIMIT = "#1b2420", "#4c5751", "#dcd8cc", "#0f4c5c", "#7a1f1f"
CHARACTER = 5.9  # the width of one, about, in the small letters


def picture(width: int, height: int, title: str, told: str, body: Iterable[str]) -> bytes:
    """A drawing that stands by itself: what it is, what it shows told in words, and its marks."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="t d" width="{width}" height="{height}" '
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
