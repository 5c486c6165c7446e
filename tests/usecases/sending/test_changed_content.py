"""Changing a notification with a template: its data, and nothing that the template decides."""

from dataclasses import replace
from typing import Any

import pytest

from notification_core.domain.errors import InvalidInput
from notification_core.domain.notification import Notification
from notification_core.usecases.sending.change import ChangeResult, change_notification
from notification_core.usecases.sending.schedule import schedule
from tests.builders import World, a_draft
from tests.usecases.steps import handed
from tests.usecases.templates import publish, text_world


def templated(world: World, **changes: Any) -> Notification:
    """Accept a notification with the template."""
    draft = a_draft(
        **{
            "title": None,
            "body": None,
            "template": "order-ready",
            "data": {"order": "A-17"},
            **changes,
        }
    )
    [notification] = schedule(world.ports, "caller", draft).notifications
    return notification


def change(world: World, before: Notification, **changes: Any) -> tuple[ChangeResult, Notification]:
    """Change it."""
    return change_notification(world.ports, before.id, changes)  # type: ignore[arg-type]


def refused(world: World, before: Notification, **changes: Any) -> dict[str, str]:
    """Try to change it, and return the message for each field."""
    with pytest.raises(InvalidInput) as error:
        change(world, before, **changes)
    return {field.field: field.message for field in error.value.fields}


def test_new_data_is_rendered_by_the_version_that_is_pinned() -> None:
    world = text_world()
    publish(world)
    before = templated(world)
    publish(world, content={"en": {"sms": {"body": "Another text: {{ order }}"}}})

    result, after = change(world, before, data={"order": "B-18"})
    handed(world, world.stored(before))

    assert result is ChangeResult.CHANGED
    assert after.content.body == "Your order B-18 is ready."
    assert after.timeline[-1].detail == "data"
    assert [delivery.template.data for delivery in world.provider.seen if delivery.template] == [
        {"order": "B-18"}
    ]
    assert after.sms is not None
    assert after.timeline[0] == before.timeline[0]


def test_the_schema_and_the_segments_are_checked_again() -> None:
    world = text_world()
    publish(world)
    before = templated(world)

    assert list(refused(world, before, data={"order": 1})) == ["data.order"]
    assert "segments" in refused(world, before, data={"order": "x" * 1000})["template"]
    assert world.stored(before).content.template == before.content.template


def test_what_the_template_decides_cannot_be_changed() -> None:
    world = text_world()
    publish(world)
    before = templated(world)

    errors = refused(world, before, title="New", body="New")
    assert {*errors} == {"title", "body"}
    assert "change data instead" in errors["body"]
    for category in ("news", None):
        assert list(refused(world, before, category=category)) == ["category"]
    assert change(world, before, category="orders")[0] is ChangeResult.UNCHANGED


def test_a_category_that_the_template_leaves_open_can_be_changed() -> None:
    world = text_world()
    publish(world, category=None)
    before = templated(world, category="news")

    result, after = change(world, before, category=None)

    assert (result, after.category) == (ChangeResult.CHANGED, None)
    assert after.timeline[-1].detail == "category"


def test_a_version_that_is_gone_cannot_check_new_data() -> None:
    world = text_world()
    publish(world)
    before = templated(world)
    use = before.content.template
    assert use is not None
    gone = replace(use, ref=replace(use.ref, version=9))
    content = replace(world.stored(before).content, template=gone)
    world.notifications.stored[before.id] = replace(world.stored(before), content=content)

    assert "no longer stored" in refused(world, before, data={"order": "B-18"})["data"]
