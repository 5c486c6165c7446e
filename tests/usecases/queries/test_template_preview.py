"""A preview renders every message of a version and stores nothing."""

from dataclasses import replace
from typing import Any

import pytest

from notification_core.domain.deployment import Brand, DeploymentSettings
from notification_core.domain.errors import InvalidInput, NotFound
from notification_core.domain.rendering import SAMPLE_LINK
from notification_core.usecases.administration.templates import put_version
from notification_core.usecases.queries.template_preview import PreviewPart, preview
from tests.builders import World, a_module, a_template_document

NAME = "order-ready"
EMAIL = {
    "subject": "{{ brand.name }}: {{ order }}",
    "html": '<p>{{ order }}</p>{% if unsubscribe_url %}<a href="{{ unsubscribe_url }}">Stop</a>'
    "{% endif %}",
}


def put(world: World, content: dict[str, Any], **changes: Any) -> None:
    """Store a version."""
    put_version(world.ports, NAME, a_template_document(content=content, **changes), author="ann")


def shown(world: World, **wanted: Any) -> dict[tuple[str, str], PreviewPart]:
    """Return a preview by channel and locale."""
    _, parts = preview(world.ports, NAME, **wanted)
    return {(part.channel, part.locale): part for part in parts}


def test_every_message_is_rendered_with_the_first_example(world: World) -> None:
    deployment = DeploymentSettings(brand=Brand(name="Shop"))
    world.modules.put(replace(world.module, deployment=deployment))
    sms = {"sms": {"body": "{{ order }}{% if unsubscribe_url %} {{ unsubscribe_url }}{% endif %}"}}
    put(world, {"en": {**sms, "email": EMAIL}, "de": sms}, partial=["de"])
    before = dict(world.templates.stored)

    parts = shown(world)

    assert list(parts) == [("sms", "en"), ("sms", "de"), ("email", "en")]
    mail = parts["email", "en"]
    assert mail.content.title == "Shop: A-17"
    assert mail.text is not None
    assert SAMPLE_LINK in mail.text
    assert mail.html_bytes == len(mail.content.body.encode())
    assert parts["sms", "de"].content.body == "A-17"
    assert (parts["sms", "de"].text, parts["sms", "de"].html_bytes) == (None, None)
    assert world.templates.stored == before


def test_only_an_email_that_users_can_unsubscribe_from_has_a_link(world: World) -> None:
    world.modules.put(a_module(mandatory_categories=frozenset({"security"})))
    put(world, {"en": {"email": EMAIL}}, category="security")

    text = shown(world)["email", "en"].text

    assert text is not None
    assert "Stop" not in text


def test_a_long_sms_is_shown_with_a_warning(world: World) -> None:
    put(world, {"en": {"sms": {"body": "{{ order }}"}}}, max_segments=1)

    part = shown(world, data={"order": "x" * 161})["sms", "en"]

    assert part.sms is not None
    assert part.sms.segments == 2
    assert part.warnings == ("2 SMS segments (GSM-7); the template allows 1",)


def test_an_email_that_gmail_would_cut_off_is_shown_with_a_warning(world: World) -> None:
    put(world, {"en": {"email": EMAIL}})

    [warning] = shown(world, data={"order": "x" * 102_400})["email", "en"].warnings

    assert warning.endswith("bytes of HTML; Gmail cuts off after 102400")


def test_a_channel_that_a_locale_lacks_is_shown_as_it_would_be_sent(world: World) -> None:
    push = {"push": {"title": "Order", "body": "{{ order }}"}}
    content = {"en": {"sms": {"body": "{{ order }}"}}, "de": push}
    put(world, content, partial=["de"])

    assert list(shown(world, locale="de-AT")) == [("sms", "en"), ("push", "de")]
    assert list(shown(world, locale="fr")) == [("sms", "en")]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"channel": "email"}, "channel"),
        ({"locale": "d_e"}, "locale"),
        ({"version": 2}, "version"),
        ({"data": {}}, "data.order"),
        ({"data": {"order": "7", "other": 1}}, "data.other"),
    ],
)
def test_what_cannot_be_shown_is_named(world: World, wanted: dict[str, Any], field: str) -> None:
    put(world, {"en": {"sms": {"body": "{{ order }}"}}})

    with pytest.raises(InvalidInput) as refused:
        shown(world, **wanted)
    assert [error.field for error in refused.value.fields] == [field]


def test_a_part_with_an_error_is_named_with_its_line(world: World) -> None:
    put(world, {"en": {"sms": {"body": "Hello\n{{ oder }}"}}})

    with pytest.raises(InvalidInput) as refused:
        shown(world)
    [error] = refused.value.fields
    assert error.field == "content.en.sms.body"
    assert error.message.startswith("line 2: ")


@pytest.mark.parametrize(
    "schema", [{"type": 7}, {"type": "object", "$ref": "x"}, {"type": "object", "allOf": {}}]
)
def test_a_schema_that_is_none_is_named(world: World, schema: dict[str, Any]) -> None:
    put(world, {"en": {"sms": {"body": "Hello"}}}, schema=schema, examples=[])

    with pytest.raises(InvalidInput) as refused:
        shown(world)
    assert {error.field for error in refused.value.fields} == {"schema"}


def test_a_missing_layout_is_named(world: World) -> None:
    put(world, {"en": {"email": {**EMAIL, "layout": "brand"}}})

    with pytest.raises(InvalidInput, match="order-ready@1 cannot be rendered") as refused:
        shown(world)
    assert [error.field for error in refused.value.fields] == ["content.en.email.layout"]


def test_there_is_no_preview_of_what_does_not_exist(world: World) -> None:
    with pytest.raises(NotFound):
        shown(world)
