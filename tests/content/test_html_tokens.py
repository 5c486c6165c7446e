"""The tokens of an HTML page, as `html.parser` finds them, and in linear time."""

import time
from html import escape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notification_content.html_tokens import Kind, Token, tokens


def shown(page: str) -> list[str]:
    """The tokens, tags in brackets."""
    forms = {Kind.TEXT: "{}", Kind.START: "<{}>", Kind.END: "</{}>"}
    return [forms[token.kind].format(token.value) for token in tokens(page)]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("", []),
        ("a &amp; b", ["a & b"]),
        ("<P>a</P >", ["<p>", "a", "</p>"]),
        ("<br/>a<br />", ["<br>", "a", "<br>"]),
        ("<o:p>a", ["<o:p>", "a"]),
        ("1 < 2 <3 a<b", ["1 < 2 <3 a<b"]),
        ("<!doctype html><?xml?>a", ["a"]),
        ("a<!-- <b> -- > -->c", ["a", "c"]),
        ("a<!-->b<!--->c", ["a", "b", "c"]),
        ("a<!-- b>", ["a"]),
        ("<script>a<b></p></script>c", ["<script>", "</script>", "c"]),
        ("<STYLE>a</style\n>b", ["<style>", "</style>", "b"]),
        ("<style>a</styles>", ["<style>"]),
        ('<p title="a > b">c', ["<p>", "c"]),
        ("<p title='>' x=\"'>\">c", ["<p>", "c"]),
        ('<p title="a>b', ["<p>", "b"]),
        ("<p>&#x41;&nope;&lt;</p>", ["<p>", "A&nope;<", "</p>"]),
    ],
)
def test_a_page_is_split_into_tags_and_texts(page: str, expected: list[str]) -> None:
    assert shown(page) == expected


@pytest.mark.parametrize(
    ("source", "attributes"),
    [
        ("", {}),
        (" a=1 b='2' c=\"3\" D", {"a": "1", "b": "2", "c": "3", "d": ""}),
        (' href = "https://a.example/?a=1&amp;b=2"', {"href": "https://a.example/?a=1&b=2"}),
        (" a=1 A=2", {"a": "1"}),
        (" href=/a/b/", {"href": "/a/b/"}),
        (' title="a hidden=1" x', {"title": "a hidden=1", "x": ""}),
        (" /", {}),
    ],
)
def test_attributes_are_read_where_they_are_asked_for(
    source: str, attributes: dict[str, str]
) -> None:
    assert Token(Kind.START, "p", source).attributes() == attributes


class Reference(HTMLParser):
    """The tokens that the standard library finds."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[object] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in reversed(attrs)}))

    def handle_endtag(self, tag: str) -> None:
        self.found.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.found.append([data])


names = st.sampled_from(["p", "td", "a", "h1", "table"])
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
values = texts.map(lambda text: f'"{escape(text)}"') | st.sampled_from(["'a\"b'", "c", "'>'"])
pairs = st.tuples(st.sampled_from(["href", "style", "x-y"]), values).map("=".join)
tags = st.tuples(names, st.lists(pairs, max_size=3)).map(
    lambda tag: "<" + " ".join([tag[0], *tag[1]]) + ">"
)
pages = st.lists(
    tags | names.map("</{}>".format) | texts.map(escape) | texts.map("<!-- {}x -->".format)
)


@given(pages)
def test_the_tokens_are_those_of_the_standard_library(pieces: list[str]) -> None:
    page = "".join(piece for piece in pieces if "-->" not in piece[:-3])

    found: list[object] = []
    for token in tokens(page):
        match token.kind:
            case Kind.TEXT if found and isinstance(found[-1], list):
                found[-1] = [found[-1][0] + token.value]
            case Kind.TEXT:
                found.append([token.value])
            case Kind.START:
                found.append((token.value, token.attributes()))
            case Kind.END:
                found.append(f"/{token.value}")
    assert found == merged(Reference(page).found)


def merged(found: list[object]) -> list[object]:
    """Join neighbouring texts."""
    result: list[object] = []
    for item in found:
        if isinstance(item, list) and result and isinstance(result[-1], list):
            result[-1] = [result[-1][0] + item[0]]
        else:
            result.append(item)
    return result


@pytest.mark.parametrize(
    "piece",
    [
        "<a ",
        "<a '",
        '<a "',
        "<a b='",
        "<!--",
        "<!",
        "<script",
        "<style>",
        "<",
        "</a ",
        "<a '\"",
        "&",
    ],
)
@pytest.mark.parametrize("end", ["", ">", "'>", '">', "-->"])
def test_a_broken_page_takes_linear_time(piece: str, end: str) -> None:
    page = piece * (400_000 // len(piece)) + end

    began = time.process_time()
    for token in tokens(page):
        if token.kind is Kind.START:
            token.attributes()

    assert time.process_time() - began < 2
