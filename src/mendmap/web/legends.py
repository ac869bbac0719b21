"""The legend of a picture as a drawing that stands by itself. Not here: what its colours mean (``rasters.legend``)."""

from collections.abc import Iterator

from mendmap.charts import svg
from mendmap.rasters.legend import Legend
from mendmap.words.languages import Language

_WIDTH, _LINE, _LEFT = 280, 20, 10
_CHARACTERS = int((_WIDTH - 2 * _LEFT) / svg.CHARACTER)


def drawn(found: Legend, title: str, language: Language) -> bytes:
    """A swatch a line, the highest value first, with its value and word; then what is to be known beside them."""
    lines = [*_entries(found, language), *_notes(found, language)]
    height = 34 + _LINE * len(lines) + 6
    body = [svg.text(_LEFT, 20, svg.short(title, 36), size=14, more='font-weight="600"')]
    for nth, (color, words) in enumerate(lines):
        y = 34 + _LINE * nth
        if color:
            body.append(
                f'<rect x="{_LEFT}" y="{y}" width="28" height="{_LINE}" fill="{color}" stroke="{svg.QUIET}" '
                'stroke-width="0.5"/>'
            )
        body.append(svg.text(_LEFT + (38 if color else 0), y + 14, words, fill=svg.INK if color else svg.QUIET))
    said = "; ".join(words for _, words in lines)
    return svg.picture(_WIDTH, height, title, said, body, language.id)


def _entries(found: Legend, language: Language) -> Iterator[tuple[str, str]]:
    for each in reversed(found.entries):
        value = f"{language.number(each.value)} {found.unit}".strip()
        yield each.color, f"{value}, {language.say(each.label)}" if each.label else value


def _notes(found: Legend, language: Language) -> Iterator[tuple[str, str]]:
    for note in found.notes:
        words, line = language.say(note).split(), ""
        for word in words:
            if line and len(line) + 1 + len(word) > _CHARACTERS:
                yield "", line
                line = word
            else:
                line = f"{line} {word}".strip()
        yield "", line
