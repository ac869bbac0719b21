"""Makes the pages: templates with the atlas, the place, the snapshot and the reader's language at hand.

Not here: what a page is about (``routes``), and the language itself (``spoken``).
"""

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jinja2
from fastapi import Request, Response

from mendmap.assess.words import significant
from mendmap.atlas.model import Atlas
from mendmap.catalogue.records import Names, names
from mendmap.progress.table import amount
from mendmap.web import contact, curves, findings, head, laws, spoken, standing, wording
from mendmap.web.answers import content
from mendmap.web.copied import BASE, copied
from mendmap.web.keeper import Served, page_of
from mendmap.words import vocabulary
from mendmap.words.labels import label
from mendmap.words.languages import Language, stopped

HTML = "text/html; charset=utf-8"

_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    extensions=["jinja2.ext.i18n"],
)
# Messages of several lines are one line to who translates them; values are escaped, and named in the message.
_templates.policies["ext.i18n.trimmed"] = True
_templates.newstyle_gettext = True  # type: ignore[attr-defined]
_templates.filters["unit"] = wording.unit
_templates.filters["rounded"] = significant


@jinja2.pass_context
def _said(context: jinja2.runtime.Context, text: str | None) -> str:
    """A phrase, or a text of the data, in the page's language."""
    return str(_language(context).say(text))


@jinja2.pass_context
def _name(context: jinja2.runtime.Context, found: Names) -> str:
    """A name in the page's language, else in the first that it has of the catalogue's."""
    return names(found, context["languages"])


@jinja2.pass_context
def _number(context: jinja2.runtime.Context, value: float) -> str:
    return _language(context).number(value)


@jinja2.pass_context
def _ends_spoken(context: jinja2.runtime.Context, address: str) -> str:
    """An address of the service, whatever it asks for, with the language where it was chosen."""
    return spoken.ending(address, context["spoken"])


@jinja2.pass_context
def _ends_dated(context: jinja2.runtime.Context, address: str) -> str:
    """The same, with the time too where it is another."""
    return spoken.ending(address, context["dated"])


def _language(context: jinja2.runtime.Context) -> Language:
    found: Language = context["language"]
    return found


def _spoken(word: Callable[..., str]) -> Callable[..., str]:
    """A filter that says what ``word`` makes of a value in the page's language."""

    @jinja2.pass_context
    def said(context: jinja2.runtime.Context, *values: Any) -> str:
        return _language(context).say(word(*values))

    return said


def _zoned(word: Callable[..., str]) -> Callable[..., str]:
    """The same of a ``word`` that is told the catalogue's zone last."""

    @jinja2.pass_context
    def said(context: jinja2.runtime.Context, *values: Any) -> str:
        return _language(context).say(word(*values, context["place"].zone))

    return said


_templates.filters |= {"said": _said, "name": _name, "number": _number, "spoken": _ends_spoken, "dated": _ends_dated}
_templates.filters |= {
    word.__name__: _spoken(word) for word in (amount, label, wording.day, wording.period, wording.averaging)
}
_templates.filters |= {word.__name__: _zoned(word) for word in (wording.hours, wording.local_day)}
_templates.globals["words"] = vocabulary
_templates.globals |= {
    "validities": laws.VALIDITIES,
    "verdict_groups": findings.groups,
    "timeline": standing.timeline,
    "leading": standing.leading,
    "caption": curves.caption,
}


# What a page is about in the words of schema.org, made of its address and the language it is read in.
Linked = Callable[[str, Language], dict[str, Any]]


def page(
    request: Request,
    served: Served,
    template: str,
    as_of: Atlas | None = None,
    linked: Linked | None = None,
    offered: Sequence[str] = (),
    **context: Any,
) -> Response:
    """A page of what is served, or of an atlas ``as_of`` another time, in one of the languages ``offered``, which are
    all where none is named. Every template gets the atlas, the place, the snapshot, today's date and the reader's
    ``language`` beside its own context. What a link ends with that keeps to the language is ``spoken``, and to another
    time too, ``dated``; what one to data ends with, which has no language, ``as_of``, or ``past_too`` where it asks for
    something already. Filters of the first two names do the same to any address. ``linked`` tells what it is about in
    the words of schema.org."""
    atlas = as_of or served.atlas
    language = served.language(spoken.chosen(request, atlas, offered))
    words = spoken.script(language.id)
    past = atlas is not served.atlas
    then = {"as-of": str(atlas.snapshot.number)} if past else {}
    copy = copied(request)
    # What does not change counts every age to the moment that it is of.
    now = atlas.snapshot.moment if copy else dt.datetime.now(dt.UTC)
    newest = atlas.newest_reading if past else served.newest_reading
    address = head.address(request, served)
    # A copy may stand anywhere.
    told_by = address.removeprefix(BASE) if copy else address
    body = _templates.get_template(template).render(
        atlas=atlas,
        place=atlas.place,
        snapshot=atlas.snapshot,
        path=request.url.path,
        page_of=lambda layer: page_of(atlas.layers[layer]),
        language=language,
        languages=(language.id, *atlas.place.languages),
        switches=spoken.switches(request, atlas, language, past=past, only=offered),
        messages=words and words[0],
        past=past,
        spoken=spoken.suffix(request),
        dated=spoken.suffix(request, **then),
        as_of="".join(f"?{name}={value}" for name, value in then.items()),
        past_too="".join(f"&{name}={value}" for name, value in then.items()),
        newest_reading=newest,
        newest_age=language.say(wording.age(newest, now)),
        age=lambda text: language.say(wording.age(dt.datetime.fromisoformat(text) if text else None, now)),
        current=lambda text: standing.is_current(atlas, dt.datetime.fromisoformat(text) if text else None, now),
        about_wrong=lambda about: contact.wrong(atlas.place, language, about, told_by, atlas.snapshot),
        copied=copy,
        linked=linked and linked(address, language),
        **head.told(request, served, atlas, language, offered),
        **spoken.callables(language),
        **context,
    )
    return content(request, stopped(body).encode(), HTML, atlas.snapshot, spoken.headers(language))
