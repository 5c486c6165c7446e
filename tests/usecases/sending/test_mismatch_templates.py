"""A key that is used for another request with a template: the error names what differs."""

from typing import Any

import pytest

from notification_core.domain.errors import IdempotencyMismatch
from notification_core.domain.user_settings import UserSettings
from notification_core.usecases.sending.draft import Draft
from notification_core.usecases.sending.schedule import schedule
from tests.builders import World
from tests.usecases.templates import publish, text_world

REQUEST: dict[str, Any] = {
    "user": "eggs",
    "template": "order-ready",
    "data": {"order": "A-17"},
    "idempotency_key": "key",
}
TEXTS = {"template": None, "data": None, "title": "t", "body": "b"}


@pytest.fixture
def world() -> World:
    """A world with a request for a notification from a template."""
    world = text_world()
    publish(world, content={"en": {"sms": {"body": "{{ order }}"}}, "de": {"sms": {"body": "x"}}})
    publish(world, name="other")
    world.user_settings.put(UserSettings(user="eggs", locale="de"))
    schedule(world.ports, "caller", Draft(**REQUEST))
    return world


def names(world: World, **changes: Any) -> list[str]:
    """Repeat the request with changes; return the fields that the error names."""
    with pytest.raises(IdempotencyMismatch) as caught:
        schedule(world.ports, "caller", Draft(**REQUEST | changes))
    return [field.field for field in caught.value.fields]


@pytest.mark.parametrize(
    ("changes", "different"),
    [
        ({"template": "other"}, ["template"]),
        ({"template": "order-ready@2"}, ["template"]),
        ({"data": {"order": "B"}}, ["data"]),
        ({"extra": {"perch": "roof"}}, ["extra"]),
        ({"category": "news"}, ["category"]),
        (TEXTS, ["template"]),
        ({"template": "order-ready@1"}, []),
        ({"locale": "de"}, []),
    ],
)
def test_the_fields_that_certainly_differ_are_named(
    world: World, changes: dict[str, Any], different: list[str]
) -> None:
    assert names(world, **changes) == different


def test_a_locale_of_the_request_is_compared(world: World) -> None:
    schedule(world.ports, "caller", Draft(**REQUEST | {"idempotency_key": "2", "locale": "de-AT"}))

    assert names(world, idempotency_key="2") == ["locale"]
    assert names(world, idempotency_key="2", locale="de") == ["locale"]


def test_a_template_instead_of_texts_is_named(world: World) -> None:
    schedule(world.ports, "caller", Draft(**REQUEST | TEXTS | {"idempotency_key": "3"}))

    assert names(world, idempotency_key="3") == ["template"]


def test_the_same_request_is_repeated_whatever_was_published_since(world: World) -> None:
    publish(world, content={"en": {"sms": {"body": "Other."}}}, schema={"type": "object"})

    again = schedule(world.ports, "caller", Draft(**REQUEST))

    assert not again.created
    assert [notification.content.body for notification in again.notifications] == ["x"]


def test_a_spelling_of_the_same_version_is_another_request(world: World) -> None:
    with pytest.raises(IdempotencyMismatch) as caught:
        schedule(world.ports, "caller", Draft(**REQUEST | {"template": "order-ready@1"}))

    assert "template" in caught.value.detail
