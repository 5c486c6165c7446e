"""Accepting one request."""

from datetime import timedelta

import pytest

from notification_core.domain.errors import NoActiveRecords, NotificationError
from notification_core.domain.modules import Precision
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.timeline import EventKind, TimelineEvent
from notification_core.domain.timing import SELF_ENQUEUE
from notification_core.usecases.sending.draft import Draft
from notification_core.usecases.sending.schedule import schedule
from tests.builders import NOON, World, a_draft, a_target
from tests.usecases.steps import messages, with_module

MILLISECOND = timedelta(milliseconds=1)


def made(world: World, draft: Draft) -> list[Notification]:
    """The notifications of an accepted request."""
    scheduled = schedule(world.ports, "caller", draft)
    assert scheduled.created
    assert [world.stored(each) for each in scheduled.notifications] == scheduled.notifications
    return scheduled.notifications


def test_one_record_gets_one_notification_with_the_requested_values(world: World) -> None:
    world.add_record(target_user_id="456")
    due, end = NOON + timedelta(hours=1), NOON + timedelta(hours=2)

    [notification] = made(
        world,
        a_draft(
            target_user_record=world.record.id,
            title="Title",
            body="Body",
            extra={"perch": "roof"},
            scheduled_delivery=due,
            deliver_before=end,
            retry_time_interval=7,
            max_retries=9,
        ),
    )

    said = notification.content
    assert (said.title, said.body, said.extra) == ("Title", "Body", {"perch": "roof"})
    assert (notification.user, notification.target) == ("eggs", world.target.id)
    assert (notification.target_user_record, notification.module) == (world.record.id, "pigeon")
    assert (notification.scheduled_delivery, notification.due_at) == (due, due)
    assert notification.deliver_before == end
    assert (notification.retry_time_interval, notification.max_retries) == (7, 9)
    assert (notification.status, notification.attempted_delivery) == (Status.SCHEDULED, None)
    assert notification.timeline == (TimelineEvent(NOON, EventKind.SCHEDULED),)
    assert notification.created_at == notification.updated_at == NOON


def test_missing_fields_have_the_defaults_of_the_module_or_the_specification(world: World) -> None:
    with_module(world, retry_time_interval=300)

    [notification] = made(world, a_draft())

    assert (notification.retry_time_interval, notification.max_retries) == (300, 3)
    assert notification.deliver_before is None
    assert notification.origin is None


def test_a_user_is_notified_at_every_active_address(world: World) -> None:
    second = world.add_record(target_user_id="456")
    world.add_record(target_user_id="789", active=False)
    world.add_record(user="spam")

    notifications = made(world, a_draft())

    assert {each.target_user_record for each in notifications} == {world.record.id, second.id}
    assert len({each.id for each in notifications}) == 2


@pytest.mark.parametrize("by", ["name", "id"])
def test_targets_choose_among_them(world: World, by: str) -> None:
    crow = a_target(name="Crow")
    world.targets.add(crow)
    there = world.add_record(target=crow.id)

    [notification] = made(world, a_draft(targets=[getattr(crow, by)]))

    assert notification.target_user_record == there.id


def test_naming_a_target_twice_notifies_each_address_once(world: World) -> None:
    named = [world.target.name, world.target.id, world.target.name]

    assert len(made(world, a_draft(targets=named))) == 1


def test_a_past_time_means_now(world: World) -> None:
    [notification] = made(world, a_draft(scheduled_delivery=NOON - timedelta(days=400)))

    assert notification.scheduled_delivery == notification.due_at == NOON
    assert messages(world) == {notification.id: 0}


@pytest.mark.parametrize(
    ("ahead", "delays"),
    [
        (0, (0, 0)),
        (0.001, (1, 0)),
        (1, (1, 0)),
        (2, (2, 1)),
        (60, (60, 59)),
        (SELF_ENQUEUE.total_seconds(), (105, 104)),
    ],
)
@pytest.mark.parametrize("precision", Precision)
def test_a_notification_that_is_due_soon_is_enqueued_with_its_delay(
    world: World, ahead: float, delays: tuple[int, int], precision: Precision
) -> None:
    with_module(world, precision=precision)
    delay = dict(zip(Precision, delays, strict=True))[precision]
    [notification] = made(world, a_draft(scheduled_delivery=NOON + timedelta(seconds=ahead)))

    assert messages(world) == {notification.id: delay}


