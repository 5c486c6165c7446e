"""What becomes of a claimed notification."""

from datetime import timedelta
from typing import Any

import pytest

from notification_core.domain.addresses import TargetUserRecord
from notification_core.domain.attempt_policy import (
    end_if_blocked,
    is_opted_out,
    lease_lapsed,
    next_state,
    record_after_attempt,
)
from notification_core.domain.consent import OptOut
from notification_core.domain.delivery import Accepted
from notification_core.domain.failures import (
    AccountBlocked,
    ConsentWithdrawn,
    DeliveryFailed,
    InvalidAddress,
    Misconfigured,
    OutcomeUnknown,
    Rejected,
    RetryLater,
    RetryOnce,
    Throttled,
)
from notification_core.domain.modules import Pause
from notification_core.domain.notification import Notification
from notification_core.domain.retry import JITTER, REFUSALS
from notification_core.domain.status import Status
from tests.builders import (
    ASKED,
    NOON,
    TELLING,
    a_claim,
    a_claimed,
    a_module,
    a_notification,
    a_pause,
    a_record,
    an_ended_opt_out,
    an_opt_out,
)
from tests.domain.standing import standing

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
        (InvalidAddress("gone"), LEAST, 1, 3, INACTIVE_DEVICE, 0, None),
        (InvalidAddress("gone"), ONCE, 2, 3, INACTIVE_DEVICE, 1, None),
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
        (OutcomeUnknown("cut"), LEAST, 1, 3, Status.RETRY, 1, 60),
        (OutcomeUnknown("cut"), LEAST, 2, 3, Status.RETRY, 2, 120),
        (OutcomeUnknown("cut"), LEAST, 3, 3, Status.UNKNOWN, 3, None),
        (OutcomeUnknown("cut"), ONCE, 1, 3, Status.UNKNOWN, 1, None),
        (OutcomeUnknown("cut"), ONCE, 3, 3, Status.UNKNOWN, 3, None),
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
    after = next_state(attempt(number, of), outcome, a_module(on_unknown=on_unknown), NOW)

    assert (after.status, after.retry_attempts) == (status, attempts)
    if wait is None:
        assert after.due_at is None
    else:
        assert after.due_at is not None
        assert wait <= (after.due_at - NOW).total_seconds() <= wait * (1 + JITTER)


SOFT = InvalidAddress("552", "mailbox full", soft=True, retries=2)


def states_after(
    failure: DeliveryFailed, times: int, max_retries: int = 9, **module: Any
) -> list[Notification]:
    """Return the notification after each of several attempts with this failure."""
    tried = a_module(**module)
    notification, now, states = a_notification(max_retries=max_retries), NOON, []
    for _ in range(times):
        now += timedelta(hours=1)
        notification = next_state(notification.claimed(a_claim(now), now), failure, tried, now)
        states.append(notification)
    return states


@pytest.mark.parametrize(
    ("failure", "max_retries", "attempts"),
    [
        (RetryOnce("30008"), 9, 2),
        (RetryOnce("30008"), 1, 1),
        (SOFT, 9, 3),
        (SOFT, 2, 2),
        (InvalidAddress("552", soft=True), 9, 1),
    ],
)
def test_some_failures_are_tried_again_but_not_often(
    failure: DeliveryFailed, max_retries: int, attempts: int
) -> None:
    states = states_after(failure, attempts, max_retries)

    assert [each.status for each in states[:-1]] == [Status.RETRY] * (attempts - 1)
    assert states[-1].status is DELIVERY_FAILURE
    assert states[-1].retry_attempts == attempts


def test_other_failures_between_do_not_count_against_those() -> None:
    first = next_state(attempt(1, 9), RetryOnce("30008"), a_module(), NOW)
    other = next_state(first.claimed(a_claim(NOW), NOW), RetryLater("503"), a_module(), NOW)

    second = next_state(other.claimed(a_claim(NOW), NOW), RetryOnce("30008"), a_module(), NOW)

    assert (first.status, other.status, second.status) == (
        Status.RETRY,
        Status.RETRY,
        DELIVERY_FAILURE,
    )


