"""What each verb changes, and what it leaves."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.domain.clock import to_millisecond
from notifications.domain.notification import Claim, LastError, Notification
from notifications.domain.outcome import (
    AddressGone,
    ConsentWithdrawn,
    DeliveryFailed,
    MayHaveGone,
    Rejected,
    RetryLater,
    Throttled,
)
from notifications.domain.status import FINAL, Status
from tests.builders import NOON, a_claim, a_claimed, a_notification
from tests.domain.standing import LATER, NOW, VERBS, standing

PutBack = Callable[[Notification, datetime, DeliveryFailed, datetime], Notification]
PUT_BACK: list[PutBack] = [
    Notification.retried,
    Notification.postponed,
    Notification.may_have_gone,
]


def test_a_claim_is_an_attempt_and_leaves_it_where_it_is_in_the_due_index() -> None:
    before = a_notification()
    claim = Claim("token", LATER)

    after = before.claimed(claim, NOW)

    assert (after.claim, after.attempted_delivery, after.due_at) == (claim, NOW, before.due_at)
    assert after.retry_attempts == 0


@pytest.mark.parametrize("status", [each for each in VERBS if each is not Status.SENDING])
def test_every_other_verb_gives_the_claim_back(status: Status) -> None:
    before = standing(Status.RETRY if status is Status.CANCELLED else Status.SENDING)

    assert VERBS[status](before).claim is None


@pytest.mark.parametrize("status", sorted(FINAL))
def test_nothing_is_due_of_what_is_final(status: Status) -> None:
    before = standing(Status.RETRY if status is Status.CANCELLED else Status.SENDING)

    assert VERBS[status](before).due_at is None


@pytest.mark.parametrize("status", list(VERBS))
def test_every_verb_is_dated_and_leaves_one_entry_on_the_timeline(status: Status) -> None:
    waits = status in (Status.CANCELLED, Status.SENDING)
    before = standing(Status.RETRY if waits else Status.SENDING)

    after = VERBS[status](before)

    assert after.updated_at == NOW
    assert after.timeline[:-1] == before.timeline
    assert after.timeline[-1].at == NOW


def test_sent_is_due_again_when_a_confirmation_is_to_be_looked_for() -> None:
    after = a_claimed().sent(NOW, "ticket", LATER)

    assert (after.provider_message_id, after.due_at) == ("ticket", LATER)


def test_delivered_keeps_the_providers_message_id() -> None:
    assert a_claimed().delivered(NOW, "SM1").provider_message_id == "SM1"


@pytest.mark.parametrize(
    ("verb", "failure", "spent", "event"),
    [
        (Notification.retried, RetryLater("503", "busy"), 1, "retry"),
        (Notification.postponed, Throttled("429", "slow"), 0, "postponed"),
        (Notification.may_have_gone, MayHaveGone("cut", "x"), 1, "may have gone"),
    ],
)
def test_what_is_put_back_says_why(
    verb: PutBack, failure: DeliveryFailed, spent: int, event: str
) -> None:
    after = verb(a_claimed(), NOW, failure, LATER)

    assert (after.retry_attempts, after.due_at, after.attempted_delivery) == (spent, LATER, NOON)
    assert after.last_error == LastError(failure.blame, failure.code, failure.message)
    assert (after.timeline[-1].event, after.timeline[-1].detail) == (event, str(failure))


@pytest.mark.parametrize(
    ("verb", "failure", "spent", "event"),
    [
        (Notification.failed, Rejected("21617", "long"), 1, "delivery failure"),
        (Notification.unknown, MayHaveGone("cut"), 1, "unknown"),
        (Notification.refused_by_user, ConsentWithdrawn("21610"), 0, "opted out"),
        (Notification.inactive_device, AddressGone("21211"), 0, "inactive device"),
    ],
)
def test_what_ends_badly_says_why(
    verb: Callable[[Notification, datetime, DeliveryFailed], Notification],
    failure: DeliveryFailed,
    spent: int,
    event: str,
) -> None:
    after = verb(a_claimed(), NOW, failure)

    assert after.retry_attempts == spent
    assert after.last_error == LastError(failure.blame, failure.code, failure.message)
    assert (after.timeline[-1].event, after.timeline[-1].detail) == (event, str(failure))


def test_a_long_winded_provider_is_cut_short() -> None:
    after = a_claimed().failed(NOW, Rejected("c" * 100, "m" * 1000))

    assert after.last_error == LastError("permanent", "c" * 64, "m" * 200)
    assert len(after.timeline[-1].detail) == 200


moments = st.timedeltas(timedelta(days=-2), timedelta(days=2)).map(lambda by: NOON + by)


@pytest.mark.parametrize("put_back", PUT_BACK)
@settings(deadline=None)
@given(due=moments.map(to_millisecond), asked=moments)
def test_the_due_time_grows_with_every_turn(
    put_back: PutBack, due: datetime, asked: datetime
) -> None:
    before = a_claimed(due_at=due)

    after = put_back(before, NOW, RetryLater("503"), asked)

    assert after.due_at is not None
    assert after.due_at > due
    assert after.due_at == to_millisecond(after.due_at), "the stores keep whole milliseconds"
    assert after.due_at >= to_millisecond(asked)


@pytest.mark.parametrize("end", [lambda it: it.opted_out(LATER, ""), lambda it: it.expired(LATER)])
def test_a_first_claim_that_led_to_no_attempt_leaves_none(
    end: Callable[[Notification], Notification],
) -> None:
    assert end(a_claimed()).attempted_delivery is None


@pytest.mark.parametrize("end", [lambda it: it.opted_out(LATER, ""), lambda it: it.expired(LATER)])
def test_a_later_claim_that_led_to_no_attempt_leaves_the_one_before(
    end: Callable[[Notification], Notification],
) -> None:
    retried = a_claimed().retried(NOW, RetryLater("503"), LATER)

    assert end(retried.claimed(a_claim(LATER), LATER)).attempted_delivery == NOON


@pytest.mark.parametrize(
    "end", [lambda it: it.opted_out(LATER, ""), lambda it: it.cancelled(LATER)]
)
def test_what_waits_for_its_retry_keeps_the_attempt_it_had(
    end: Callable[[Notification], Notification],
) -> None:
    retried = a_claimed().retried(NOW, RetryLater("503"), LATER)

    assert end(retried).attempted_delivery == NOON


def test_an_address_found_dead_before_sending_records_the_moment() -> None:
    assert a_claimed().inactive_device(NOW, AddressGone("record-inactive")).attempted_delivery == (
        NOW
    )
