"""The parts of an e-mail: default styling, the footer, and what is left as it is."""

import re
import time
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notification_content.email_body import EmailBody, Frame, Unsubscribe, email_body
from notification_content.html_text import text_of
from notification_content.translations import texts_in

TOKEN = "x_-" * 40
URL = f"https://notify.example.com/v1/unsubscribe/{TOKEN}"
LINK = Unsubscribe(url=URL, category="News & more", language="en")
BRANDED = Frame(
    brand_name="Pigeon & Co", brand_url="https://pigeon.example/?a=1&b=2", brand_color="#ff8800"
)
DOCUMENT = "<!doctype html><html><body><p>Hello</p></body></html>"


def body_of(body: str, text: str | None = None, **frame: Any) -> EmailBody:
    """The parts of an e-mail in a frame with these fields."""
    return email_body(body, text, Frame(**frame))


def test_a_plain_text_becomes_paragraphs_with_line_ends_and_links() -> None:
    body = "Hello <you>,\r\nhere: https://example.com/a?b=1&c=2.\n\n\nBye (https://b.example)"

    page = body_of(body).html

    assert 'style="margin:0 0 16px">Hello &lt;you&gt;,<br>\nhere: <a ' in page
    assert 'href="https://example.com/a?b=1&amp;c=2" ' in page
    assert ">https://example.com/a?b=1&amp;c=2</a>.</p>\n<p " in page
    assert ">https://b.example</a>)</p>" in page
    assert body_of(body).text == body


def test_a_fragment_of_html_is_placed_in_a_page_that_loads_nothing() -> None:
    page = body_of("<p>Hello</p>", title="A <b> title").html

    assert page.startswith("<!doctype html>")
    assert "\n<p>Hello</p>\n" in page
    assert "<title>A &lt;b&gt; title</title>" in page
    assert re.findall(r"(?:src|href|url)\s*[=(]", page) == []


def test_a_complete_document_is_left_as_it_is() -> None:
    assert body_of(DOCUMENT).html == DOCUMENT


def test_a_fragment_with_colours_of_its_own_stays_on_a_light_page() -> None:
    assert "prefers-color-scheme" in body_of("<p>Hello</p>").html
    assert "prefers-color-scheme" not in body_of('<p style="color:#000">Hello</p>').html
    assert 'content="light"' in body_of('<p bgcolor="#fff">Hello</p>').html


@pytest.mark.parametrize(
    ("locale", "attributes"),
    [("ar", 'lang="ar" dir="rtl"'), ("de-AT", 'lang="de-AT" dir="ltr"'), ("he", 'dir="rtl"')],
)
def test_the_page_has_the_language_and_the_direction_of_its_content(
    locale: str, attributes: str
) -> None:
    assert body_of("<p>x</p>", locale=locale).html.count(attributes) == 2


def test_a_content_without_a_language_takes_its_direction_from_its_letters() -> None:
    page = body_of("<p>x</p>").html

    assert "<html>" in page
    assert '<div dir="auto">' in page


def test_a_configured_brand_is_shown_and_none_otherwise() -> None:
    page = email_body("Hello", None, BRANDED).html

    assert "border-bottom:3px solid #ff8800" in page
    assert '<a href="https://pigeon.example/?a=1&amp;b=2"' in page
    assert "<bdi>Pigeon &amp; Co</bdi>" in page
    assert 'class="brand"' not in body_of("Hello").html
    assert "<a" not in body_of("Hello", brand_name="Pigeon").html


@pytest.mark.parametrize("body", ["Hello", "<p>Hello</p>", DOCUMENT])
@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "ar"])
def test_the_footer_has_the_link_in_both_parts_and_in_the_language(
    body: str, language: str
) -> None:
    link = Unsubscribe(url=URL, category="Neues & <b>", language=language)
    parts = body_of(body, unsubscribe=link, brand_name="Pigeon")

    assert parts.html.count(f'<a href="{URL}"') == 1
    assert f'lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in parts.html
    assert "<bdi>Neues &amp; &lt;b&gt;</bdi>" in parts.html
    assert texts_in(language)["unsubscribe"] in parts.html
    reason = texts_in(language)["footer_brand"].format(brand="Pigeon", category="Neues & <b>")
    assert parts.text.endswith(f"\n---\n{reason}\n{texts_in(language)['unsubscribe']}:\n{URL}\n")


