"""A timeline tells the whole story of most notifications and the ends of a long one."""

from datetime import timedelta

from notification_core.domain.attempt_policy import next_state
from notification_core.domain.failures import OutcomeUnknown, RetryOnce, Throttled
from notification_core.domain.notification import Notification
from notification_core.domain.status import ConfirmationState, Status
from notification_core.domain.timeline import (
    KEPT,
    LENGTH,
    EventKind,
    retries,
    sends,
    uncertain_since,
)
from tests.builders import NOON, a_claim, a_claimed, a_module, a_notification


def postponed(notification: Notification, times: int) -> Notification:
    """Claim it and put it back so many times, a minute each."""
    for turn in range(times):
        now = NOON + timedelta(minutes=turn)
        claimed = notification.claimed(a_claim(now), now)
        notification = claimed.postponed(now, Throttled("429"), now + timedelta(minutes=1))
    return notification


def test_a_short_story_is_kept_whole() -> None:
    after = postponed(a_notification(), LENGTH // 2)

    assert [each.event for each in after.timeline] == [
        "scheduled",
        *["claimed", "postponed"] * (LENGTH // 2),
    ]


def test_a_long_story_keeps_its_first_entry_and_the_latest() -> None:
    short, long = (postponed(a_notification(), turns) for turns in (20, 500))

    assert len(short.timeline) == 1 + LENGTH
    assert len(long.timeline) == 1 + LENGTH + KEPT[EventKind.POSTPONED]
    assert long.timeline[0] == short.timeline[0]
    assert long.timeline[-1].at == NOON + timedelta(minutes=499)
    assert [each.at for each in long.timeline] == sorted(each.at for each in long.timeline)


def test_an_attempt_that_may_have_been_sent_is_never_forgotten() -> None:
    doubtful = a_claimed().possibly_sent(NOON, OutcomeUnknown("cut"), NOON + timedelta(seconds=1))

    after = postponed(doubtful, 100)

    assert [each.event for each in after.timeline].count(EventKind.POSSIBLY_SENT) == 1
    assert uncertain_since(after.timeline) == NOON, "when it began, and not when that was entered"


def test_the_events_that_rules_count_outlast_many_turns_without_an_attempt() -> None:
    sent = a_claimed().sent(NOON, "M1", NOON + timedelta(hours=1))
    retried = sent.retried(NOON, RetryOnce("30008"), NOON + timedelta(seconds=1))

    after = postponed(retried, 100)

    assert retries(after.timeline, "30008") == 1
    assert sends(after.timeline) == 1
    assert after.delivered(NOON, "M1").confirmation(NOON) is ConfirmationState.RECEIVED
    again = after.claimed(a_claim(), NOON)
    assert next_state(again, RetryOnce("30008"), a_module(), NOON).status is Status.DELIVERY_FAILURE


def test_a_doubt_that_is_long_over_is_as_old_as_its_attempt_in_the_store_too() -> None:
    """A provider is looked through for what was sent from then on."""
    began = NOON - timedelta(minutes=5)
    doubtful = a_claimed(began).possibly_sent(NOON, OutcomeUnknown("cut"), NOON)

    assert uncertain_since(postponed(doubtful, 100).timeline) == began


def test_the_attempt_before_is_known_however_long_the_story() -> None:
    now = NOON + timedelta(minutes=100)
    claimed = postponed(a_notification(), 100).claimed(a_claim(now), now)

    after = claimed.expired(now)

    assert after.status is Status.EXPIRED
    assert after.attempted_delivery == NOON + timedelta(minutes=99)
