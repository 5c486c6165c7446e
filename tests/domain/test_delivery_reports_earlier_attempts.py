"""Delivery reports about a message that may have gone, and about one of an earlier attempt."""

from datetime import timedelta

import pytest

from notification_core.domain.attempt_policy import next_state
from notification_core.domain.delivery import Accepted, Confirmed, Delayed, ReportContent
from notification_core.domain.delivery_reports import (
    apply_report,
)
from notification_core.domain.errors import Unavailable
from notification_core.domain.failures import (
    DeliveryFailed,
    InvalidAddress,
    OutcomeUnknown,
    Rejected,
    RetryLater,
    Throttled,
)
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.timeline import EventKind
from notification_core.domain.timing import LEASE
from tests.builders import (
    NOON,
    a_claim,
    a_claimed,
)
from tests.domain.reports import (
    COMPLAINT,
    LATER,
    MODULE,
    NOW,
    a_report,
    after_reports,
    applied,
    doubtful,
    events,
    second_attempt,
    sent,
    unknown,
)


def test_only_the_message_of_the_attempt_under_way_ends_it() -> None:
    """B4 and B5: news of an earlier one come again when it has ended."""
    for news in (Accepted("SM1"), Rejected("30007"), Delayed("busy"), Confirmed(), COMPLAINT):
        with pytest.raises(Unavailable):
            apply_report(second_attempt(), a_report(news), MODULE, NOW)
    for news in (Accepted("SM9"), Rejected("30007"), Delayed("busy"), Confirmed(), COMPLAINT):
        assert (
            after_reports(second_attempt(), a_report(news, "SM9", 2)).provider_message_id == "SM9"
        )


@pytest.mark.parametrize(
    "news",
    [Rejected("30007"), InvalidAddress("5.1.1"), RetryLater("4.4.7"), Confirmed(), Delayed("busy")],
)
def test_a_report_without_an_attempt_may_be_about_an_earlier_one(news: ReportContent) -> None:
    with pytest.raises(Unavailable):
        apply_report(second_attempt(), a_report(news, "SM9", None), MODULE, NOW)
    assert after_reports(a_claimed(), a_report(news, "SM9", None)).provider_message_id == "SM9"


def test_a_report_about_an_earlier_message_counts_once_the_lease_has_lapsed() -> None:
    abandoned = second_attempt()
    lapsed = LATER + LEASE + timedelta(seconds=1)

    delivered = apply_report(abandoned, a_report(Confirmed()), MODULE, lapsed)
    assert delivered is not None
    assert (delivered.status, delivered.claim) == (Status.DELIVERED, None)
    assert events(delivered)[-2:] == [EventKind.UNKNOWN, "delivered"]
    failed = apply_report(abandoned, a_report(Rejected("30007")), MODULE, lapsed)
    assert failed is not None
    assert failed.status is Status.UNKNOWN


def test_a_number_that_an_earlier_message_had_too_does_not_tell_the_two_apart() -> None:
    """A throttle leaves the attempt its number, and the provider had taken that message."""
    sending = after_reports(sent(), a_report(Throttled("429"))).claimed(a_claim(LATER), LATER)

    for news in (Accepted("SM2"), Rejected("30007"), Confirmed()):
        with pytest.raises(Unavailable):
            apply_report(sending, a_report(news, "SM2", 1), MODULE, LATER)
    assert apply_report(sending, a_report(Throttled("429")), MODULE, LATER) is None, "a repetition"


def test_a_failure_of_the_attempt_before_is_not_taken_for_one_of_the_next() -> None:
    """A duplicate of an event that names no attempt, while the next one is under way."""
    bounced = a_report(RetryLater("4.2.2"), "M1", None)
    retried = after_reports(a_claimed(), bounced)
    again = retried.claimed(a_claim(LATER), LATER)

    assert retried.status is Status.RETRY
    assert apply_report(retried, bounced, MODULE, LATER) is None
    assert apply_report(again, bounced, MODULE, LATER) is None


