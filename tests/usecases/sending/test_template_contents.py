"""What a request with a template is checked for, before anything is stored."""

from dataclasses import replace
from typing import Any

import pytest

from notification_core.domain.consent import ConsentSource
from notification_core.domain.errors import InvalidInput, OptedOut
from notification_core.domain.notification import Notification
from notification_core.domain.user_settings import UserSettings
from notification_core.usecases.consent.opt_out import append_entry
from notification_core.usecases.sending.draft import Draft, Recipient
from notification_core.usecases.sending.schedule import schedule
from tests.builders import World, a_target
from tests.usecases.templates import publish, text_world

LANGUAGES = {
    locale: {"sms": {"body": f"{locale} {{{{ order }}}}"}} for locale in ("en", "de", "pt-BR")
}


@pytest.fixture
def world() -> World:
    """A world whose module sends SMS, with a published template."""
    world = text_world()
    publish(world, content=LANGUAGES)
    return world


def sent(world: World, **changes: Any) -> Notification:
    """Request a notification with the template."""
    values: dict[str, Any] = {
        "user": "eggs",
        "template": "order-ready",
        "data": {"order": "A-17"},
    }
    [notification] = schedule(world.ports, "caller", Draft(**values | changes)).notifications
    return notification


def rejected(world: World, **changes: Any) -> dict[str, str]:
    """Return the fields of a rejected request, with their messages."""
    with pytest.raises(InvalidInput) as caught:
        sent(world, **changes)
    assert world.notifications.stored == {}
    return {field.field: field.message for field in caught.value.fields}


def detail(notification: Notification) -> str:
    """Return what the timeline says about the scheduling."""
    return notification.timeline[0].detail


def test_the_request_the_user_or_the_default_decides_the_locale(world: World) -> None:
    default = sent(world)
    world.user_settings.put(UserSettings(user="eggs", locale="de-AT", time_zone="Europe/Vienna"))
    by_user = sent(world)
    by_request = sent(world, locale="pt-BR")
    unavailable = sent(world, locale="fr")

    assert [n.content.body for n in (default, by_user, by_request, unavailable)] == [
        "en A-17",
        "de A-17",
        "pt-BR A-17",
        "en A-17",
    ]
    assert detail(default) == "template order-ready@1 in en, the template's default"
    assert detail(by_user) == ("template order-ready@1 in de, because the user's locale is de-AT")
    assert detail(by_request).endswith("because the request's locale is pt-BR")
    assert detail(unavailable).endswith("the template's default, because it has no fr")
    assert by_user.content.template is not None
    assert by_user.content.template.time_zone == "Europe/Vienna"


def test_each_user_of_a_request_has_a_locale_of_their_own(world: World) -> None:
    world.user_settings.put(UserSettings(user="ham", locale="de"))
    to = [Recipient("Pigeon", "111", "ham"), Recipient("Pigeon", "222", "spam")]

    result = schedule(
        world.ports,
        "caller",
        Draft(to=to, template="order-ready", data={"order": "B"}),
    )

    assert [n.content.body for n in result.notifications] == ["de B", "en B"]


def test_nothing_that_was_rendered_is_stored(world: World) -> None:
    notification = sent(world)

    stored = world.stored(notification).content

    assert (stored.title, stored.body) == ("", "")
    assert stored.template is not None
    assert stored.template.data == {"order": "A-17"}


def test_the_category_is_the_templates_unless_it_has_none(world: World) -> None:
    assert sent(world).category == "orders"
    assert sent(world, category="orders").category == "orders"
    assert list(rejected(world_with_template(category="orders"), category="news")) == ["category"]
    assert sent(world_with_template(category=None), category="news").category == "news"


def world_with_template(**document: Any) -> World:
    """A world with another template."""
    world = text_world()
    publish(world, **document)
    return world


