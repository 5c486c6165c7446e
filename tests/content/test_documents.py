"""The shape of a template's fields, with every problem at once."""

from typing import Any

import pytest

from notification_content.templates.document import TemplateDocument
from notification_content.templates.problems import TemplateRejected

SMS = {"en": {"sms": {"body": "Hello"}}}


def document(**fields: Any) -> TemplateDocument:
    return TemplateDocument.of({"default_locale": "en", "content": SMS} | fields)


def problems(**fields: Any) -> list[str]:
    with pytest.raises(TemplateRejected) as rejected:
        document(**fields)
    return [f"{problem.field}: {problem}" for problem in rejected.value.problems]


def test_what_is_not_said_has_a_default() -> None:
    assert document() == TemplateDocument("en", SMS)
    assert document().as_fields() == {
        "category": None,
        "default_locale": "en",
        "schema": {"type": "object"},
        "content": SMS,
        "partial": [],
        "examples": [],
        "max_segments": 3,
    }


def test_examples_are_those_of_the_schema_unless_there_are_others() -> None:
    schema = {"type": "object", "examples": [{"a": 1}]}
    assert document(schema=schema).examples == ({"a": 1},)
    assert document(schema=schema, examples=[{"a": 2}]).examples == ({"a": 2},)


def test_locales_get_their_usual_spelling() -> None:
    both = document(
        default_locale="EN", content={"EN": SMS["en"], "de-at": SMS["en"]}, partial=["DE-AT"]
    )
    assert list(both.content) == ["en", "de-AT"]
    assert both.default_locale == "en"
    assert both.partial == {"de-AT"}


def test_fields_can_be_read_again() -> None:
    first = document(
        category="orders",
        content={"en": {"email": {"subject": "s", "html": "h", "text": None, "layout": "brand"}}},
        max_segments=2,
    )
    assert TemplateDocument.of(first.as_fields()) == first
    assert TemplateDocument.of(first.as_fields()).digest == first.digest
    assert document().digest != first.digest
    assert first.layouts == ("brand",)
    assert first.channels == ("email",)
    assert first.locales_of("email") == ("en",)
    assert first.locales_of("sms") == ()


def content(channel: str, parts: Any) -> dict[str, Any]:
    return {"content": {"en": {channel: parts}}}


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"titel": 1}, "titel: is not a field of a template; the fields are `category`, "),
        ({"category": "a b"}, "category: must be the name of a category"),
        ({"category": 1}, "category: must be the name of a category"),
        ({"default_locale": None}, "default_locale: must be a language tag such as de"),
        ({"default_locale": "de"}, "default_locale: is de, which has no content"),
        ({"content": {}}, "content: must be an object with 1 to 100 locales"),
        ({"content": [1]}, "content: must be an object with 1 to 100 locales"),
        ({"content": {"de_AT": {}} | SMS}, "content.de_AT: must be a language tag"),
        ({"content": {"EN": {"sms": {"body": "x"}}} | SMS}, "content.en: is the same locale as en"),
        ({"content": {"en": {}}}, "content.en: must be an object with the content of each"),
        (
            {"content": {"en": {"SMS": {"body": "x"}}}},
            "content.en.SMS: must be the name of a channel",
        ),
        (content("sms", "x"), "content.en.sms: must be an object with the parts of the message"),
        (content("sms", {}), "content.en.sms.body: is missing"),
        (content("sms", {"body": 1}), "content.en.sms.body: must be a text"),
        (content("sms", {"body": "x" * 200_001}), "content.en.sms.body: must have at most 200,000"),
        (content("sms", {"body": "x", "title": "y"}), "content.en.sms.title: is not a part of sms"),
        (content("push", {"body": "x"}), "content.en.push.title: is missing"),
        (content("push", {"title": "x", "body": "x", "extra": 1}), "extra: must be an object"),
        (content("pager", {"title": "x"}), "content.en.pager.body: is missing"),
        (
            content("email", {"subject": "x"}),
            "content.en.email: must contain either `html` or `mjml`",
        ),
        (
            content("email", {"subject": "x", "html": "x", "mjml": "x"}),
            "content.en.email: must contain either `html` or `mjml`",
        ),
        (
            content("email", {"subject": "x", "html": "x", "layout": "a b"}),
            "content.en.email.layout: must be the name of a template",
        ),
        ({"partial": "en"}, "partial: must be a list"),
        ({"partial": ["fr"]}, "partial: names fr, which has no content"),
        ({"partial": [1]}, "partial: must be a language tag"),
        ({"examples": {}}, "examples: must be a list"),
        ({"examples": [1]}, "examples: must be objects"),
        ({"examples": [{}] * 21}, "examples: must be at most 20"),
        ({"schema": [1]}, "schema: must be a JSON Schema"),
        ({"max_segments": 0}, "max_segments: must be a number from 1 to 10"),
        ({"max_segments": True}, "max_segments: must be a number from 1 to 10"),
        (
            {"content": {f"en-{number}": {"sms": {"body": "x"}} for number in range(100, 202)}},
            "content: must be an object with 1 to 100 locales",
        ),
        (
            {
                "content": {
                    f"{code}": {"sms": {"body": "x" * 190_000}}
                    for code in ("en", "de", "fr", "es", "it", "pl")
                }
            },
            "content: must have at most 1,000,000 characters",
        ),
    ],
)
def test_a_wrong_field_is_refused(fields: dict[str, Any], problem: str) -> None:
    assert any(problem in found for found in problems(**fields))


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(TemplateRejected, match=r"x: is not a field.*sms\.body: is missing"):
        document(x=1, **content("sms", {}))


def test_a_layout_has_a_place_for_the_content_and_no_subject() -> None:
    assert document(**content("email", {"html": "<p>{{ content }}</p>"})).is_layout
    assert document(**content("email", {"mjml": "{{-content-}}"})).is_layout
    assert not document(**content("email", {"html": "{{ content }}", "subject": "s"})).is_layout
    assert not document().is_layout


@pytest.mark.parametrize("field", ["schema", "content", "examples"])
def test_a_field_that_is_nested_too_deep_is_named(field: str) -> None:
    nested: Any = {}
    for _ in range(900):
        nested = {"a": nested}
    values = {
        "schema": {"type": "object", "x": nested},
        "content": {"en": {"push": {"title": "a", "body": "b", "extra": nested}}},
        "examples": [nested],
    }
    assert problems(**{field: values[field]}) == [f"{field}: must be at most 100 levels deep"]
