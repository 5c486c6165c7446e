"""A notification shows the texts that were or would be sent, also if they are in a template."""

from dataclasses import replace
from html import unescape

import pytest

from notification_core.domain.content import Content
from notification_core.domain.rendering import SAMPLE_LINK
from notification_core.usecases.privacy.export import export
from notification_core.usecases.queries.listing import get_notification, list_notifications
from notification_core.usecases.queries.search import search
from notification_core.usecases.queries.texts import with_contents
from notification_core.usecases.sending.cancel import cancel
from notification_core.usecases.sending.draft import Draft
from notification_core.usecases.sending.schedule import schedule
from tests.builders import World
from tests.usecases.steps import stored
from tests.usecases.templates import publish, text_world


def templated(world: World, order: str = "A-17") -> str:
    """Request a notification with the template; return its id."""
    draft = Draft(user="eggs", template="order-ready", data={"order": order}, reference="order-17")
    return schedule(world.ports, "caller", draft).notifications[0].id


@pytest.fixture
def world() -> World:
    """A world whose module sends SMS, with a published template."""
    world = text_world()
    publish(world)
    return world


def test_every_way_to_read_a_notification_shows_its_rendered_texts(world: World) -> None:
    id_ = templated(world)
    plain = stored(world)

    shown = [
        get_notification(world.ports, id_),
        list_notifications(world.ports, "eggs", None, 1, None).items[0],
        export(world.ports, "eggs", 1, None).notifications.items[0],
        search(world.ports, {"reference": "order-17"}, 1, None).items[0],
        cancel(world.ports, id_)[1],
    ]

    assert {notification.id for notification in shown} == {id_}
    assert {notification.content.body for notification in shown} == {"Your order A-17 is ready."}
    assert get_notification(world.ports, plain.id) == plain


def test_large_data_is_loaded_and_rendered(world: World) -> None:
    publish(world, max_segments=10)
    id_ = templated(world, "x" * 400)
    assert world.notifications.stored[id_].content.key is not None

    content = get_notification(world.ports, id_).content

    assert content.body == f"Your order {'x' * 400} is ready."


def test_an_e_mail_is_shown_with_a_sample_in_place_of_its_unsubscribe_link() -> None:
    world = text_world(channel="email", markup="html")
    html = '<p>{{ order }}</p><a href="{{ unsubscribe_url }}">stop</a>'
    publish(world, content={"en": {"email": {"subject": "s", "html": html}}})

    body = get_notification(world.ports, templated(world)).content.body

    assert SAMPLE_LINK in unescape(body)


def test_texts_that_cannot_be_rendered_say_why(world: World) -> None:
    id_ = templated(world)
    version = world.templates.stored_versions.popitem()[1]
    gone = get_notification(world.ports, id_).content
    assert (gone.body, gone.unrendered) == ("", "the version order-ready@1 is no longer stored")
    assert not gone.has_texts

    world.templates.stored_versions[version.ref] = version
    notification = world.notifications.stored[id_]
    use = notification.content.template
    assert use is not None
    broken = replace(notification.content, template=replace(use, data={}))
    world.notifications.stored[id_] = replace(notification, content=broken)
    failed = get_notification(world.ports, id_).content
    assert failed.unrendered.startswith("order-ready@1: en sms body")

    world.notifications.stored[id_] = replace(notification, module="gone")
    assert "gone was removed" in get_notification(world.ports, id_).content.unrendered


def test_a_lost_content_with_a_template_is_lost(world: World) -> None:
    publish(world, max_segments=10)
    id_ = templated(world, "x" * 400)
    world.contents.stored.clear()

    content = get_notification(world.ports, id_).content

    assert content.lost
    assert content.body == ""


def test_contents_are_loaded_without_rendering(world: World) -> None:
    notification = world.notifications.stored[templated(world)]

    assert with_contents(world.ports, [notification]) == [notification]
    assert isinstance(notification.content, Content)
