"""A content that a target cannot send is refused when the notification is created."""

from hashlib import sha256
from typing import Any

import pytest

from notification_core.domain.consent_scopes import target_scope
from notification_core.domain.errors import InvalidInput
from notification_core.domain.notification import Notification
from notification_core.usecases.sending.draft import Draft, Recipient
from notification_core.usecases.sending.schedule import schedule
from tests.builders import World, a_draft, a_module, a_record, a_target, an_opt_out

HTML = "<p>Your <b>table</b></p>"
CHANNELS: dict[str, dict[str, Any]] = {
    "Letter": {},
    "Text": {"markup": "none", "max_length": 20},
    "Push": {"markup": "none", "max_length": 100, "max_length_unit": "payload_bytes"},
}


@pytest.fixture
def world() -> World:
    """A user with an address in a target for HTML, and in two for short plain texts."""
    world = World()
    world.records.remove(world.record)
    for name, limits in CHANNELS.items():
        module = a_module(name=name.lower(), target_name=name, **limits)
        target = a_target(name=name, notification_module_name=module.name)
        world.modules.put(module)
        world.targets.add(target)
        world.records.add(a_record(target=target.id))
    return world


def bodies(world: World, draft: Draft) -> dict[str, str]:
    """The body of each notification, by its target's name."""
    names = {target.id: target.name for target in world.targets.all()}
    created = schedule(world.ports, "caller", draft).notifications
    return {names[notification.target]: notification.content.body for notification in created}


def refusals(world: World, draft: Draft) -> list[str]:
    """The messages about the body."""
    before = dict(world.notifications.stored)
    with pytest.raises(InvalidInput) as raised:
        schedule(world.ports, "caller", draft)
    assert world.notifications.stored == before
    assert {wrong.field for wrong in raised.value.fields} == {"body"}
    return [wrong.message for wrong in raised.value.fields]


def names_in(messages: list[str]) -> set[str]:
    """The targets that messages name."""
    return {name for name in CHANNELS for message in messages if f"the target {name}" in message}


def test_html_is_refused_for_each_target_that_does_not_render_it(world: World) -> None:
    messages = refusals(world, a_draft(body=HTML))

    assert names_in(messages) == {"Text", "Push"}


def test_only_the_targets_that_are_reached_are_checked(world: World) -> None:
    assert bodies(world, a_draft(body=HTML, targets=["Letter"])) == {"Letter": HTML}
    assert names_in(refusals(world, a_draft(body=HTML, targets=["Letter", "Push"]))) == {"Push"}


def test_a_target_that_the_user_has_opted_out_of_is_not_checked(world: World) -> None:
    targets = {target.name: target.id for target in world.targets.all()}
    scopes = [target_scope(targets[name]) for name in ("Text", "Push")]
    world.opt_outs.put(an_opt_out(*scopes))

    assert bodies(world, a_draft(body=HTML)) == {"Letter": HTML}


def test_html_becomes_text_on_request_and_only_where_it_must(world: World) -> None:
    assert bodies(world, a_draft(body=HTML, html_to_text=True)) == {
        "Letter": HTML,
        "Text": "Your table",
        "Push": "Your table",
    }


def test_a_text_that_is_too_long_is_refused_with_the_limit_of_each_target(world: World) -> None:
    [text, push] = sorted(refusals(world, a_draft(body="x" * 100)), reverse=True)

    assert "at most 20 characters for the target Text, not 100" in text
    assert "at most 100 bytes together with title and extra for the target Push" in push
    assert names_in(refusals(world, a_draft(body="x" * 21))) == {"Text"}


def test_two_addresses_in_a_target_are_one_error(world: World) -> None:
    target = next(target for target in world.targets.all() if target.name == "Text")
    world.records.add(a_record(target=target.id, target_user_id="456"))

    assert len(refusals(world, a_draft(body="x" * 21))) == 1


def test_the_check_applies_to_a_record_and_to_an_address(world: World) -> None:
    target = next(target for target in world.targets.all() if target.name == "Text")
    record = next(
        record for record in world.records.list_by_user("eggs") if record.target == target.id
    )
    to = [Recipient("Text", "7"), Recipient("Letter", "8")]

    assert names_in(refusals(world, a_draft(body=HTML, target_user_record=record.id))) == {"Text"}
    assert names_in(refusals(world, a_draft(body=HTML, user=None, to=to))) == {"Text"}
    assert bodies(world, a_draft(body=HTML, user=None, to=to, html_to_text=True)) == {
        "Text": "Your table",
        "Letter": HTML,
    }


def test_siblings_that_a_crash_has_left_out_get_the_same_bodies(world: World) -> None:
    draft = a_draft(body=HTML, html_to_text=True, idempotency_key="key")
    lead, *others = schedule(world.ports, "caller", draft).notifications
    for other in others:
        del world.notifications.stored[other.id]

    repeated = schedule(world.ports, "caller", draft).notifications

    def by_id(notifications: list[Notification]) -> dict[str, str]:
        return {notification.id: notification.content.body for notification in notifications}

    assert by_id(repeated) == by_id([lead, *others])


def test_a_key_from_before_the_option_keeps_its_fingerprint() -> None:
    assert a_draft(html_to_text=False).fingerprint == a_draft().fingerprint
    assert a_draft(html_to_text=True).fingerprint != a_draft().fingerprint
    fields = b'{"body":"lorem ipsum","extra":{},"title":"Good morning","user":"eggs"}'
    assert a_draft().fingerprint == sha256(fields).hexdigest()[:32]