def test_a_new_notification_that_is_due_later_is_left_to_the_dispatcher(world: World) -> None:
    made(world, a_draft(scheduled_delivery=NOON + SELF_ENQUEUE + MILLISECOND))

    assert messages(world) == {}


def test_a_queue_that_refuses_does_not_undo_what_is_stored(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.queues, "send", lambda *_: False)

    assert len(made(world, a_draft())) == 1


def test_a_year_ahead_is_the_furthest(world: World) -> None:
    furthest = NOON + timedelta(days=365)

    assert made(world, a_draft(scheduled_delivery=furthest))[0].due_at == furthest


def refusal(world: World, draft: Draft) -> NotificationError:
    """Why a request is not accepted; it leaves nothing behind."""
    with pytest.raises(NotificationError) as refused:
        schedule(world.ports, "caller", draft)
    assert world.notifications.stored == {}
    assert messages(world) == {}
    return refused.value


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"target_user_record": "nowhere"}, "unknown-record", "nowhere"),
        ({"targets": ["Pigeon", "Dodo"]}, "unknown-target", "Dodo"),
        ({"user": "nobody"}, "no-active-records", "No address of 'nobody' is registered;"),
        ({"targets": []}, "no-active-records", "is registered in these targets"),
        ({"title": ""}, "invalid-input", "title"),
        ({"title": "t" * 257}, "invalid-input", "257"),
        ({"body": " "}, "invalid-input", "body"),
        ({"extra": {"wing": "left"}}, "invalid-input", "pigeon"),
        ({"extra": {"perch": 1}}, "invalid-input", "pigeon"),
        (
            {"scheduled_delivery": NOON + timedelta(days=365) + MILLISECOND},
            "invalid-input",
            "at most one year ahead",
        ),
        ({"deliver_before": NOON}, "invalid-input", "deliver_before"),
        (
            {
                "scheduled_delivery": NOON + timedelta(hours=1),
                "deliver_before": NOON + timedelta(hours=1),
            },
            "invalid-input",
            "deliver_before",
        ),
    ],
)
def test_a_request_that_cannot_be_kept_is_refused(
    world: World, changes: dict[str, object], code: str, words: str
) -> None:
    refused = refusal(world, a_draft(**changes))

    assert refused.code == code
    assert words in refused.detail


def test_every_wrong_key_of_extra_is_named(world: World) -> None:
    refused = refusal(world, a_draft(extra={"wing": "left", "perch": 1}))

    assert {each.field for each in refused.fields} == {"extra.wing", "extra.perch"}


def test_a_record_that_is_switched_off_gets_nothing(world: World) -> None:
    off = world.add_record(target_user_id="456", active=False)

    refused = refusal(world, a_draft(target_user_record=off.id))

    assert isinstance(refused, NoActiveRecords)
    assert off.id in refused.detail


def test_a_user_whose_addresses_are_inactive_is_told_which_to_reactivate(world: World) -> None:
    off = world.add_record(user="cheese", active=False)

    refused = refusal(world, a_draft(user="cheese"))

    assert isinstance(refused, NoActiveRecords)
    assert "No address of 'cheese' is active: reactivate" in refused.detail
    assert off.id in refused.detail


def test_the_retries_and_every_key_of_extra_are_named_together(world: World) -> None:
    refused = refusal(
        world, a_draft(extra={"wing": "left"}, max_retries=100, retry_time_interval=604_800)
    )

    assert {each.field for each in refused.fields} == {"extra.wing", "max_retries"}


def test_both_times_are_named_together(world: World) -> None:
    late = NOON + timedelta(days=366)

    refused = refusal(world, a_draft(scheduled_delivery=late, deliver_before=NOON))

    assert {each.field for each in refused.fields} == {"scheduled_delivery", "deliver_before"}


def test_a_target_whose_handler_was_removed_gets_no_notifications(world: World) -> None:
    world.modules.remove("pigeon")

    assert refusal(world, a_draft()).code == "unknown-module"