@pytest.mark.parametrize(
    ("failure", "pause"),
    [
        (Misconfigured("20003"), a_pause()),
        (AccountBlocked("30002"), a_pause()),
        (AccountBlocked("30002"), None),
    ],
)
def test_failures_on_our_side_count_no_attempt_however_often(
    failure: DeliveryFailed, pause: Pause | None
) -> None:
    states = states_after(failure, 20, max_retries=1, pause=pause)

    assert {(each.status, each.retry_attempts) for each in states} == {(Status.RETRY, 0)}
    waits = [(each.due_at or NOON) - each.updated_at for each in states]
    assert waits[0] < timedelta(seconds=17)
    assert timedelta(minutes=5) <= waits[-1] <= timedelta(minutes=5) * (1 + JITTER)


def test_repeated_configuration_errors_of_a_working_target_end_the_notification() -> None:
    code = "2" * 99  # of which a timeline keeps the beginning
    states = states_after(Misconfigured(code), REFUSALS, max_retries=1)

    assert [each.status for each in states] == [Status.RETRY] * (REFUSALS - 1) + [DELIVERY_FAILURE]
    assert {each.retry_attempts for each in states[:-1]} == {0}


def test_refusals_are_counted_by_their_code_and_from_the_latest_failure_on() -> None:
    *_, put_back = states_after(Misconfigured("21408"), REFUSALS - 1)
    now = NOON + timedelta(days=1)
    again = put_back.claimed(a_claim(now), now)

    assert next_state(again, Misconfigured("21606"), a_module(), now).status is Status.RETRY
    assert next_state(again, Misconfigured("21408"), a_module(pause=a_pause()), now).is_waiting
    failed = next_state(again, Misconfigured("21408"), a_module(), now)
    assert failed.status is DELIVERY_FAILURE
    redriven = failed.redriven(now, now, 1, "by job 1").claimed(a_claim(now), now)
    assert next_state(redriven, Misconfigured("21408"), a_module(), now).status is Status.RETRY


def test_an_accepted_message_is_delivered_where_no_confirmation_follows() -> None:
    plain = next_state(attempt(1), Accepted("SM1", "as draft"), a_module(), NOW)
    sure = next_state(
        attempt(1), Accepted("SM1", unconfirmable=True), a_module(confirmation=ASKED), NOW
    )

    assert (plain.status, sure.status) == (Status.DELIVERED, Status.DELIVERED)
    assert (plain.provider_message_id, plain.timeline[-1].detail) == ("SM1", "as draft")


def test_it_is_sent_and_due_to_be_looked_at_where_the_provider_is_asked() -> None:
    after = next_state(attempt(1), Accepted("SM1"), a_module(confirmation=ASKED), NOW)

    assert (after.status, after.provider_message_id) == (Status.SENT, "SM1")
    assert (after.due_at, after.awaited_until) == (NOW + timedelta(seconds=60), None)


def test_a_notification_is_sent_and_not_polled_where_the_provider_reports_by_itself() -> None:
    after = next_state(attempt(1), Accepted("SM1"), a_module(confirmation=TELLING), NOW)

    assert (after.status, after.provider_message_id) == (Status.SENT, "SM1")
    assert (after.due_at, after.awaited_until) == (None, NOW + timedelta(hours=1))


RECORD = a_record(strikes=2)


@pytest.mark.parametrize(
    ("ended", "failure", "after"),
    [
        # A dead address is switched off, whatever becomes of the notification.
        (Status.INACTIVE_DEVICE, InvalidAddress("21211"), (False, 2)),
        (Status.DELIVERED, InvalidAddress("21211"), (False, 2)),
        # A soft failure counts where it ended the notification, and only there.
        (DELIVERY_FAILURE, SOFT, (True, 3)),
        (Status.RETRY, SOFT, None),
        (Status.DELIVERED, SOFT, None),
        # A delivery clears the strikes.
        (Status.DELIVERED, None, (True, 0)),
        (Status.SENT, None, None),
        # All else is none of the record's business.
        (DELIVERY_FAILURE, Rejected("30007"), None),
        (Status.OPTED_OUT, ConsentWithdrawn("21610"), None),
        (Status.RETRY, Misconfigured("20003"), None),
    ],
)
def test_an_end_leaves_its_mark_on_the_record(
    ended: Status, failure: DeliveryFailed | None, after: tuple[bool, int] | None
) -> None:
    record = record_after_attempt(RECORD, standing(ended, updated_at=NOW), failure, a_module())

    if after is None:
        assert record is RECORD
    else:
        assert (record.active, record.strikes, record.updated_at) == (*after, NOW)


def test_as_many_strikes_as_the_module_allows_switch_it_off() -> None:
    ended = standing(DELIVERY_FAILURE)

    assert record_after_attempt(RECORD, ended, SOFT, a_module(max_strikes=4)).active
    assert not record_after_attempt(RECORD, ended, SOFT, a_module(max_strikes=3)).active


