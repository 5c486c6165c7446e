"""A timeline tells the whole story of most notifications and the ends of a long one."""

from datetime import timedelta

from notifications.domain.notification import Notification
from notifications.domain.outcome import MayHaveGone, Throttled
from notifications.domain.status import Status
from notifications.domain.timeline import LENGTH, MAY_HAVE_GONE
from tests.builders import NOON, a_claim, a_claimed, a_notification


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

    assert len(long.timeline) == len(short.timeline) == 1 + LENGTH
    assert long.timeline[0] == short.timeline[0]
    assert long.timeline[-1].at == NOON + timedelta(minutes=499)
    assert [each.at for each in long.timeline] == sorted(each.at for each in long.timeline)


def test_an_attempt_that_may_have_gone_is_never_forgotten() -> None:
    doubtful = a_claimed().may_have_gone(NOON, MayHaveGone("cut"), NOON + timedelta(seconds=1))

    after = postponed(doubtful, 100)

    assert [each.event for each in after.timeline].count(MAY_HAVE_GONE) == 1


def test_the_attempt_before_is_known_however_long_the_story() -> None:
    now = NOON + timedelta(minutes=100)
    claimed = postponed(a_notification(), 100).claimed(a_claim(now), now)

    after = claimed.expired(now)

    assert after.status is Status.EXPIRED
    assert after.attempted_delivery == NOON + timedelta(minutes=99)
