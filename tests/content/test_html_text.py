"""The visible text of an HTML page."""

import html
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notification_content.html_text import text_of


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("one<br>two", "one\ntwo"),
        ("a<br>b<br/>c<br><br>d", "a\nb\nc\n\nd"),
        ("<div>a</div><div>b</div><br><div>c</div>", "a\nb\n\nc"),
        ("<h1>Title</h1>text<hr>end", "Title\n\ntext\n\n---\n\nend"),
        ("a  <b> b</b>c <i>d</i> e", "a bc d e"),
        ('<a href="https://example.com">here</a>', "here (https://example.com)"),
        ("<a>nowhere</a> <a href='#top'>up</a>", "nowhere up"),
        ("<a href='https://example.com/'>example.com</a>", "example.com"),
        ("<a href='mailto:ann@example.com'>ann@example.com</a>", "ann@example.com"),
        ("<a href='https://a.example'><img src='x' alt='Shop'></a>", "Shop (https://a.example)"),
        ("<a href='https://a.example'><img src='x' alt=''></a>", "https://a.example"),
        ("<a href='https://a.example'><div>Shop</div></a>now", "Shop (https://a.example)now"),
        ("<img alt='A pigeon'> and <img>", "A pigeon and"),
        ("<style>p {}</style><script>alert(1)</script><p>y</p>", "y"),
        ("<p>&lt;b&gt; &amp; &eacute;</p>", "<b> & é"),
        ("<p></p>", ""),
        ("unclosed <b>bold &amp; <", "unclosed bold & <"),
        ("</p></td></ul></blockquote></a></pre>stray", "stray"),
        ("<pre>\n a\n   b\n\n c\n</pre>d", " a\n   b\n\n c\n\nd"),
        ("<blockquote><p>one</p><p>two</p></blockquote>me", "> one\n\n> two\n\nme"),
    ],
)
def test_the_text_is_what_a_person_would_read(page: str, text: str) -> None:
    assert text_of(page) == text + "\n"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<ul><li>one</li><li>two</li></ul>", "* one\n* two"),
        ("<p>Do:</p><ul><li>one<li>two</ul>end", "Do:\n\n* one\n* two\n\nend"),
        ("<ol><li>one</li><li>two</li></ol>", "1. one\n2. two"),
        ("<ol start='9'><li>one</li><li>two<br>more</li></ol>", "9. one\n10. two\n    more"),
        ("<ol start='x'><li>one</li></ol>", "1. one"),
        (
            "<ul><li>one<ol><li>inner</li></ol></li><li><p>two</p></li></ul>",
            "* one\n  1. inner\n\n* two",
        ),
        ("<li>alone", "* alone"),
    ],
)
def test_items_of_lists_have_bullets_and_are_indented(page: str, text: str) -> None:
    assert text_of(page) == text + "\n"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (
            (
                "<table><tr><th>Item</th><th>Price</th></tr>"
                "<tr><td><div>Grain</div></td><td><p>€3</p></td></tr>"
                "<tr><td></td><td>Total</td><td>€3</td></tr></table>Thanks"
            ),
            "Item  Price\nGrain  €3\nTotal  €3\n\nThanks",
        ),
        (
            "<table><tr><td><div>Hello</div></td></tr><tr><td><div>World</div></td></tr></table>",
            "Hello\n\nWorld",
        ),
        (
            (
                "<table><tr><td>Logo</td><td><table><tr><td>a</td><td>b</td></tr></table></td></tr>"
                "</table>"
            ),
            "Logo\n\na  b",
        ),
        (f"<tr><td>{'long ' * 20}</td><td>next</td></tr>", f"{('long ' * 20).strip()}\nnext"),
        ("<tr><td><p>a</p><p>b</p></td><td>c</td></tr>", "a\n\nb\n\nc"),
    ],
)
def test_the_short_cells_of_a_row_are_on_one_line(page: str, text: str) -> None:
    assert text_of(page) == text + "\n"


@pytest.mark.parametrize(
    "hidden",
    [
        '<div style="display:none">x<div>x</div>x</div>',
        '<div style="color:red; max-height: 0px; overflow:hidden">x</div>',
        '<div style="mso-hide:all">x</div>',
        "<div hidden>x</div>",
        '<img style="DISPLAY : NONE" alt="x">',
        '<p style="display:none">x<p>',
        "<template>x</template>",
        "<head><title>x</title><meta name='x'><body>",
        "<div>&zwnj;&nbsp;&#847;&shy;</div>",
        "<!--[if mso]>x<![endif]-->",
    ],
)
def test_what_a_mail_program_hides_is_left_out(hidden: str) -> None:
    assert text_of(f"{hidden}<p>shown</p>") == "shown\n"


@pytest.mark.parametrize(
    "style",
    [
        "display:block",
        "font-size:0px",
        "font-size:0.9em",
        "max-height:100px",
        "opacity:0.5",
        "x:display:none",
    ],
)
def test_what_a_mail_program_shows_is_kept(style: str) -> None:
    assert text_of(f'<p style="{style}">shown</p>') == "shown\n"


@pytest.mark.parametrize("tag", ["blockquote", "div", "li", "ol", "p", "pre", "table", "td", "tr"])
def test_deep_nesting_takes_no_time(tag: str) -> None:
    page = f"<{tag}>word " * 20_000

    began = time.process_time()
    text = text_of(page)

    assert time.process_time() - began < 2
    assert text.count("word") == 20_000


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"]), min_size=1))
def test_an_escaped_word_in_a_paragraph_comes_back(word: str) -> None:
    assert text_of(f"<p>{html.escape(word)}</p>") == word + "\n"


@given(st.text())
def test_a_text_never_has_two_empty_lines_in_a_row(page: str) -> None:
    assert re.search(r"\n{3}", text_of(f"<p>{page}")) is None
