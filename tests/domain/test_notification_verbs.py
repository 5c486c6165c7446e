"""What each verb changes, and what it leaves."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notification_core.domain.claim import Claim
from notification_core.domain.clock import to_millisecond
from notification_core.domain.failures import (
    ConsentWithdrawn,
    DeliveryFailed,
    ErrorClass,
    InvalidAddress,
    LastError,
    OutcomeUnknown,
    Rejected,
    RetryLater,
    Throttled,
)
from notification_core.domain.notification import Notification
from notification_core.domain.status import FINAL, Status
from notification_core.domain.timeline import EventKind, TimelineEvent
from tests.builders import NOON, a_claim, a_claimed, a_notification
from tests.domain.standing import LATER, NOW, VERBS, standing

PutBack = Callable[[Notification, datetime, DeliveryFailed, datetime], Notification]
PUT_BACK: list[PutBack] = [
    Notification.retried,
    Notification.postponed,
    Notification.possibly_sent,
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
        (Notification.possibly_sent, OutcomeUnknown("cut", "x"), 1, "possibly_sent"),
    ],
)
def test_a_postponed_notification_has_its_reason(
    verb: PutBack, failure: DeliveryFailed, spent: int, event: str
) -> None:
    after = verb(a_claimed(), NOW, failure, LATER)

    assert (after.retry_attempts, after.due_at, after.attempted_delivery) == (spent, LATER, NOON)
    assert after.last_error == LastError(failure.error_class, failure.code, failure.message)
    last = after.timeline[-1]
    assert (last.event, last.code, last.detail) == (event, failure.code, failure.message)


@pytest.mark.parametrize(
    ("verb", "failure", "spent", "event"),
    [
        (Notification.failed, Rejected("21617", "long"), 1, "delivery_failure"),
        (Notification.unknown, OutcomeUnknown("cut"), 1, "unknown"),
        (Notification.refused_by_user, ConsentWithdrawn("21610"), 0, "opted_out"),
        (Notification.inactive_device, InvalidAddress("21211"), 0, "inactive_device"),
    ],
)
def test_a_failure_has_its_reason(
    verb: Callable[[Notification, datetime, DeliveryFailed], Notification],
    failure: DeliveryFailed,
    spent: int,
    event: str,
) -> None:
    after = verb(a_claimed(), NOW, failure)

    assert after.retry_attempts == spent
    assert after.last_error == LastError(failure.error_class, failure.code, failure.message)
    last = after.timeline[-1]
    assert (last.event, last.code, last.detail) == (event, failure.code, failure.message)


def test_a_long_winded_provider_is_cut_short() -> None:
    after = a_claimed().failed(NOW, Rejected("c" * 100, "m" * 1000))

    assert after.last_error == LastError(ErrorClass.MESSAGE, "c" * 64, "m" * 200)
    assert (after.timeline[-1].code, after.timeline[-1].detail) == ("c" * 64, "m" * 200)


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
def test_a_first_claim_without_an_attempt_leaves_no_attempt_time(
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
def test_a_notification_that_waits_for_its_retry_keeps_its_attempt(
    end: Callable[[Notification], Notification],
) -> None:
    retried = a_claimed().retried(NOW, RetryLater("503"), LATER)

    assert end(retried).attempted_delivery == NOON


def test_an_address_found_dead_before_sending_records_the_moment() -> None:
    assert a_claimed().inactive_device(
        NOW, InvalidAddress("record-inactive")
    ).attempted_delivery == (NOW)


def test_a_poll_without_a_result_leaves_no_entry_and_is_due_again() -> None:
    sent = a_claimed().sent(NOW, "SM1", LATER)
    again = LATER + timedelta(minutes=5)

    after = sent.poll_rescheduled(LATER, again)

    assert (after.status, after.due_at, after.updated_at) == (Status.SENT, again, LATER)
    assert after.timeline == sent.timeline


def test_a_given_up_notification_stays_sent_with_a_note() -> None:
    after = a_claimed().sent(NOW, "SM1", LATER).unconfirmed(LATER)

    assert (after.status, after.due_at, after.is_final) == (Status.SENT, None, True)
    assert after.timeline[-1].event == EventKind.UNCONFIRMED


def test_a_note_changes_nothing_but_the_timeline() -> None:
    before = standing(Status.DELIVERED)

    after = before.noted(LATER, EventKind.RETURNED, "mailbox full", "5.2.2")

    assert after.timeline == (
        *before.timeline,
        TimelineEvent(LATER, EventKind.RETURNED, "mailbox full", "5.2.2"),
    )
    assert replace(after, timeline=before.timeline, updated_at=before.updated_at) == before


@pytest.mark.parametrize("put_back", [Notification.retried, Notification.postponed])
def test_a_failure_after_the_send_does_not_wait_for_its_poll(put_back: PutBack) -> None:
    sent = a_claimed().sent(NOW, "SM1", NOW + timedelta(days=3))

    assert put_back(sent, NOW, RetryLater("30003"), LATER).due_at == LATER


def test_an_attempt_that_was_sent_after_all_is_taken_back() -> None:
    doubtful = a_claimed().possibly_sent(NOW, OutcomeUnknown("cut"), LATER)
    unknown = a_claimed().unknown(NOW, OutcomeUnknown("cut"))

    for before in (doubtful, unknown):
        assert before.retry_attempts == 1
        assert before.delivered(LATER, "SM1").retry_attempts == 0
        assert before.sent(LATER, "SM1", LATER).retry_attempts == 0


def test_an_attempt_of_unknown_end_that_failed_is_counted_once() -> None:
    unknown = a_claimed().unknown(NOW, OutcomeUnknown("cut"))

    assert unknown.failed(LATER, Rejected("30007")).retry_attempts == 1


def test_a_repeated_send_has_the_id_of_its_latest_message() -> None:
    first = a_claimed().sent(NOW, "SM1", LATER).retried(NOW, RetryLater("30008"), LATER)
    second = first.claimed(a_claim(LATER), LATER).sent(LATER, "SM2", LATER)

    assert (first.provider_message_id, second.provider_message_id) == ("SM1", "SM2")


@pytest.mark.parametrize("said", [None, ""])
def test_a_confirmation_that_names_no_message_leaves_the_id_that_is_known(
    said: str | None,
) -> None:
    assert a_claimed().sent(NOW, "SM1", LATER).delivered(LATER, said).provider_message_id == "SM1"