def test_without_a_brand_the_footer_names_none() -> None:
    reason = "You received this e-mail about “News & more”."

    assert reason in body_of("Hello", unsubscribe=LINK).text


@pytest.mark.parametrize(
    ("document", "before"),
    [
        (DOCUMENT, "</body></html>"),
        ("<HTML><BODY>a</BODY\n></HTML>", "</BODY\n></HTML>"),
        ("<html>a</html>\n", "</html>\n"),
        ("<body>a", ""),
        ("<body>a</body><!-- </html> --></html>", "</body><!-- </html> --></html>"),
    ],
)
def test_the_footer_of_a_document_comes_at_its_end(document: str, before: str) -> None:
    page = body_of(document, unsubscribe=LINK).html

    assert page.endswith("</div>\n" + before)
    assert page.startswith(document[: len(document) - len(before)])


def test_a_link_that_the_content_has_placed_is_not_repeated() -> None:
    escaped = URL.replace("/", "&#x2f;")
    page = DOCUMENT.replace("Hello", f'<a href="{escaped}">leave</a>')

    parts = body_of(page, unsubscribe=LINK)

    assert parts.html == page
    assert parts.text == f"leave ({URL})\n"


def test_each_part_without_the_link_gets_a_footer() -> None:
    page = DOCUMENT.replace("Hello", f'<a href="{URL}">leave</a>')

    only_in_html = body_of(page, "its own text", unsubscribe=LINK)
    assert only_in_html.html == page
    assert only_in_html.text.startswith("its own text\n\n---\n")
    assert URL in only_in_html.text
    only_in_text = body_of(DOCUMENT, f"leave: {URL}", unsubscribe=LINK)
    assert only_in_text.text == f"leave: {URL}"
    assert only_in_text.html.count(URL) == 1


def test_a_plain_text_with_the_link_has_it_once_in_each_part() -> None:
    parts = body_of(f"leave: {URL}", unsubscribe=LINK)

    assert parts.text == f"leave: {URL}"
    assert parts.html.count(f'href="{URL}"') == 1


def test_a_content_of_images_alone_has_its_title_as_text() -> None:
    assert body_of('<img src="cid:1">', title="Our pigeons").text == "Our pigeons"


@pytest.mark.parametrize(
    "piece", ["https://", "https://a ", "\n \n", "<body ", "</body ", "x@", "{}"]
)
def test_a_hostile_body_takes_no_time(piece: str) -> None:
    body = piece * (200_000 // len(piece))

    began = time.process_time()
    email_body(body, None, Frame(unsubscribe=LINK))
    email_body("<p>" + body, None, Frame(unsubscribe=LINK))

    assert time.process_time() - began < 2


class Balance(HTMLParser):
    """Whether every element is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)


@given(body=texts, title=texts, name=texts, category=texts)
def test_no_text_changes_the_structure_of_the_page(
    body: str, title: str, name: str, category: str
) -> None:
    link = Unsubscribe(url=URL, category=category, language="fr")
    frame = Frame(title=title, brand_name=name, brand_url="https://a.example/", unsubscribe=link)

    page = email_body(body.replace("<", "< "), None, frame).html

    assert Balance(page).open == []
    assert page.count("<div") == 4


@given(st.text(st.characters(exclude_categories=["C"]) | st.just("\n"), min_size=1))
def test_the_words_of_a_plain_text_are_in_both_parts(body: str) -> None:
    body = body.replace("<", "< ")
    parts = email_body(body, None, Frame())

    assert parts.text == body or not body.strip()
    shown = re.sub(r" \((https?://\S+?)\)", "", text_of(parts.html))
    assert "".join(shown.split()) == "".join(body.split())