@pytest.mark.parametrize("attempt", [1, None])
@pytest.mark.parametrize("overtaken", [True, False])
def test_a_failure_of_a_message_before_the_last_is_not_taken_for_one_of_the_next(
    attempt: int | None, *, overtaken: bool
) -> None:
    """Only the latest id is kept, and a throttle leaves the attempt its number."""
    before = a_claimed()
    for message_id in ("M1", "M2"):
        overtakes = overtaken and message_id == "M1"  # of a second one that is not certain
        taken = before if overtakes else before.sent(NOW, message_id, LATER)
        before = after_reports(taken, a_report(Throttled("429"), message_id, attempt))
        before = before.claimed(a_claim(LATER), LATER)

    for news in (Throttled("429"), Rejected("30007"), Delayed("busy"), Accepted("M1")):
        assert applied(before, a_report(news, "M1", attempt), MODULE, LATER) is None
    with pytest.raises(Unavailable):
        apply_report(before, a_report(Confirmed(), "M1", attempt), MODULE, LATER)
    ended = before.retried(LATER, RetryLater("503"), LATER)
    assert after_reports(ended, a_report(Confirmed(), "M1", attempt)).status is Status.DELIVERED


@pytest.mark.parametrize("before", [doubtful(), unknown()])
def test_a_message_that_may_have_been_sent_was_sent_when_the_provider_reports_it(
    before: Notification,
) -> None:
    ends: list[tuple[ReportContent, Status]] = [
        (Confirmed(), Status.DELIVERED),
        (Accepted("SM1"), Status.SENT),
    ]
    for news, status in ends:
        after = after_reports(before, a_report(news))

        assert (after.status, after.provider_message_id) == (status, "SM1")
        assert after.retry_attempts == 0
        assert "it was sent" in after.timeline[-1].detail


def test_a_reported_failure_of_an_unknown_outcome_keeps_the_planned_retry() -> None:
    noted = after_reports(doubtful(), a_report(Rejected("30007")))

    assert (noted.status, noted.due_at) == (Status.RETRY, doubtful().due_at)
    assert (noted.timeline[-1].event, noted.timeline[-1].code) == (EventKind.UNDELIVERED, "30007")
    for late in (Accepted("SM1"), Delayed("busy"), Rejected("30007")):
        assert apply_report(noted, a_report(late), MODULE, NOW) is None, (
            "nothing else is expected of it"
        )


@pytest.mark.parametrize("before", [doubtful(), unknown()])
@pytest.mark.parametrize(
    "end",
    [Rejected("400"), InvalidAddress("410"), RetryLater("503"), OutcomeUnknown("read-timeout")],
)
def test_a_message_that_arrived_after_all_is_delivered_however_the_next_attempt_ended(
    before: Notification, end: DeliveryFailed
) -> None:
    """B6."""
    if before.status is Status.UNKNOWN:
        before = before.redriven(NOON, LATER, 2, "by job 1")
    ended = next_state(before.claimed(a_claim(LATER), LATER), end, MODULE, LATER)

    after = after_reports(ended, a_report(Confirmed()))
    assert (after.status, after.provider_message_id) == (Status.DELIVERED, "SM1")
    assert after.due_at is None


def test_only_the_latest_of_two_unknown_messages_can_fail_the_notification() -> None:
    """B6: the other one may have arrived."""
    both = next_state(second_attempt(), OutcomeUnknown("read-timeout"), MODULE, LATER)
    assert both.status is Status.UNKNOWN

    for attempt in (1, None):
        noted = after_reports(both, a_report(Rejected("30007"), "SM1", attempt))
        assert (noted.status, noted.timeline[-1].event) == (Status.UNKNOWN, EventKind.UNDELIVERED)
        for news in (Rejected("30007"), Accepted("SM1"), Delayed("busy")):
            assert apply_report(noted, a_report(news, "SM1", attempt), MODULE, LATER) is None
        assert (
            after_reports(noted, a_report(Rejected("x"), "SM2", 2)).status
            is Status.DELIVERY_FAILURE
        )
    failed = after_reports(both, a_report(Rejected("30007"), "SM2", 2))
    assert (failed.status, failed.possibly_sent_before) == (Status.DELIVERY_FAILURE, True)
    assert after_reports(failed, a_report(Confirmed())).status is Status.DELIVERED
    assert (
        after_reports(unknown(), a_report(Rejected("30007"), "SM1", None)).status
        is Status.DELIVERY_FAILURE
    )


def test_an_attempt_that_was_sent_after_all_is_taken_back_despite_later_notes() -> None:
    noted = after_reports(unknown(), a_report(Rejected("30007"), "SM1", 2))
    assert (noted.status, noted.retry_attempts) == (Status.UNKNOWN, 1)

    after = after_reports(noted, a_report(Accepted("SM2"), "SM2", 1))

    assert (after.status, after.retry_attempts) == (Status.SENT, 0)
