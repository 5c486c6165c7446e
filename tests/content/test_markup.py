"""A body is HTML if it contains a tag that a browser would know."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notification_content.markup import is_html


@pytest.mark.parametrize(
    "body",
    [
        "<p>Hello</p>",
        "Hello<br>you",
        "Hello<br/>you",
        "Hello<BR />you",
        "a <b>bold</b> word",
        '<a href="https://example.com">here</a>',
        "<a href=https://example.com>here</a>",
        "<a\n  href='https://example.com'\n  class=button>here</a>",
        '<a href="">nowhere</a>',
        "<!doctype html>nothing else",
        "<!DOCTYPE HTML PUBLIC '-//W3C//DTD HTML 4.01//EN'>",
        '<html lang="en">',
        "only the end</p >",
        "<h1>Title</h1>",
        "<table nowrap border=0>",
        "<input disabled>",
        '<svg:a/><font color="red">',
        "1 < 2 and <em>3 > 2</em>",
    ],
)
def test_a_known_tag_is_html(body: str) -> None:
    assert is_html(body)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "1 < 2 and 3 > 2",
        "a<b and c>d",
        "a <b and c> d",
        "if i<p then q>r",
        "<3 you",
        "I <3 you > all",
        "write to <help@example.com>",
        "Eggs <eggs@example.com>",
        "<a@example.com>",
        "see <https://example.com/path>",
        "Dear <name>, your <placeholder>",
        "<- back",
        "a <- b ->",
        "<>",
        "< p >",
        "<p",
        "<pre-order>",
        "<b2b>",
        "<!-- a comment -->",
        "<!important>",
        "List<String> and Map<K, V>",
        "&lt;p&gt;",
    ],
)
def test_a_text_with_angle_brackets_is_not_html(body: str) -> None:
    assert not is_html(body)


WORDS = st.text(alphabet=st.characters(exclude_characters="<", exclude_categories=["Cs"]))
#: After these, a `<` begins no tag.
NOT_A_TAG = st.sampled_from(["< ", "<3", "<=", "<-", "<<", "<.", "<1 ", "<@", "<é", "<\n", "<"])
ADDRESSES = st.from_regex(r"<[a-z][a-z0-9.]{0,9}@[a-z]{1,9}\.com>", fullmatch=True)
LINKS = st.from_regex(r"<https?://[a-z]{1,9}\.com(/[a-z]{1,5})?>", fullmatch=True)


@given(st.lists(WORDS | ADDRESSES | LINKS | NOT_A_TAG.map(lambda sign: f"{sign} ")))
def test_no_plain_text_is_html(pieces: list[str]) -> None:
    assert not is_html("".join(pieces))


@given(
    before=WORDS,
    tag=st.sampled_from(
        ["<p>", "</p>", "<br/>", '<a href="x">', "<b>", "<html>", "<!doctype html>"]
    ),
    after=WORDS,
)
def test_a_tag_is_found_in_any_text(before: str, tag: str, after: str) -> None:
    assert is_html(before + tag + after)


@pytest.mark.parametrize(
    "body",
    [
        "<a " * 60_000,
        "<" * 200_000,
        "<p" * 90_000,
        "<a " + "x " * 90_000,
        "<a " + "x" * 190_000,
        "<a x" + " " * 190_000,
        "<a " + "x= " * 60_000,
        "<a b='" * 30_000,
        "<a b=\"<a b='" * 15_000,
        "<a b=" + "c" * 190_000,
        "<!doctype" + " " * 190_000,
    ],
)
def test_a_hostile_body_takes_no_time(body: str) -> None:
    began = time.perf_counter()

    is_html(body)

    assert time.perf_counter() - began < 1