def test_an_opt_out_of_the_templates_category_covers_its_notifications(world: World) -> None:
    append_entry(
        world.ports,
        "eggs",
        ["category:orders"],
        active=True,
        source=ConsentSource.API,
        evidence="x",
    )

    with pytest.raises(OptedOut):
        sent(world)


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        (None, {"data.order": "is missing"}),
        ({"order": 17}, {"data.order": "must be a text"}),
        (
            {"order": "A", "ordr": "B"},
            {"data.ordr": "is not in the template's schema; did you mean `order`?"},
        ),
    ],
)
def test_data_that_does_not_fit_the_schema_is_rejected_by_field(
    world: World, data: dict[str, Any] | None, fields: dict[str, str]
) -> None:
    assert rejected(world, data=data) == fields


def test_all_errors_of_data_and_category_are_reported_at_once(world: World) -> None:
    fields = rejected(world, data={"x": 1}, category="news")

    assert set(fields) == {"category", "data.order", "data.x"}


def test_html_in_data_is_literal_in_an_sms_and_not_rejected(world: World) -> None:
    assert sent(world, data={"order": "<b>17</b>"}).content.body == "en <b>17</b>"


def test_too_many_segments_name_the_character_that_is_responsible(world: World) -> None:
    message = rejected(world, data={"order": "x" * 200 + "🦆"})["template"]

    assert message.startswith("order-ready@1 in en for the target Pigeon: the body must be at most")
    assert "3 SMS segments" in message
    assert "🦆" in message


def test_the_segments_are_part_of_the_timeline(world: World) -> None:
    notification = sent(world, data={"order": "🦆"})

    assert notification.sms is not None
    assert notification.sms.encoding == "UCS-2"
    assert detail(notification).startswith("template order-ready@1 in en, the template's default; ")
    assert "🦆" in detail(notification)
    assert detail(world.stored(notification)) == detail(notification)


@pytest.mark.parametrize("order", ["", " \n"])
def test_a_body_that_renders_empty_is_rejected(order: str) -> None:
    world = world_with_template(content={"en": {"sms": {"body": "{{ order }}"}}})

    assert "the body must not be empty" in rejected(world, data={"order": order})["template"]


def test_a_title_that_renders_too_long_is_rejected() -> None:
    world = text_world(channel="push")
    publish(world, content={"en": {"push": {"title": "{{ order }}", "body": "b"}}})

    assert sent(world).content.title == "A-17"
    message = rejected(world_of(world), data={"order": "x" * 257})["template"]
    assert "the title must be at most 256 characters, not 257" in message


def world_of(world: World) -> World:
    """The same world without its notifications."""
    world.notifications.stored.clear()
    return world


def test_a_template_that_fails_with_the_data_is_rejected() -> None:
    schema = {"type": "object", "properties": {"order": {"type": ["string", "null"]}}}
    world = world_with_template(schema=schema, content={"en": {"sms": {"body": "{{ order }}"}}})

    assert "order-ready@1 in en" in rejected(world, data={"order": None})["template"]


def test_a_channel_without_content_is_rejected_with_the_target_and_the_remedy(
    world: World,
) -> None:
    other = replace(world.module, name="dove", target_name="Dove", channel="push")
    world.modules.put(other)
    target = a_target(id="dove", name="Dove", notification_module_name="dove")
    world.targets.add(target)
    world.add_record(target="dove", target_user_id="789")

    message = rejected(world)["template"]

    assert "no content for the channel push of the target Dove" in message
    assert "targets" in message
    assert sent(world, targets=["Pigeon"]).content.body == "en A-17"


def test_the_requests_extra_is_merged_and_checked(world: World) -> None:
    assert sent(world, extra={"perch": "roof"}).content.extra == {"perch": "roof"}
    assert list(rejected(world_of(world), extra={"wing": "left"})) == ["extra.wing"]


def test_a_test_send_is_marked_when_it_is_shown_and_in_the_store(world: World) -> None:
    notification = sent(world, test=True)

    assert notification.content.body == "[Test] en A-17"
    stored = world.stored(notification).content.template
    assert stored is not None
    assert stored.test
