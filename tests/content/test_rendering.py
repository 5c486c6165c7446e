"""Rendering: locales, channels, escaping, and errors with their place."""

from typing import Any

import pytest

from notification_content.templates.checks import check
from notification_content.templates.compiled import CompiledTemplate
from notification_content.templates.document import TemplateDocument
from notification_content.templates.rendering import (
    RenderedContent,
    TemplateFailed,
    choose_locale,
    render,
)

URL = "https://example.com/u"


def compiled(content: dict[str, Any], **fields: Any) -> CompiledTemplate:
    """A compiled template whose checks are not made."""
    document = TemplateDocument.of({"default_locale": "en", "content": content} | fields)
    return CompiledTemplate(document, document.content, {})


def rendered(channel: str, parts: dict[str, Any], **data: Any) -> RenderedContent:
    """The message of a channel in English."""
    return render(compiled({"en": {channel: parts}}), "en", channel, data, {"unsubscribe_url": URL})


def test_an_email_has_a_subject_a_page_and_options() -> None:
    email = {"subject": "Hi {{ name }}", "html": "<p>{{ name }}</p>", "text": "{{ name }}\n"}
    message = rendered("email", email | {"from_name": "{{ brand.name }}x"}, name="Ann & Bo")
    assert message == RenderedContent(
        "Hi Ann & Bo", "<p>Ann &amp; Bo</p>", "Ann & Bo\n", {"from_name": "x"}
    )


def test_a_title_is_one_line() -> None:
    push = {"title": "{% if true %}\n  Hi\n{% endif %} {{ name }}", "body": "b"}
    assert rendered("push", push, name="a\r\nb").title == "Hi a b"


def test_every_text_of_extra_is_rendered() -> None:
    extra = {"data": {"order": "{{ id }}"}, "list": ["{{ id }}", 1, None, True]}
    message = rendered("push", {"title": "t", "body": "b", "extra": extra}, id=7)
    assert message.extra == {"data": {"order": "7"}, "list": ["7", 1, None, True]}


def test_a_custom_channel_has_a_body_and_perhaps_a_title() -> None:
    assert rendered("pager", {"body": "{{ a }}"}, a=1) == RenderedContent("", "1", None, {})


def test_values_are_escaped_in_html_only() -> None:
    assert rendered("email", {"subject": "{{ a }}", "html": "{{ a }}"}, a="<b>'\"&") == (
        RenderedContent("<b>'\"&", "&lt;b&gt;&#x27;&quot;&amp;", None, {})
    )
    assert rendered("sms", {"body": "{{ a }}"}, a="<b>").body == "<b>"


def test_direction_and_locale_are_variables() -> None:
    body = "{{ locale }} {{ direction }}"
    both = compiled({"en": {"sms": {"body": body}}, "ar-EG": {"sms": {"body": body}}})
    assert render(both, "ar-EG", "sms", {}, {}).body == "ar-EG rtl"
    assert render(both, "en", "sms", {}, {}).body == "en ltr"


def test_data_cannot_replace_a_built_in_variable() -> None:
    parts = {"body": "{{ locale }}"}
    message = render(compiled({"en": {"sms": parts}}), "en", "sms", {"locale": "x"}, {})
    assert message.body == "en"


@pytest.mark.parametrize(
    ("wanted", "channel", "locale"),
    [
        ("de-AT", "sms", "de"),
        ("de-AT", "push", "en"),
        ("fr", "sms", "en"),
        (None, "sms", "en"),
        ("de", "pager", None),
    ],
)
def test_the_locale_is_looked_up_among_those_with_the_channel(
    wanted: str | None, channel: str, locale: str | None
) -> None:
    body = {"body": "b"}
    template = compiled({"en": {"sms": body, "push": body | {"title": "t"}}, "de": {"sms": body}})
    if locale is None:
        with pytest.raises(LookupError, match="no content for pager"):
            choose_locale(template, channel, wanted)
    else:
        assert choose_locale(template, channel, wanted) == locale