@pytest.mark.parametrize("failure", [None, SOFT, InvalidAddress("21211")])
def test_an_inactive_record_keeps_its_reason(failure: DeliveryFailed | None) -> None:
    off = a_record(active=False, strikes=2)

    assert record_after_attempt(off, standing(Status.DELIVERED), failure, a_module()) is off


def test_a_delivery_to_a_record_without_strikes_changes_nothing() -> None:
    record = a_record()

    assert record_after_attempt(record, standing(Status.DELIVERED), None, a_module()) is record


MANDATORY = a_module(mandatory_categories=frozenset({"receipts"}))


@pytest.mark.parametrize(
    ("category", "refused"), [("receipts", False), ("news", True), (None, True)]
)
def test_no_opt_out_holds_a_mandatory_category_back(category: str | None, *, refused: bool) -> None:
    claimed = a_claimed(category=category)

    assert is_opted_out(an_opt_out(), claimed, MANDATORY) is refused
    ended = end_if_blocked(claimed, an_opt_out(), a_record(), MANDATORY, NOW)
    assert (ended is not None) is refused


@pytest.mark.parametrize(
    ("scope", "refused"),
    [
        ("target:target", True),
        ("category:news", True),
        ("target:other", False),
        ("category:offers", False),
    ],
)
def test_a_partial_opt_out_refuses_the_scopes_that_it_covers(scope: str, *, refused: bool) -> None:
    assert is_opted_out(an_opt_out(scope), a_claimed(category="news"), a_module()) is refused


@pytest.mark.parametrize("allowed", [1, 2, 5])
def test_max_retries_counts_the_first_attempt_too(allowed: int) -> None:
    notification, attempts, now = a_notification(max_retries=allowed), 0, NOON
    while not notification.is_final:
        attempts += 1
        now += timedelta(hours=1)
        claimed = notification.claimed(a_claim(now), now)
        notification = next_state(claimed, RetryLater("503"), a_module(), now)

    assert (attempts, notification.status) == (allowed, DELIVERY_FAILURE)
    assert notification.retry_attempts == allowed


def test_the_second_ambiguous_end_is_the_last() -> None:
    module = a_module(on_unknown=LEAST)
    first = next_state(attempt(1, 10), OutcomeUnknown("cut"), module, NOW)
    between = next_state(first.claimed(a_claim(NOW), NOW), RetryLater("503"), module, NOW)

    second = next_state(between.claimed(a_claim(NOW), NOW), OutcomeUnknown("cut"), module, NOW)

    assert first.status is between.status is Status.RETRY
    assert second.status is Status.UNKNOWN


def test_the_wait_grows_by_the_modules_own_rate() -> None:
    after = next_state(attempt(3, 5), RetryLater("503"), a_module(backoff_rate=1), NOW)

    assert after.due_at is not None
    assert after.due_at - NOW <= timedelta(seconds=66)


@pytest.mark.parametrize(("policy", "status"), [(LEAST, Status.RETRY), (ONCE, Status.UNKNOWN)])
def test_a_lapsed_lease_is_an_attempt_with_an_unknown_end(policy: str, status: Status) -> None:
    after = lease_lapsed(attempt(1), a_module(on_unknown=policy), NOW)

    assert after.status is status
    assert after.last_error is not None
    assert (after.last_error.error_class, after.last_error.code) == ("ambiguous", "lease-lapsed")


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
        (an_ended_opt_out(), OFF, False, INACTIVE_DEVICE, "record-inactive"),
        (None, a_record(), True, Status.EXPIRED, None),
    ],
)
def test_objections_are_applied_in_order(
    opt_out: OptOut | None,
    record: TargetUserRecord | None,
    *,
    late: bool,
    status: Status,
    code: str | None,
) -> None:
    claimed = a_claimed(deliver_before=NOW if late else None)

    ended = end_if_blocked(claimed, opt_out, record, a_module(), NOW)

    assert ended is not None
    assert ended.status is status
    assert (ended.last_error.code if ended.last_error else None) == code


@pytest.mark.parametrize("opt_out", [None, an_ended_opt_out()])
def test_nothing_stands_against_what_is_wanted_and_in_time(opt_out: OptOut | None) -> None:
    claimed = a_claimed(deliver_before=NOW + timedelta(milliseconds=1))

    assert end_if_blocked(claimed, opt_out, a_record(), a_module(), NOW) is None
