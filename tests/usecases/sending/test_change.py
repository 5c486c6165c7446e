"""Changing a waiting notification: the answer is the truth."""

from dataclasses import replace
from datetime import timedelta

import pytest

from notification_content.sms_segments import segments
from notification_core.domain.consent_scopes import EVERYTHING, category_scope
from notification_core.domain.content import Content
from notification_core.domain.errors import BeingErased, NotFound, OptedOut
from notification_core.domain.status import FINAL, WAITING, Status
from notification_core.domain.timeline import EventKind
from notification_core.usecases.privacy.erasure import erase, step
from notification_core.usecases.sending.change import ChangeResult, change_notification
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import NOON, World, a_module, an_opt_out
from tests.domain.standing import standing
from tests.usecases.sending.changes import LATER, changed, refused
from tests.usecases.steps import handed, messages, stored, tick


def test_a_later_time_replaces_the_turn_and_the_old_wake_up_claims_nothing(world: World) -> None:
    before = stored(world)

    after = changed(world, before, scheduled_delivery=LATER)
    handed(world, before)

    assert world.provider.seen == []
    assert (after.scheduled_delivery, after.due_at, after.status) == (
        LATER,
        LATER,
        Status.SCHEDULED,
    )
    assert after.created_at == before.created_at
    world.watch.now = LATER
    handed(world, after)
    assert len(world.provider.seen) == 1


def test_the_timeline_names_the_fields_and_no_value(world: World) -> None:
    before = stored(world, category="news")

    after = changed(world, before, title="Secret", body="also secret", category=None)

    event = after.timeline[-1]
    assert (event.event, event.detail, event.code) == (
        EventKind.CHANGED,
        "body, category, title",
        "",
    )


def test_an_earlier_time_within_the_look_ahead_is_enqueued_at_once(world: World) -> None:
    before = stored(world, scheduled_delivery=LATER)
    tick(world)

    after = changed(world, before, scheduled_delivery=NOON + timedelta(seconds=40))

    assert messages(world) == {before.id: 40}
    assert wake_up_for(after) != wake_up_for(before)


def test_a_later_time_is_left_to_the_dispatcher(world: World) -> None:
    before = stored(world)

    changed(world, before, scheduled_delivery=LATER)

    assert messages(world) == {}


def test_a_new_text_is_sent_and_no_part_of_the_old_one(world: World) -> None:
    before = stored(world, scheduled_delivery=NOON)

    after = changed(world, before, title="New", body="text")
    handed(world, after)

    [delivery] = world.provider.seen
    assert (delivery.title, delivery.body) == ("New", "text")


@pytest.mark.parametrize(("old", "new"), [(10, 50_000), (50_000, 10), (50_000, 60_000)])
def test_a_content_moves_between_the_item_and_the_bucket(world: World, old: int, new: int) -> None:
    content = Content(title="Title", body="o" * old)
    [kept] = world.contents.put([replace(stored(world), content=content)])
    before = stored(world, content=kept)

    after = changed(world, before, body="n" * new)

    assert (after.content.title, after.content.body) == ("Title", "n" * new)
    [loaded] = world.contents.load([world.stored(before).content])
    assert isinstance(loaded, Content)
    assert (loaded.title, loaded.body) == ("Title", "n" * new)
    assert (world.stored(before).content.key is None) == (new == 10)


def test_a_large_content_is_stored_again_for_a_later_time_and_not_for_a_sooner_one(
    world: World,
) -> None:
    content = Content(title="Title", body="b" * 50_000)
    [kept] = world.contents.put([replace(stored(world), content=content)])
    before = stored(world, content=kept, scheduled_delivery=LATER)

    changed(world, before, scheduled_delivery=LATER - timedelta(hours=1))
    assert world.stored(before).content.key == kept.key

    changed(world, before, scheduled_delivery=LATER + timedelta(days=100))
    assert world.stored(before).content.key not in {None, kept.key}


def test_a_lost_content_can_be_moved_but_not_changed(world: World) -> None:
    lost = Content(title="", body="", key="soon/eggs/gone")
    before = stored(world, content=lost)

    assert "no longer stored" in refused(world, before, title="New")["title"]
    assert changed(world, before, scheduled_delivery=LATER).due_at == LATER


def test_the_size_of_an_sms_is_counted_again() -> None:
    world = World(module=a_module(channel="sms", markup="none"))
    before = stored(world, content=Content(title="", body="short"), sms=segments("short"))

    after = changed(world, before, body="ü" * 200)

    assert after.sms is not None
    assert after.sms.segments == 2
    assert after.content.title == ""
    assert "must be at most 10 SMS segments" in refused(world, before, body="x" * 3000)["body"]
    assert "contains HTML" in refused(world, before, body="<p>HTML</p>")["body"]


def test_true_and_1_are_different_values() -> None:
    world = World(module=a_module(extra_schema={"type": "object", "properties": {"perch": {}}}))
    before = stored(world, content=Content(title="t", body="b", extra={"perch": 1}))

    after = changed(world, before, extra={"perch": True})

    assert after.content.extra["perch"] is True
    assert world.stored(before).content.extra["perch"] is True
    assert after.timeline[-1].detail == "extra"


@pytest.mark.parametrize(
    ("scope", "old", "new"),
    [
        (EVERYTHING, None, None),
        (category_scope("news"), None, "news"),
        (category_scope("news"), "news", None),
    ],
)
def test_consent_is_checked_for_the_old_and_for_the_new_category(
    world: World, scope: str, old: str | None, new: str | None
) -> None:
    before = stored(world, category=old)
    world.opt_outs.put(an_opt_out(scope, user="eggs"))

    with pytest.raises(OptedOut):
        change_notification(world.ports, before.id, {"category": new, "title": "New"})

    assert world.stored(before) is before


def test_a_mandatory_notification_of_a_user_who_is_being_erased_is_not_changed() -> None:
    """Its new content would be stored after the erasure has removed all contents."""
    world = World(module=a_module(mandatory_categories=frozenset({"security"})))
    before = stored(world, category="security")
    step(world.ports, erase(world.ports, before.user))

    with pytest.raises(BeingErased):
        change_notification(world.ports, before.id, {"body": "b" * 50_000})

    assert world.contents.stored == {}


@pytest.mark.parametrize("status", [Status.SENDING, Status.SENT])
def test_a_notification_under_way_is_too_late_to_change(world: World, status: Status) -> None:
    before = standing(status)
    world.notifications.create([before])

    assert change_notification(world.ports, before.id, {"title": "New"}) == (
        ChangeResult.TOO_LATE,
        before,
    )


@pytest.mark.parametrize("status", sorted(FINAL))
def test_a_final_notification_cannot_be_changed(world: World, status: Status) -> None:
    before = standing(status)
    world.notifications.create([before])

    assert change_notification(world.ports, before.id, {"scheduled_delivery": LATER}) == (
        ChangeResult.ALREADY_FINAL,
        before,
    )


def test_every_status_has_a_result() -> None:
    assert {*WAITING, Status.SENDING, Status.SENT, *FINAL} == {*Status}


def test_an_unknown_notification_is_not_changed(world: World) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        change_notification(world.ports, "nowhere", {"title": "New"})
