"""Expressions of tags: what a person writes, the filters of Overpass QL that it becomes, and what they select."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from overpass_server import filters

from mendmap.gather.services.overpass.tags import Tag, parse

TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=8)


def ql(text: str) -> list[str]:
    return ["".join(tag.overpass for tag in each) for each in parse(text)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("landuse=quarry | man_made=spoil_heap", ['["landuse"="quarry"]', '["man_made"="spoil_heap"]']),
        ("natural=water & water=reservoir", ['["natural"="water"]["water"="reservoir"]']),
        ("waterway=river,stream", ['["waterway"~"^(river|stream)$"]']),
        ("natural=water&water!=river", ['["natural"="water"]["water"!="river"]']),
        ("a & b!=c,d", ['["a"]["b"!~"^(c|d)$"]']),
        ("waterway=river & name & !tunnel", ['["waterway"="river"]["name"][!"tunnel"]']),
        ('name~"Blue Lake"', ['["name"~"Blue Lake",i]']),
        ("name~a.b", [r'["name"~"a\\.b",i]']),
        (r'name="a \"b\" \\c"', [r'["name"="a \"b\" \\c"]']),
        ("name:sr-Latn=Velika", ['["name:sr-Latn"="Velika"]']),
    ],
)
def test_an_expression_becomes_filters(text: str, wanted: list[str]) -> None:
    assert ql(text) == wanted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "character 1: expected a key, found the end"),
        ("landuse=", "character 9: expected a value, found the end"),
        ("landuse=quarry |", "character 17: expected a key, found the end"),
        ("landuse quarry", "character 9: expected & or | or the end, found 'quarry'"),
        ("=quarry", "character 1: expected a key, found '=quarry'"),
        ("a=b,,c", "character 5: expected a value, found ',c'"),
        ("a=b; out;", "character 4: neither a word nor a sign: '; out;'"),
        ('a="b', "character 3: neither a word nor a sign: '\"b'"),
        ('a=""', "character 3: neither a word nor a sign"),
        ("a=b | !name", "character 7: asks for no tag, only for their absence"),
        ("name!=x", "character 1: asks for no tag, only for their absence"),
    ],
)
def test_what_is_not_understood_says_at_which_character(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        parse(text)


@given(TEXTS, TEXTS)
def test_no_value_leads_out_of_its_filter(value: str, other: str) -> None:
    quoted = '"{}"'.format(value.replace("\\", "\\\\").replace('"', '\\"'))
    (((tag,),)) = parse(f"k={quoted}")
    assert tag == Tag("k", "=", (value,))
    assert filters(tag.overpass)({"k": value})
    assert filters(tag.overpass)({"k": other}) == (other == value)


@given(TEXTS, TEXTS, TEXTS)
def test_values_are_texts_and_no_patterns(value: str, another: str, other: str) -> None:
    among = filters(Tag("k", "=", (value, another)).overpass)
    assert among({"k": value}) and among({"k": another})
    assert among({"k": other}) == (other in (value, another))
    assert filters(Tag("k", "!=", (value, another)).overpass)({"k": other}) == (other not in (value, another))
    assert filters(Tag("k", "~", (value,)).overpass)({"k": f"x{value}y"})


@given(st.text(max_size=20))
def test_any_text_is_an_expression_or_says_where_it_is_not(text: str) -> None:
    try:
        found = parse(text)
    except ValueError as error:
        assert re.match(r"character \d+: ", str(error))
    else:
        assert all(any(tag.asks for tag in each) for each in found)
        for each in found:
            filters("".join(tag.overpass for tag in each))
