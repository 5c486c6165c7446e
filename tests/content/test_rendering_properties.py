"""Generated templates and data: no message has an unfilled placeholder or another one's text."""

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from notification_content.templates.compiled import CompiledTemplate
from notification_content.templates.document import TemplateDocument
from notification_content.templates.rendering import RenderedContent, TemplateFailed, render

#: A mark around each value, so that the values of a message can be found in it.
OPEN, CLOSE = "⟦", "⟧"

#: Text of an author: anything that is not a tag or a mark.
LITERALS = st.text(max_size=20).filter(lambda text: not re.search(r"[{}⟦⟧\r]", text))
#: Data: any text without marks, with HTML and with the signs of templates.
VALUES = st.one_of(
    st.sampled_from(["<b>&amp;\"'", "{{ name }}", "{% if x %}", "{#", "}}", "", "مرحبا", "😀"]),
    st.text(max_size=20).filter(lambda text: OPEN not in text and CLOSE not in text),
)


def printed(variable: str) -> str:
    return f"{OPEN}{{{{ {variable} }}}}{CLOSE}"


PIECES = st.one_of(
    LITERALS,
    st.sampled_from(
        [
            printed("name"),
            printed("order.id"),
            printed("name | default('x')"),
            "{% if note %}" + printed("note") + "{% else %}-{% endif %}",
            "{% if note is defined and note %}" + printed("note") + "{% endif %}",
            "{% for item in order.items %}" + printed("item.name") + "{% endfor %}",
            "{% for item in order.items if item.name %}" + printed("item.name") + "{% endfor %}",
            "{% set first = order.items | first %}{% if first %}"
            + printed("first.name")
            + "{% endif %}",
            "{# a comment #}",
            "{%- if true -%} a {%- endif %}",
        ]
    ),
)
SOURCES = st.lists(PIECES, min_size=1, max_size=8).map("".join)


@st.composite
def data(draw: st.DrawFn) -> Mapping[str, Any]:
    """The data of one recipient. Fields that the schema does not require may be absent."""
    items = [{"name": name} for name in draw(st.lists(VALUES, max_size=3))]
    fields = {"name": draw(VALUES), "order": {"id": draw(st.integers()), "items": items}}
    return fields | draw(st.sampled_from([{}, {"note": draw(VALUES)}]))


def compiled(source: str) -> CompiledTemplate:
    content = {"en": {"email": {"subject": "s", "html": source}, "sms": {"body": source}}}
    document = TemplateDocument(default_locale="en", content=content)
    return CompiledTemplate(document, content, {})


def values_of(fields: Any) -> set[str]:
    """Every value in the data, as text."""
    if isinstance(fields, Mapping):
        return {text for value in fields.values() for text in values_of(value)}
    if isinstance(fields, list):
        return {text for value in fields for text in values_of(value)}
    return {str(fields)}


def printed_values(message: RenderedContent, *, html: bool) -> set[str]:
    """The values in a message."""
    found = re.findall(f"{OPEN}(.*?){CLOSE}", message.body, re.DOTALL)
    return {unescape(value) if html else value for value in found}


@settings(max_examples=200)
@given(SOURCES, data())
def test_every_placeholder_is_filled_with_data(source: str, fields: Mapping[str, Any]) -> None:
    template = compiled(source)
    allowed = values_of(fields) | {"x"}
    for channel in ("sms", "email"):
        message = render(template, "en", channel, fields, {})
        assert printed_values(message, html=channel == "email") <= allowed
        outside = re.sub(f"{OPEN}.*?{CLOSE}", "", message.body, flags=re.DOTALL)
        assert not re.search(r"\{\{|\{%|\{#", outside)


@settings(max_examples=200)
@given(data())
def test_data_are_never_markup_in_html_and_unchanged_elsewhere(fields: Mapping[str, Any]) -> None:
    template = compiled(printed("name"))
    page = render(template, "en", "email", fields, {}).body
    assert not re.search(r"[<>\"']", page)
    assert unescape(page) == f"{OPEN}{fields['name']}{CLOSE}" or "&" in fields["name"]
    assert render(template, "en", "sms", fields, {}).body == f"{OPEN}{fields['name']}{CLOSE}"


@settings(max_examples=30, deadline=None)
@given(SOURCES, st.lists(data(), min_size=2, max_size=6))
def test_concurrent_messages_do_not_mix(source: str, recipients: list[Mapping[str, Any]]) -> None:
    template = compiled(source)
    expected = [render(template, "en", "sms", fields, {}) for fields in recipients]
    with ThreadPoolExecutor(8) as threads:
        for _ in range(5):
            found = threads.map(
                lambda fields: render(template, "en", "sms", fields, {}), recipients
            )
            assert list(found) == expected


@settings(max_examples=300)
@given(st.text(alphabet="{}%#-+ abif'\"|.()[]\n", max_size=40), st.booleans())
def test_any_source_is_rendered_or_refused(source: str, is_html: bool) -> None:
    template = compiled(source)
    try:
        message = render(template, "en", "email" if is_html else "sms", {"a": "x", "b": [1]}, {})
    except TemplateFailed:
        return
    assert "{{" not in message.body or "{{" in source