@pytest.mark.parametrize(
    ("source", "data", "message", "line"),
    [
        ("\n{{ name }}", {}, "`{{ name }}` needs a value that is missing", 2),
        ("\n\n{{ a.b.c }}", {"a": {}}, "`{{ a.b.c }}` needs a value that is missing", 3),
        ("é\n{{ a }}", {"a": None}, "prints a value that is missing", 2),
        ("{% if a %}\n{{ a }}{% endif %}", {"a": True}, "prints true or false", 2),
        ("\n{{ a }}", {"a": [1]}, "prints a list or an object", 2),
        ("\n{{ a }}", {"a": 10**5000}, "prints a number that is too large", 2),
        ("\n{{ a|times(1e308) }}", {"a": 1e308}, "prints a number that is too large", 2),
        ("\n{{ a }}", {"a": {"b": 1}}, "prints a list or an object", 2),
        ("\n{{ a | upper }}", {}, "a missing value to the filter `upper`", 2),
        ("\n{{ a | number }}", {"a": "x"}, "the filter `number` needs a number", 2),
        ("\n{{ a | upper }}", {"a": [1]}, "the filter `upper` needs a text, not a list", 2),
        ("\n{{ a | round(x=1) }}", {"a": 1}, "the filter `round` has wrong arguments", 2),
        ("{% for a in b %}\n{{ a }}\n{% endfor %}", {}, "needs a value that is missing", 1),
        ("\n{{ a + 1 }}", {"a": "x"}, "tried to use + operator", 2),
        ("{{ a }}", {"a": 1, "_tick": 2}, "a name with _", None),
    ],
)
def test_a_failure_names_its_place(
    source: str, data: dict[str, Any], message: str, line: int | None
) -> None:
    with pytest.raises(TemplateFailed) as failed:
        rendered("sms", {"body": source}, **data)
    error = failed.value
    assert message in error.message
    assert (error.locale, error.channel, error.part, error.line) == ("en", "sms", "body", line)
    assert str(error).startswith("en sms body")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "{% for i in range(900) %}{% for j in range(900) %}{{ j }}{% endfor %}{% endfor %}",
            "long",
        ),
        ("{% for i in range(900) %}{{ a }}{% endfor %}", "the text is longer than 1,000,000"),
        ("{% set b = a + a + a %}{{ b }}", "the value of a set is too large"),
        ("{{ a | replace('a', 'bbb') }}", "the text is longer than 100,000"),
        ("{{ (a + a + a) | upper }}", "the text is longer than 100,000"),
        ("{% if range(2000) %}x{% endif %}", "a range has more than 1,000 numbers"),
    ],
)
def test_an_expensive_template_fails(source: str, message: str) -> None:
    with pytest.raises(TemplateFailed, match=message):
        rendered("sms", {"body": source}, a="a" * 40_000)


def test_too_many_data_fail() -> None:
    with pytest.raises(TemplateFailed, match="the data have more than 20,000 values"):
        rendered("sms", {"body": "a"}, a=[1] * 20_000)


def test_a_locale_without_the_channel_fails() -> None:
    with pytest.raises(TemplateFailed, match="no content for push"):
        render(compiled({"en": {"sms": {"body": "b"}}}), "en", "push", {}, {})


def test_an_absent_value_can_be_tested() -> None:
    body = "{% if a %}{{ a }}{% else %}-{% endif %}{{ b | default('x') }}"
    assert rendered("sms", {"body": body}).body == "-x"


def test_an_object_without_a_field_has_no_method_of_that_name() -> None:
    body = "{% if a.items %}yes{% else %}no{% endif %}"
    assert rendered("sms", {"body": body}, a={}).body == "no"


def test_objects_and_lists_are_usable() -> None:
    body = (
        "{{ a[0].b }} {{ a[-1].b }} {% for row in a %}{{ loop.index }}/{{ loop.length }}"
        "{{ loop.cycle('x', 'y') }}{% endfor %} {% for key in o %}{{ key }}{{ o[key] }}{% endfor %}"
        "{% set c = a | length %} {{ c + 1 }}{% if 'k' in o %}!{% endif %}"
    )
    message = rendered("sms", {"body": body}, a=[{"b": 1}, {"b": 2}], o={"k": 3})
    assert message.body == "1 2 1/2x2/2y k3 3!"


def test_a_compiled_template_survives_storage() -> None:
    document = TemplateDocument.of(
        {
            "default_locale": "en",
            "content": {"EN-us": {"sms": {"body": "b"}}, "en": {"sms": {"body": "b"}}},
        }
    )
    result = check(document, {}, mandatory=True)
    assert result.compiled is not None
    stored = CompiledTemplate.of(result.compiled.as_fields())
    assert stored == result.compiled
    assert stored.digest == result.compiled.digest
    assert stored.document.digest == document.digest
