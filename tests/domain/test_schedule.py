"""Which times a caller may ask for."""

from datetime import datetime, timedelta

import pytest

from notification_core.domain.errors import InvalidInput
from notification_core.domain.schedule import (
    MAX_SCHEDULE_AHEAD,
    MAX_SPAN,
    check_retries,
    check_schedule,
    has_expired,
    last_attempt,
)
from tests.builders import NOON

MOMENT = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("scheduled", "before"),
    [(NOON, None), (NOON + MAX_SCHEDULE_AHEAD, None), (NOON, NOON + MOMENT)],
)
def test_a_time_that_can_be_kept_is_taken(scheduled: datetime, before: datetime | None) -> None:
    check_schedule(now=NOON, scheduled_delivery=scheduled, deliver_before=before)


@pytest.mark.parametrize(
    ("scheduled", "before", "field"),
    [
        (NOON + MAX_SCHEDULE_AHEAD + MOMENT, None, "scheduled_delivery"),
        (NOON, NOON, "deliver_before"),
        (NOON + MOMENT, NOON + MOMENT, "deliver_before"),
        (NOON - MOMENT, NOON, "deliver_before"),
    ],
)
def test_one_that_cannot_is_refused_by_its_name(
    scheduled: datetime, before: datetime | None, field: str
) -> None:
    with pytest.raises(InvalidInput, match=field):
        check_schedule(now=NOON, scheduled_delivery=scheduled, deliver_before=before)


def test_it_is_too_late_from_deliver_before_on() -> None:
    assert not has_expired(None, NOON)
    assert not has_expired(NOON + MOMENT, NOON)
    assert has_expired(NOON, NOON)


@pytest.mark.parametrize(
    ("interval", "max_retries", "days"),
    [
        (60, 1, 0),  # one attempt and no wait
        (60, 3, 2 * 1.1),  # a wait grows up to a day, and is stretched by up to a tenth
        (7 * 86400, 3, 14 * 1.1),
    ],
)
def test_the_last_attempt_is_reckoned_with_the_longest_waits(
    interval: int, max_retries: int, days: float
) -> None:
    assert last_attempt(NOON, interval, max_retries) - NOON == timedelta(days=days)


@pytest.mark.parametrize(
    ("ahead", "interval", "max_retries"), [(0, 60, 100), (0, 7 * 86400, 50), (365, 60, 28)]
)
def test_retries_that_end_while_a_content_is_kept_are_taken(
    ahead: int, interval: int, max_retries: int
) -> None:
    check_retries(
        now=NOON,
        scheduled_delivery=NOON + timedelta(days=ahead),
        interval=interval,
        max_retries=max_retries,
    )


@pytest.mark.parametrize(
    ("ahead", "interval", "max_retries"), [(0, 7 * 86400, 100), (365, 86400, 30)]
)
def test_retries_that_outlast_a_content_are_refused(
    ahead: int, interval: int, max_retries: int
) -> None:
    with pytest.raises(InvalidInput, match=f"max_retries.*{MAX_SPAN.days} days"):
        check_retries(
            now=NOON,
            scheduled_delivery=NOON + timedelta(days=ahead),
            interval=interval,
            max_retries=max_retries,
        )
