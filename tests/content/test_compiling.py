"""Compiling: layouts, MJML and style sheets, with the template's tags intact."""

import re
from typing import Any

import pytest

from notification_content.templates.compiling import compile_template
from notification_content.templates.document import TemplateDocument
from notification_content.templates.html.css import inlined
from notification_content.templates.html.page import completed
from notification_content.templates.problems import TemplateRejected
from notification_content.templates.rendering import render


def document(email: dict[str, Any], locale: str = "en") -> TemplateDocument:
    """A template with one e-mail."""
    content = {locale: {"email": {"subject": "s", **email}}}
    return TemplateDocument.of({"default_locale": locale, "content": content})


def layout(email: dict[str, Any], locale: str = "en") -> TemplateDocument:
    """A layout."""
    return TemplateDocument.of({"default_locale": locale, "content": {locale: {"email": email}}})


def page(email: dict[str, Any], locale: str = "en", **data: Any) -> str:
    """The rendered page of an e-mail without a layout."""
    compiled = compile_template(document(email, locale), {})
    return render(compiled, locale, "email", data, {}).body


def refusal(email: dict[str, Any], **layouts: TemplateDocument) -> str:
    """The only problem of an e-mail, with its place."""
    with pytest.raises(TemplateRejected) as rejected:
        compile_template(document(email), layouts)
    [problem] = rejected.value.problems
    return f"{problem.field}: {problem}"


def test_a_rule_becomes_an_attribute() -> None:
    source = "<html><head><style>p { color: red }</style></head><body><p>a</p></body></html>"
    assert inlined(source) == '<html><head></head><body><p style="color: red">a</p></body></html>'


@pytest.mark.parametrize(
    ("sheet", "element", "expected"),
    [
        (".a{color:red} p{color:blue}", '<p class="a">', '<p style="color: red" class="a">'),
        ("p{color:red} p{color:blue}", "<p>", '<p style="color: blue">'),
        (
            "p{color:red !important} #a{color:blue}",
            "<p id=a>",
            "color: blue; color: red !important",
        ),
        ("p{color:red}", '<p style="color:blue;">', '<p style="color: red; color:blue">'),
        ("p{color:red!important}", "<p style='a:b'>", '<p style="a:b; color: red !important">'),
        ("div > p, td{color:red}", "<p>", "<p>"),
        ("body p{color:red}", "<p>", '<p style="color: red">'),
        ('p{font-family:"Open Sans"}', "<p>", "<p style=\"font-family: 'Open Sans'\">"),
        ("p{color:{{ brand.color }}}", "<p>", '<p style="color: {{ brand.color }}">'),
        ("p{color:red}", "<p {% if a %}class='b'{% endif %}>", "{% if a %}class='b'{% endif %}>"),
        ("p{a:b}", "<p style=\"c:{{ d | default('e') }}\">", "a: b; c:{{ d | default('e') }}"),
        ("img{a:b}", "<img src='{{ x }}' />", "<img style=\"a: b\" src='{{ x }}' />"),
    ],
)
def test_the_cascade_is_that_of_css(sheet: str, element: str, expected: str) -> None:
    source = f"<html><head><style>{sheet}</style></head><body>{element}</body></html>"
    assert expected in inlined(source)


@pytest.mark.parametrize(
    "rule",
    [
        "@media (max-width: 480px) {\n  p { color: red }\n}",
        "a:hover { color: red }",
        "p::before { content: 'x' }",
        "@font-face { font-family: x }",
        "a ~ b { c: d }",
        "a b c d e f { c: d }",
        f"{'a ' * 400} {{ c: d }}",
    ],
)
def test_rules_for_style_sheets_only_stay(rule: str) -> None:
    source = f"<html><head><style>{rule} b {{ a: b }}</style></head><body><p></p></body></html>"
    assert rule.split("{", maxsplit=1)[0].strip() in inlined(source)
    assert "b { a: b }" not in inlined(source)


@pytest.mark.parametrize(
    "source",
    [
        "<style media='print'>p { a: b }</style><p></p>",
        "<style>{% if x %}p { a: b }{% endif %}</style><p></p>",
        "<!-- <style>p { a: b }</style> --><p></p>",
    ],
)
def test_some_style_sheets_are_left_alone(source: str) -> None:
    assert inlined(source) == source


