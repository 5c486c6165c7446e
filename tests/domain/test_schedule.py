"""Which times a caller may ask for."""

from datetime import datetime, timedelta

import pytest

from notifications.domain.errors import InvalidInput
from notifications.domain.schedule import MAX_SCHEDULE_AHEAD, check_schedule
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
