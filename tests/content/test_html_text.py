"""The visible text of an HTML page."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notification_content.html_text import text_of


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("one<br>two", "one\ntwo"),
        ("<ul><li>one</li><li>two</li></ul>", "* one\n\n* two"),
        ('<a href="https://example.com">here</a>', "here (https://example.com)"),
        ("<style>p {}</style><script>alert(1)</script><p>y</p>", "y"),
        ("<p>&lt;b&gt; &amp; &eacute;</p>", "<b> & é"),
        ("<p></p>", ""),
    ],
)
def test_the_text_is_what_a_person_would_read(page: str, text: str) -> None:
    assert text_of(page) == text + "\n"


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"]), min_size=1))
def test_an_escaped_word_in_a_paragraph_comes_back(word: str) -> None:
    assert text_of(f"<p>{html.escape(word)}</p>") == word + "\n"


@given(st.text())
def test_a_text_never_has_two_empty_lines_in_a_row(page: str) -> None:
    assert re.search(r"\n{3}", text_of(f"<p>{page}")) is None