def test_rules_for_elements_that_are_not_known_yet_stay_too() -> None:
    source = "<style>.a { b: c }</style><p class='{{ x }}'></p><p class='a'></p>"
    result = inlined(source)
    assert result.startswith("<style>.a { b: c }</style>")
    assert "<p style=\"b: c\" class='a'>" in result


def test_tags_in_a_table_stay_where_they_are() -> None:
    html = (
        "<style>td { padding: 1px }</style><table>{% for row in rows %}<tr><td>{{ row }}</td></tr>"
        "{% endfor %}</table>"
    )
    cells = '<table><tr><td style="padding: 1px">1</td></tr><tr><td style="padding: 1px">2</td>'
    assert cells in page({"html": html}, rows=[1, 2])


def test_a_comparison_in_a_tag_is_not_markup() -> None:
    html = "<p>{% if a < b and b > a %}less{% endif %}</p>{# <p #}<a href='{{ '<>' }}'>x</a>"
    assert "<p>less</p><a href='&lt;&gt;'>x</a>" in page({"html": html}, a=1, b=2)


def test_a_fragment_becomes_a_page() -> None:
    whole = completed("<p>مرحبا</p>", "ar-EG")
    assert whole.startswith(
        '<!DOCTYPE html>\n<html lang="ar-EG" dir="rtl"><head><meta charset="utf'
    )
    assert whole.endswith("<p>مرحبا</p>\n</body></html>")
    assert completed(whole, "ar-EG") == whole


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "<html><body></body></html>",
            '<html lang="de" dir="ltr"><head><meta charset="utf-8"></head>',
        ),
        ("<body>a</body>", '<html lang="de" dir="ltr">'),
        ("<HTML lang='fr'><head></head></HTML>", "<HTML dir=\"ltr\" lang='fr'><head><meta charset"),
        ('<html lang="und" dir="auto">', '<html lang="de" dir="ltr">'),
        ('<html dir="{{ direction }}">', '<html lang="de" dir="{{ direction }}">'),
    ],
)
def test_what_a_page_lacks_is_added(source: str, expected: str) -> None:
    assert expected in completed(source, "de")


def test_what_a_page_has_is_kept() -> None:
    source = '<!doctype html><html lang="x" dir="y"><head><meta charset="z"></head></html>'
    assert completed(source, "de") == source


MJML = """<mjml><mj-head><mj-style>.big div { font-size: 30px !important }</mj-style></mj-head>
<mj-body>
{% for item in items %}
<mj-section><mj-column>
  <mj-text css-class="big">{{ item.name }}{% if item.n < 2 %}!{% endif %}</mj-text>
  {% if item.url %}<mj-button href="{{ item.url }}">Go</mj-button>{% endif %}
</mj-column></mj-section>
{% endfor %}
<mj-section><mj-column><mj-table>
{% for i in items %}<tr><td>{{ i.n }}</td></tr>{% endfor %}
</mj-table>
</mj-column></mj-section></mj-body></mjml>"""
ITEMS = [{"name": "A<b>", "n": 1, "url": "https://a/?b=1&c=2"}, {"name": "B", "n": 2}]


def test_tags_survive_in_mjml() -> None:
    body = page({"mjml": MJML}, items=ITEMS)
    assert "A&lt;b&gt;!</div>" in body
    assert 'href="https://a/?b=1&amp;c=2"' in body
    assert body.count("<a ") == 1
    assert "<tr><td>1</td></tr><tr><td>2</td></tr>" in body
    assert "font-size: 30px !important" in body
    assert "{" not in body.split("</head>")[1]
    assert 'lang="en"' in body
    assert "und" not in body.split("<style")[0]


def test_mjml_loads_no_web_font() -> None:
    assert "fonts.googleapis.com" not in page({"mjml": MJML}, items=[])


def test_mjml_of_a_right_to_left_language_is_mirrored() -> None:
    body = page({"mjml": MJML}, "ar", items=ITEMS)
    assert 'dir="rtl"' in body
    assert "text-align:right" in body
    assert "direction:rtl" in body
    assert "direction:rtl" not in page({"mjml": MJML}, items=ITEMS)


