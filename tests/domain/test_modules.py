"""What a deployed handler says of itself: its addresses, its times, its confirmation."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notification_core.domain.errors import InvalidInput
from notification_core.domain.modules import Confirmation
from tests.builders import NOON, a_module


@pytest.mark.parametrize("address", ["1", "0123456789", "9" * 2048])
def test_an_address_that_the_whole_pattern_matches_is_accepted(address: str) -> None:
    a_module().check_address(address)


@pytest.mark.parametrize("address", ["x", "1x", "x1", "1\n", "1 ", "\u0661"])
def test_any_other_is_refused_with_what_one_looks_like(address: str) -> None:
    with pytest.raises(InvalidInput, match=r"^target_user_id: must be a number$"):
        a_module().check_address(address)


@pytest.mark.parametrize(
    ("address", "message"),
    [("", "must not be empty"), ("1" * 2049, "must be at most 2048 characters, not 2049")],
)
def test_no_address_and_an_endless_one_are_refused(address: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=f"^target_user_id: {message}$"):
        a_module().check_address(address)


@pytest.mark.parametrize(
    "changes",
    [
        {"on_unknown": "at-least-once"},
        {"retry_time_interval": 0},
        {"backoff_rate": 0.5},
        {"max_strikes": 0},
        {"max_per_second": 0},
        {"precision": "minute"},
        {"precision": ["exact"]},
        {"precision": None},
        {"channel": "SMS"},
        {"channel": "fax machine"},
        {"channel": "f" * 33},
        {"channel": ["sms"]},
        {"markup": "markdown"},
        {"markup": None},
        {"max_length": 0},
        {"max_length_unit": "words"},
        {"normalise": "clever", "channel": "sms"},
        {"normalise": None, "channel": "sms"},
        {"normalise": "smart"},
        {"normalise": "smart", "channel": "push"},
        {"stop_scope": "all_texts", "channel": "sms"},
        {"stop_scope": ["everything"], "channel": "sms"},
        {"stop_scope": "everything"},
        {"stop_scope": "all-texts", "channel": "email"},
    ],
)
def test_a_module_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        a_module(**changes)


@pytest.mark.parametrize("channel", ["email", "sms", "push", "webhook", "fax-2", "f" * 32])
def test_a_channel_is_a_known_or_a_custom_word(channel: str) -> None:
    assert a_module(channel=channel).channel == channel


def test_a_module_without_a_channel_has_its_own() -> None:
    assert a_module(name="pigeon").channel == "pigeon"


@pytest.mark.parametrize(("poll_after", "give_up_after"), [(0, 60), (-1, 60), (None, 0), (1, 0)])
def test_a_confirmation_in_no_time_is_refused(poll_after: int | None, give_up_after: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Confirmation(poll_after=poll_after, give_up_after=give_up_after)


def looks(confirmation: Confirmation, late: timedelta = timedelta(0)) -> list[float]:
    """Each look, in seconds after the sending, when each comes a little late."""
    found: list[float] = []
    look = confirmation.next_poll(NOON, NOON)
    while look is not None:
        found.append((look - NOON).total_seconds())
        look = confirmation.next_poll(NOON, look + late)
    return found


def test_each_poll_doubles_the_time_since_the_send_and_the_last_is_at_the_end() -> None:
    assert looks(Confirmation(poll_after=900, give_up_after=10_000)) == [
        900,
        1800,
        3600,
        7200,
        10_000,
    ]


def test_a_provider_that_reports_by_itself_is_awaited_until_the_end() -> None:
    assert looks(Confirmation(poll_after=None, give_up_after=3600)) == [3600]


def test_a_provider_that_is_asked_too_late_is_asked_once_all_the_same() -> None:
    assert looks(Confirmation(poll_after=900, give_up_after=60)) == [60]


@given(
    poll_after=st.none() | st.integers(1, 100_000),
    give_up_after=st.integers(1, 1_000_000),
    now=st.integers(-10, 2_000_000).map(lambda seconds: NOON + timedelta(seconds=seconds)),
)
def test_a_poll_is_always_in_the_future_and_never_after_the_end(
    poll_after: int | None, give_up_after: int, now: datetime
) -> None:
    confirmation = Confirmation(poll_after=poll_after, give_up_after=give_up_after)
    end = NOON + timedelta(seconds=give_up_after)

    look = confirmation.next_poll(NOON, now)

    assert (look is None) == (now >= end)
    assert look is None or now < look <= end


@given(
    poll_after=st.integers(1, 10_000),
    give_up_after=st.integers(1, 1_000_000),
    late=st.timedeltas(timedelta(0), timedelta(hours=1)),
)
def test_it_is_asked_ever_more_seldom_and_given_up_in_the_end(
    poll_after: int, give_up_after: int, late: timedelta
) -> None:
    found = looks(Confirmation(poll_after=poll_after, give_up_after=give_up_after), late)

    assert found == sorted(set(found))
    assert give_up_after - late.total_seconds() <= found[-1] <= give_up_after
    assert len(found) <= 22  # 2 ** 20 seconds are more than a million


@pytest.mark.parametrize(
    ("category", "mandatory"), [(None, False), ("receipts", True), ("news", False)]
)
def test_only_a_category_that_the_configuration_names_is_mandatory(
    category: str | None, *, mandatory: bool
) -> None:
    module = a_module(mandatory_categories=frozenset({"receipts"}))

    assert module.is_mandatory(category) is mandatory
