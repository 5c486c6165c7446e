"""A caller's change says nothing about an attempt."""

from datetime import timedelta

import pytest

from notification_core.domain import timeline
from notification_core.domain.failures import RetryLater, Throttled
from notification_core.domain.notification import IllegalTransition, Notification
from notification_core.domain.status import WAITING, Status
from notification_core.domain.timeline import KEPT, LENGTH, EventKind
from tests.builders import NOON, a_claimed
from tests.domain.standing import standing

LATER = NOON + timedelta(minutes=5)


def changed(notification: Notification) -> Notification:
    """Change it."""
    return notification.changed(NOON, ["title"])


@pytest.mark.parametrize("status", sorted({*Status} - WAITING))
def test_only_what_waits_can_be_changed(status: Status) -> None:
    with pytest.raises(IllegalTransition):
        changed(standing(status))


def test_each_change_is_later_than_what_was_before() -> None:
    first = changed(standing(Status.SCHEDULED, updated_at=NOON))

    assert first.updated_at > NOON
    assert changed(first).updated_at > first.updated_at


def test_a_failed_attempt_counts_and_is_uncounted_across_a_change() -> None:
    retried = changed(a_claimed().retried(NOON, RetryLater("503"), LATER))

    assert timeline.is_counted(retried.timeline)
    assert retried.delivered(LATER, "SM1").retry_attempts == 0


def test_postponements_in_a_row_are_counted_across_a_change() -> None:
    postponed = changed(a_claimed().postponed(NOON, Throttled("429"), LATER))

    assert timeline.postponements(postponed.timeline) == 1


def test_many_changes_do_not_displace_what_the_rules_count() -> None:
    notification = a_claimed().retried(NOON, RetryLater("503"), LATER)
    for _ in range(3 * LENGTH):
        notification = changed(notification)

    events = [event.event for event in notification.timeline]
    assert len(events) <= LENGTH + KEPT[EventKind.CHANGED] + 2
    assert timeline.was_changed(notification.timeline)
    assert timeline.retries(notification.timeline, "503") == 1
    assert timeline.is_counted(notification.timeline)