def test_mjml_without_a_head_is_mirrored() -> None:
    section = (
        "<mj-section><mj-column><mj-text><p>a<b>b</b><br></p></mj-text></mj-column></mj-section>"
    )
    body = page({"mjml": f"<mjml><mj-body>{section}</mj-body></mjml>"}, "he")
    assert "text-align:right" in body


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "<mjml><mj-body>\n<mj-text>a</mj-body></mjml>",
            "line 2: </mj-body> ends nothing; </mj-text>",
        ),
        ("<mjml>\n<mj-body>", "line 2: <mj-body> does not end"),
        (
            "<mjml><mj-body>\n\n<mj-txt>a</mj-txt></mj-body></mjml>",
            "line 3: <mj-txt> is not an element",
        ),
        ("hello", "is not valid MJML"),
        (
            "<mjml><mj-body><mj-include path='/etc/passwd'/></mj-body></mjml>",
            "line 1: is not valid MJML",
        ),
        ("<mjml><mj-body>" + "<mj-wrapper>" * 100, "line 1: elements are nested too deep"),
        ("<mjml><mj-body>\n<mj-text><p>a</mj-text>", "line 2: </mj-text> ends nothing; </p> is "),
        ("<mjml><mj-head>\nx</mj-head></mjml>", "line 2: is not valid MJML: unexpected token"),
        ("<mjml>\n{{ a", "line 2: the tag does not end; write }}"),
    ],
)
def test_wrong_mjml_is_refused(source: str, message: str) -> None:
    assert f"content.en.email.mjml: {message}" in refusal({"mjml": source})


def test_mjml_that_ends_within_a_tag_is_refused() -> None:
    # Early releases of Python 3.11 parse the rest as a whole tag, later ones as text.
    message = r"content\.en\.email\.mjml: line 2: (the tag <mj-text|<mj-text>) does not end"

    assert re.match(message, refusal({"mjml": "<mjml><mj-body>\n<mj-text a='>"}))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("<p\n", "line 1: the tag <p does not end"),
        ("\n<style>p { }", "line 2: <style> does not end"),
        ("\n<style>p { } \n } x</style>", "line 3: the style sheet is not valid"),
        ("<style>" + "p{a:b}" * 3000 + "</style>" + "<p>" * 2000, "too many elements and rules"),
        ("<style>a b c d{e:f} a b c d{e:f}</style>" + "<div>" * 190, "too many elements and rules"),
        ("<style>p{a:b}</style>" + "<div>" * 300, "elements are nested too deep"),
    ],
)
def test_wrong_html_is_refused(source: str, message: str) -> None:
    assert message in refusal({"html": source})


def test_a_layout_surrounds_the_content() -> None:
    brand = layout(
        {"html": "<h1>{{ brand.name }}</h1>{{- content -}}<i>end</i>", "text": "[{{ content }}]"}
    )
    template = document({"html": "<p>{{ a }}</p>", "text": "{{ a }}", "layout": "brand"})
    compiled = compile_template(template, {"brand": brand}, {"brand": 3})
    message = render(compiled, "en", "email", {"a": "<"}, {"brand": {"name": "Shop", "url": ""}})
    assert "<h1>Shop</h1><p>&lt;</p><i>end</i>" in message.body
    assert message.text == "[<]"
    assert compiled.layouts == {"brand": 3}


def test_a_layout_in_mjml_surrounds_mjml() -> None:
    brand = layout({"mjml": "<mjml><mj-body>{{ content }}</mj-body></mjml>"})
    section = "<mj-section><mj-column><mj-text>{{ a }}</mj-text></mj-column></mj-section>"
    compiled = compile_template(document({"mjml": section, "layout": "brand"}), {"brand": brand})
    assert ">1</div>" in render(compiled, "en", "email", {"a": 1}, {}).body


def test_the_locale_of_a_layout_is_looked_up() -> None:
    parts = {
        "de": {"email": {"html": "DE {{ content }}"}},
        "en": {"email": {"html": "EN {{ content }}"}},
    }
    brand = TemplateDocument.of({"default_locale": "en", "content": parts})
    for locale, word in (("de-AT", "DE"), ("fr", "EN")):
        template = document({"html": "<p></p>", "layout": "brand"}, locale)
        compiled = compile_template(template, {"brand": brand})
        assert f"{word} <p></p>" in render(compiled, locale, "email", {}, {}).body


def test_a_layout_must_fit() -> None:
    html = {"html": "<p></p>", "layout": "brand"}
    assert "content.en.email.layout: the layout brand does not exist" in refusal(html)
    assert "is not a layout" in refusal(html, brand=document({"html": "x"}))
    mjml = layout({"mjml": "<mjml><mj-body>{{ content }}</mj-body></mjml>"})
    assert "the layout brand is MJML, so the content must be MJML too" in refusal(html, brand=mjml)
