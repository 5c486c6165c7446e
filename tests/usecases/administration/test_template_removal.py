"""A template is removed unless a waiting notification needs it."""

from dataclasses import replace
from typing import Any

import pytest

from notification_core.domain.content import Content
from notification_core.domain.errors import NotFound, TemplateInUse
from notification_core.domain.notification import Notification
from notification_core.domain.template_use import LocaleChoice, TemplateUse
from notification_core.domain.templates import READABLE, TemplateRef
from notification_core.usecases.administration import template_removal
from notification_core.usecases.administration.template_removal import remove_template
from notification_core.usecases.administration.templates import (
    get_template,
    publish,
    put_version,
)
from tests.builders import NOON, World, a_template_document
from tests.usecases.steps import claimed, stored

NAME = "order-ready"


@pytest.fixture(autouse=True)
def template(world: World) -> None:
    """A published template."""
    put_version(world.ports, NAME, a_template_document(), author="ann")
    publish(world.ports, NAME, None, author="ann")


def waiting(world: World, name: str = NAME, version: int = 1) -> Notification:
    """A notification from a template."""
    use = TemplateUse(ref=TemplateRef(name, version), choice=LocaleChoice("en"))
    return stored(world, content=Content(title="", body="", template=use))


def test_a_removed_template_is_not_found_and_its_version_is_readable_for_a_while(
    world: World,
) -> None:
    ref = TemplateRef(NAME, 1)

    remove_template(world.ports, NAME)

    with pytest.raises(NotFound):
        get_template(world.ports, NAME)
    assert world.templates.versions([ref])
    assert world.templates.expiring == {ref: NOON + READABLE}


@pytest.mark.parametrize("version", [1, 2])
def test_a_template_that_a_waiting_notification_needs_is_kept(world: World, version: int) -> None:
    notification = waiting(world, version=version)

    with pytest.raises(TemplateInUse, match=f"{notification.id} waits and needs order-ready"):
        remove_template(world.ports, NAME)
    assert get_template(world.ports, NAME).published == 1


def test_a_template_is_needed_until_its_notification_has_been_sent(world: World) -> None:
    sending = claimed(world, waiting(world))
    with pytest.raises(TemplateInUse):
        remove_template(world.ports, NAME)

    sent = sending.sent(world.watch(), provider_message_id="1", poll_at=None)
    world.notifications.stored[sent.id] = sent

    remove_template(world.ports, NAME)


def test_notifications_from_other_templates_or_without_one_do_not_need_it(world: World) -> None:
    waiting(world, "other")
    stored(world)

    remove_template(world.ports, NAME)


def test_a_template_is_kept_where_too_many_wait_to_examine_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template_removal, "MAX_EXAMINED", 2)
    for _ in range(3):
        stored(world)

    with pytest.raises(TemplateInUse, match="more than 2 notifications wait"):
        remove_template(world.ports, NAME)


@pytest.mark.parametrize("name", ["other", "Order", ""])
def test_what_does_not_exist_cannot_be_removed(world: World, name: str) -> None:
    with pytest.raises(NotFound):
        remove_template(world.ports, name)


def test_a_removal_that_was_interrupted_is_completed_by_the_next(world: World) -> None:
    head = get_template(world.ports, NAME)
    world.templates.stored[NAME] = replace(head.removed(NOON), revision=head.revision + 1)

    with pytest.raises(NotFound):
        remove_template(world.ports, NAME)

    assert list(world.templates.expiring) == [TemplateRef(NAME, 1)]


def test_a_version_that_is_stored_meanwhile_is_removed_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = world.templates.remove

    def after_another_author(*heads: Any) -> bool:
        monkeypatch.setattr(world.templates, "remove", remove)
        put_version(world.ports, NAME, a_template_document(category=None), author="bob")
        return remove(*heads)

    monkeypatch.setattr(world.templates, "remove", after_another_author)
    remove_template(world.ports, NAME)

    assert len(world.templates.expiring) == 2


def test_a_template_is_created_again_with_the_next_number(world: World) -> None:
    remove_template(world.ports, NAME)

    again = put_version(world.ports, NAME, a_template_document(), author="ann")

    assert (again.is_new, again.version.version) == (True, 2)
