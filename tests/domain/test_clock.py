"""Time in UTC, to the millisecond."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notification_core.domain.clock import from_epoch_ms, to_epoch_ms, to_millisecond, utc_now
from tests.builders import NOON

moments = st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1)).map(  # noqa: DTZ001
    lambda naive: naive.replace(tzinfo=UTC)
)


def test_now_is_now_in_utc_and_whole_milliseconds() -> None:
    before, now, after = datetime.now(UTC), utc_now(), datetime.now(UTC)

    assert before - timedelta(milliseconds=1) < now <= after
    assert now.tzinfo is UTC
    assert now.microsecond % 1000 == 0


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="a time needs an offset"):
        to_millisecond(NOON.replace(tzinfo=None))


def test_another_offset_becomes_utc() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=-5, minutes=-30)))

    assert to_millisecond(there).isoformat() == "2026-03-01T12:00:00+00:00"


@pytest.mark.parametrize(
    ("microsecond", "kept"), [(0, 0), (999, 0), (1999, 1000), (999_999, 999_000)]
)
def test_a_time_is_cut_and_not_rounded(microsecond: int, kept: int) -> None:
    assert to_millisecond(NOON.replace(microsecond=microsecond)).microsecond == kept


@settings(deadline=None)
@given(moments)
def test_a_whole_millisecond_survives_the_way_there_and_back(moment: datetime) -> None:
    cut = to_millisecond(moment)

    assert from_epoch_ms(to_epoch_ms(cut)) == cut
    assert to_millisecond(cut) == cut


def test_the_epoch_is_where_it_was() -> None:
    assert to_epoch_ms(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    assert from_epoch_ms(1_772_366_400_000) == NOON
