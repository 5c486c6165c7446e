"""What becomes of a claimed notification."""

from datetime import timedelta
from typing import Any

import pytest

from notifications.domain.notification import Notification
from notifications.domain.outcome import (
    Accepted,
    AddressGone,
    ConsentWithdrawn,
    DeliveryFailed,
    MayHaveGone,
    Misconfigured,
    Rejected,
    RetryLater,
    Throttled,
)
from notifications.domain.recipients import OptOut, TargetUserRecord
from notifications.domain.retry import JITTER
from notifications.domain.settle import lease_lapsed, objection, settle
from notifications.domain.status import Status
from tests.builders import NOON, a_claim, a_claimed, a_module, a_notification, a_record, an_opt_out

NOW = NOON + timedelta(seconds=5)
ONCE, LEAST = "at_most_once", "at_least_once"
DELIVERY_FAILURE = Status.DELIVERY_FAILURE
INACTIVE_DEVICE = Status.INACTIVE_DEVICE


def attempt(number: int, max_retries: int = 3, **changes: Any) -> Notification:
    """A notification in its n-th attempt, sixty seconds between two."""
    if number > 1:
        changes |= {"status": Status.RETRY, "attempted_delivery": NOON - timedelta(minutes=5)}
    waiting = a_notification(retry_attempts=number - 1, max_retries=max_retries, **changes)
    return waiting.claimed(a_claim(), NOON)


@pytest.mark.parametrize(
    ("outcome", "on_unknown", "number", "of", "status", "attempts", "wait"),
    [
        (Accepted("id"), LEAST, 1, 3, Status.DELIVERED, 0, None),
        (Accepted("id"), LEAST, 3, 3, Status.DELIVERED, 2, None),
        (Rejected("long"), LEAST, 1, 3, DELIVERY_FAILURE, 1, None),
        (AddressGone("gone"), LEAST, 1, 3, INACTIVE_DEVICE, 0, None),
        (AddressGone("gone"), ONCE, 2, 3, INACTIVE_DEVICE, 1, None),
        (ConsentWithdrawn("stop"), LEAST, 1, 3, Status.OPTED_OUT, 0, None),
        (ConsentWithdrawn("stop"), ONCE, 3, 3, Status.OPTED_OUT, 2, None),
        (RetryLater("503"), LEAST, 1, 3, Status.RETRY, 1, 60),
        (RetryLater("503"), ONCE, 2, 3, Status.RETRY, 2, 120),
        (RetryLater("503"), LEAST, 3, 3, DELIVERY_FAILURE, 3, None),
        (RetryLater("503"), LEAST, 1, 1, DELIVERY_FAILURE, 1, None),
        (Throttled("429"), LEAST, 1, 3, Status.RETRY, 0, 15),
        (Throttled("429"), ONCE, 3, 3, Status.RETRY, 2, 15),
        (Throttled("429", retry_after=40), LEAST, 1, 1, Status.RETRY, 0, 40),
        (Misconfigured("20003"), LEAST, 3, 3, Status.RETRY, 2, 15),
        (MayHaveGone("cut"), LEAST, 1, 3, Status.RETRY, 1, 60),
        (MayHaveGone("cut"), LEAST, 2, 3, Status.RETRY, 2, 120),
        (MayHaveGone("cut"), LEAST, 3, 3, Status.UNKNOWN, 3, None),
        (MayHaveGone("cut"), ONCE, 1, 3, Status.UNKNOWN, 1, None),
        (MayHaveGone("cut"), ONCE, 3, 3, Status.UNKNOWN, 3, None),
    ],
)
def test_the_outcome_decides(
    outcome: Accepted | DeliveryFailed,
    on_unknown: str,
    number: int,
    of: int,
    status: Status,
    attempts: int,
    wait: int | None,
) -> None:
    after = settle(attempt(number, of), outcome, a_module(on_unknown=on_unknown), NOW)

    assert (after.status, after.retry_attempts) == (status, attempts)
    if wait is None:
        assert after.due_at is None
    else:
        assert after.due_at is not None
        assert wait <= (after.due_at - NOW).total_seconds() <= wait * (1 + JITTER)


@pytest.mark.parametrize("allowed", [1, 2, 5])
def test_max_retries_counts_the_first_attempt_too(allowed: int) -> None:
    notification, attempts, now = a_notification(max_retries=allowed), 0, NOON
    while not notification.is_final:
        attempts += 1
        now += timedelta(hours=1)
        claimed = notification.claimed(a_claim(now), now)
        notification = settle(claimed, RetryLater("503"), a_module(), now)

    assert (attempts, notification.status) == (allowed, DELIVERY_FAILURE)
    assert notification.retry_attempts == allowed


def test_the_second_ambiguous_end_is_the_last() -> None:
    module = a_module(on_unknown=LEAST)
    first = settle(attempt(1, 10), MayHaveGone("cut"), module, NOW)
    between = settle(first.claimed(a_claim(NOW), NOW), RetryLater("503"), module, NOW)

    second = settle(between.claimed(a_claim(NOW), NOW), MayHaveGone("cut"), module, NOW)

    assert first.status is between.status is Status.RETRY
    assert second.status is Status.UNKNOWN


def test_the_wait_grows_by_the_modules_own_rate() -> None:
    after = settle(attempt(3, 5), RetryLater("503"), a_module(backoff_rate=1), NOW)

    assert after.due_at is not None
    assert after.due_at - NOW <= timedelta(seconds=66)


@pytest.mark.parametrize(("policy", "status"), [(LEAST, Status.RETRY), (ONCE, Status.UNKNOWN)])
def test_a_lapsed_lease_is_an_attempt_that_nobody_saw_the_end_of(
    policy: str, status: Status
) -> None:
    after = lease_lapsed(attempt(1), a_module(on_unknown=policy), NOW)

    assert after.status is status
    assert after.last_error is not None
    assert (after.last_error.blame, after.last_error.code) == ("ambiguous", "lease-lapsed")


YES = an_opt_out()
OFF = a_record(active=False)


@pytest.mark.parametrize(
    ("opt_out", "record", "late", "status", "code"),
    [
        (YES, a_record(), False, Status.OPTED_OUT, None),
        (YES, None, True, Status.OPTED_OUT, None),
        (None, None, False, INACTIVE_DEVICE, "record-deleted"),
        (None, None, True, INACTIVE_DEVICE, "record-deleted"),
        (None, OFF, True, INACTIVE_DEVICE, "record-inactive"),
        (an_opt_out(active=False), OFF, False, INACTIVE_DEVICE, "record-inactive"),
        (None, a_record(), True, Status.EXPIRED, None),
    ],
)
def test_objections_are_heard_in_order(
    opt_out: OptOut | None,
    record: TargetUserRecord | None,
    *,
    late: bool,
    status: Status,
    code: str | None,
) -> None:
    claimed = a_claimed(deliver_before=NOW if late else None)

    ended = objection(claimed, opt_out, record, NOW)

    assert ended is not None
    assert ended.status is status
    assert (ended.last_error.code if ended.last_error else None) == code


@pytest.mark.parametrize("opt_out", [None, an_opt_out(active=False)])
def test_nothing_stands_against_what_is_wanted_and_in_time(opt_out: OptOut | None) -> None:
    claimed = a_claimed(deliver_before=NOW + timedelta(milliseconds=1))

    assert objection(claimed, opt_out, a_record(), NOW) is None
