"""Changing a waiting notification: the answer is the truth."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from notification_content.sms_segments import segments
from notification_core.domain.consent_scopes import EVERYTHING, category_scope
from notification_core.domain.content import Content
from notification_core.domain.errors import InvalidInput, NotFound, OptedOut, Unavailable
from notification_core.domain.notification import Notification
from notification_core.domain.status import FINAL, WAITING, Status
from notification_core.domain.timeline import EventKind
from notification_core.usecases.sending.cancel import TRIES
from notification_core.usecases.sending.change import ChangeResult, change_notification
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import NOON, World, a_module, an_opt_out
from tests.domain.standing import standing
from tests.usecases.steps import claimed, handed, messages, put_back, racing, stored, tick

LATER = NOON + timedelta(hours=2)


def changed(world: World, before: Notification, **changes: Any) -> Notification:
    """Change it, and return it as it stands then."""
    result, after = change_notification(world.ports, before.id, changes)  # type: ignore[arg-type]
    assert result is ChangeResult.CHANGED
    assert replace(world.stored(before), content=after.content) == after
    return after


def refused(world: World, before: Notification, **changes: Any) -> dict[str, str]:
    """Try to change it, and return the message for each field."""
    with pytest.raises(InvalidInput) as error:
        change_notification(world.ports, before.id, changes)  # type: ignore[arg-type]
    return {field.field: field.message for field in error.value.fields}


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


def test_a_past_time_means_now_and_a_notification_that_is_due_is_not_moved_again(
    world: World,
) -> None:
    before = stored(world, scheduled_delivery=LATER)

    after = changed(world, before, scheduled_delivery=NOON - timedelta(days=1))
    world.watch.forward(seconds=2)
    again = change_notification(world.ports, before.id, {"scheduled_delivery": NOON})

    assert after.scheduled_delivery == NOON
    assert again == (ChangeResult.UNCHANGED, after)


def test_the_time_of_a_retry_moves_the_next_attempt_only(world: World) -> None:
    before = put_back(world, stored(world), minutes=5)

    after = changed(world, before, scheduled_delivery=LATER)

    assert (after.status, after.due_at, after.retry_attempts) == (Status.RETRY, LATER, 1)
    assert (after.scheduled_delivery, after.last_error) == (NOON, before.last_error)
    assert after.timeline[-1].detail == "next_attempt"
    assert change_notification(world.ports, before.id, {"scheduled_delivery": LATER}) == (
        ChangeResult.UNCHANGED,
        after,
    )


def test_a_retry_may_come_sooner_than_it_was_to(world: World) -> None:
    before = put_back(world, stored(world), hours=1)
    world.watch.forward(minutes=1)

    after = changed(world, before, scheduled_delivery=NOON)

    assert after.due_at == world.watch()
    assert messages(world) == {before.id: 0}


def test_null_removes_the_expiry_and_the_category_and_what_is_absent_stays(world: World) -> None:
    before = stored(world, deliver_before=LATER, category="news", reference="r")

    assert changed(world, before, max_retries=5).deliver_before == LATER
    after = changed(world, before, deliver_before=None, category=None)

    assert (after.deliver_before, after.category) == (None, None)
    assert (after.max_retries, after.reference, after.content) == (5, "r", before.content)


def test_the_same_values_change_nothing(world: World) -> None:
    before = stored(world, deliver_before=LATER)
    same: Any = {
        "scheduled_delivery": NOON,
        "deliver_before": LATER,
        "title": before.content.title,
        "body": before.content.body,
        "extra": {},
        "category": None,
        "max_retries": 3,
    }

    result, after = change_notification(world.ports, before.id, same)

    assert (result, after) == (ChangeResult.UNCHANGED, before)
    assert world.stored(before) is before


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


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"data": {}}, "data", "goes with a template"),
        ({"title": "two\nlines"}, "title", "one line"),
        ({"body": "  "}, "body", "must not be empty"),
        ({"category": "not a category"}, "category", ""),
        ({"max_retries": 0}, "max_retries", "must be 1 to 100"),
        ({"deliver_before": NOON}, "deliver_before", "must be after scheduled_delivery"),
        ({"scheduled_delivery": LATER}, "deliver_before", "must be after scheduled_delivery"),
        (
            {"scheduled_delivery": NOON + timedelta(days=365)},
            "scheduled_delivery",
            "at most one year after the notification was created",
        ),
        ({"max_retries": 100}, "max_retries", "more than 395 days after"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_changes_nothing(
    world: World, changes: dict[str, Any], field: str, message: str
) -> None:
    before = stored(
        world, deliver_before=NOON + timedelta(hours=1), retry_time_interval=7 * 24 * 3600
    )

    errors = refused(world, before, **changes)

    assert list(errors) == [field]
    assert message in errors[field]
    assert world.stored(before) is before


def test_at_least_one_attempt_must_be_left(world: World) -> None:
    before = put_back(world, stored(world), minutes=5)

    assert refused(world, before, max_retries=1) == {
        "max_retries": "must be 2 to 100, because 1 have failed"
    }
    assert changed(world, before, max_retries=2).max_retries == 2


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


def changed_while(
    world: World, before: Notification, happens: Callable[[], object], times: int = 1
) -> tuple[ChangeResult, Notification]:
    """Change it while something else happens."""
    ports = racing(world, happens, times)
    return change_notification(ports, before.id, {"scheduled_delivery": LATER, "body": "new"})


def test_a_claim_that_came_first_wins(world: World) -> None:
    before = stored(world)

    result, current = changed_while(world, before, lambda: claimed(world, before))

    assert (result, current.status) == (ChangeResult.TOO_LATE, Status.SENDING)
    assert current.content == before.content


def test_a_delivery_that_came_first_wins(world: World) -> None:
    before = stored(world)

    result, current = changed_while(world, before, lambda: handed(world, before))

    assert (result, current.status) == (ChangeResult.ALREADY_FINAL, Status.DELIVERED)


def test_an_attempt_that_failed_meanwhile_leaves_it_changeable(world: World) -> None:
    before = stored(world)

    result, after = changed_while(world, before, lambda: put_back(world, before, minutes=1))

    assert (result, after.status, after.due_at) == (ChangeResult.CHANGED, Status.RETRY, LATER)
    assert after.scheduled_delivery == NOON


def test_of_two_changes_at_once_the_second_keeps_what_the_first_did(world: World) -> None:
    before = stored(world)

    result, after = changed_while(
        world, before, lambda: changed(world, before, title="First", body="first")
    )

    assert result is ChangeResult.CHANGED
    assert (after.content.title, after.content.body) == ("First", "new")
    assert [event.detail for event in after.timeline[1:]] == [
        "body, title",
        "body, scheduled_delivery",
    ]


@pytest.mark.parametrize(("moves", "is_changed"), [(TRIES - 1, True), (TRIES, False)])
def test_a_notification_that_keeps_changing_is_finally_given_up(
    world: World, moves: int, is_changed: bool
) -> None:
    before = stored(world)

    def move() -> None:
        put_back(world, world.stored(before), minutes=1)

    if is_changed:
        assert changed_while(world, before, move, moves)[0] is ChangeResult.CHANGED
    else:
        with pytest.raises(Unavailable):
            changed_while(world, before, move, moves)


@pytest.mark.parametrize("claim_follows", [False, True])
def test_a_change_whose_response_is_lost_is_reported_as_a_change(
    world: World, claim_follows: bool
) -> None:
    before = stored(world)
    ports = racing(world, lambda: None)
    advance, answers = ports.notifications.advance, [[ConnectionError("cut")]]

    def cut(transitions: Any) -> Any:
        result = advance(transitions)
        if claim_follows:
            world.watch.now = NOON + timedelta(seconds=1)
            claimed(world, world.stored(before))
        return answers.pop() if answers else result

    ports.notifications.advance = cut  # type: ignore[method-assign]

    result, after = change_notification(ports, before.id, {"body": "new"})

    assert result is ChangeResult.CHANGED
    assert after.content.body == "new"
    assert after.status is (Status.SENDING if claim_follows else Status.SCHEDULED)
    events = [event.event for event in after.timeline]
    assert events.count(EventKind.CHANGED) == 1
