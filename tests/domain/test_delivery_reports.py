"""What a provider says later: it may come late, twice, out of order, or for another message."""

from datetime import timedelta

import pytest

from notification_core.domain.delivery import Accepted, Confirmed, Delayed
from notification_core.domain.delivery_reports import (
    apply_report,
)
from notification_core.domain.failures import (
    ConsentWithdrawn,
    DeliveryFailed,
    InvalidAddress,
    Misconfigured,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    RetryLater,
    RetryOnce,
)
from notification_core.domain.notification import Notification
from notification_core.domain.polls import poll_deferred, poll_rescheduled
from notification_core.domain.retry import JITTER
from notification_core.domain.status import ConfirmationState, Status
from notification_core.domain.timeline import EventKind
from tests.builders import (
    ASKED,
    NOON,
    TELLING,
    a_claim,
    a_claimed,
    a_module,
    a_table,
)
from tests.domain.reports import (
    COMPLAINT,
    LATER,
    MODULE,
    NOW,
    a_report,
    after_reports,
    doubtful,
    events,
    given_up,
    sent,
    unknown,
)


@pytest.mark.parametrize("before", [sent(), given_up()])
def test_a_confirmation_ends_the_wait_even_when_that_was_given_up(before: Notification) -> None:
    after = after_reports(before, a_report(Confirmed()))

    assert (after.status, after.due_at) == (Status.DELIVERED, None)
    assert after.confirmation(NOON) is ConfirmationState.RECEIVED


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (Rejected("30007"), Status.DELIVERY_FAILURE),
        (InvalidAddress("30005"), Status.INACTIVE_DEVICE),
        (ConsentWithdrawn("21610"), Status.OPTED_OUT),
        (RetryLater("30003"), Status.RETRY),
    ],
)
def test_a_failure_after_the_send_is_handled_as_any_failure(
    failure: DeliveryFailed, status: Status
) -> None:
    after = after_reports(sent(), a_report(failure))

    assert after.status is status
    assert after.last_error is not None
    assert after.last_error.code == failure.code


def test_a_failure_after_the_send_is_tried_again_after_its_wait_and_not_after_its_poll() -> None:
    after = after_reports(sent(), a_report(RetryLater("30003")))

    assert after.due_at is not None
    assert 60 <= (after.due_at - NOW).total_seconds() <= 60 * (1 + JITTER)
    assert after.retry_attempts == 1


def test_a_failure_after_the_send_with_one_retry_is_retried_once() -> None:
    first = after_reports(sent(), a_report(RetryOnce("30008")))
    again = first.claimed(a_claim(LATER), LATER).sent(LATER, "SM2", LATER)

    second = after_reports(again, a_report(RetryOnce("30008"), "SM2", 2))

    assert (first.status, second.status) == (Status.RETRY, Status.DELIVERY_FAILURE)


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (RetryLater("30003"), Status.DELIVERY_FAILURE),
        (InvalidAddress("30005"), Status.INACTIVE_DEVICE),
        (InvalidAddress("552", soft=True, retries=9), Status.DELIVERY_FAILURE),
    ],
)
@pytest.mark.parametrize("before", [given_up(), unknown()])
def test_a_given_up_message_is_not_tried_again_after_a_late_report(
    before: Notification, failure: DeliveryFailed, status: Status
) -> None:
    after = after_reports(before, a_report(failure))

    assert (after.status, after.due_at) == (status, None)


@pytest.mark.parametrize("before", [sent(), given_up(), unknown(), a_claimed()])
def test_a_refusal_of_our_sender_by_a_recipients_server_fails_the_notification(
    before: Notification,
) -> None:
    """A bounce for a broken DKIM signature: to send it again at once changes nothing."""
    after = after_reports(before, a_report(Misconfigured("5.7.26", pause_after=3)))

    assert (after.status, after.due_at) == (Status.DELIVERY_FAILURE, None)


def test_a_delay_is_noted_once_and_waits_on() -> None:
    once = after_reports(sent(), a_report(Delayed("mailbox full")))

    assert (once.status, once.due_at) == (Status.SENT, sent().due_at)
    assert once.timeline[-1].detail == "mailbox full"
    assert apply_report(once, a_report(Delayed("mailbox full")), MODULE, LATER) is None
    assert (
        events(after_reports(once, a_report(Delayed("greylisted"))))[-2:] == [EventKind.DELAYED] * 2
    )


def test_a_complaint_means_that_the_message_was_delivered() -> None:
    for before in (sent(), given_up(), doubtful(), unknown(), a_claimed()):
        after = after_reports(before, a_report(COMPLAINT))

        assert after.status is Status.DELIVERED
        assert events(after)[-2:] == ["delivered", EventKind.COMPLAINT]


def test_a_return_of_a_delivered_message_is_noted_once_and_changes_nothing_else() -> None:
    delivered = after_reports(sent(), a_report(Confirmed()))

    returned = after_reports(delivered, a_report(InvalidAddress("5.1.1", "no such user")))
    complained = after_reports(returned, a_report(COMPLAINT))

    assert returned.status is complained.status is Status.DELIVERED
    assert events(complained)[-2:] == [EventKind.RETURNED, EventKind.COMPLAINT]
    assert (returned.timeline[-1].code, returned.timeline[-1].detail) == ("5.1.1", "no such user")
    for repeated in (InvalidAddress("5.1.1"), Rejected("5.2.3"), COMPLAINT, Confirmed()):
        assert apply_report(complained, a_report(repeated), MODULE, LATER) is None


@pytest.mark.parametrize(
    "before",
    [
        sent(),
        given_up(),
        unknown(),
        doubtful(),
        a_claimed(),
        sent().delivered(NOON, "SM1"),
    ],
)
def test_an_unknown_outcome_in_a_report_changes_nothing(before: Notification) -> None:
    assert apply_report(before, a_report(OutcomeUnknown("502")), MODULE, NOW) is None


def test_a_provider_that_is_faster_than_our_own_record_is_believed() -> None:
    sending = a_claimed()

    assert after_reports(sending, a_report(Confirmed())).status is Status.DELIVERED
    assert after_reports(sending, a_report(Accepted("SM1"))).status is Status.SENT
    assert after_reports(sending, a_report(Rejected("30007"))).status is Status.DELIVERY_FAILURE
    assert after_reports(sending, a_report(RetryLater("30003"))).status is Status.RETRY
    assert after_reports(sending, a_report(Delayed("busy"))).timeline[-1].event == EventKind.DELAYED
    for news in (Confirmed(), Accepted("SM1"), Rejected("30007"), RetryLater("30003")):
        assert after_reports(sending, a_report(news)).provider_message_id == "SM1"


def test_a_message_that_was_sent_is_delivered_where_no_confirmation_is_expected() -> None:
    assert (
        after_reports(unknown(), a_report(Accepted("SM1")), module=a_module()).status
        is Status.DELIVERED
    )


def test_a_report_about_another_message_than_the_latest_changes_nothing() -> None:
    for before in (sent(), given_up(), after_reports(sent(), a_report(Confirmed()))):
        for news in (Confirmed(), Rejected("30007"), COMPLAINT, Delayed("busy")):
            assert apply_report(before, a_report(news, "SM0"), MODULE, NOW) is None


def test_a_retry_that_cannot_have_been_sent_is_not_changed() -> None:
    retry = a_claimed().retried(NOON, RetryLater("503"), LATER)

    for news in (Confirmed(), Accepted("SM1"), Rejected("30007")):
        assert apply_report(retry, a_report(news), MODULE, NOW) is None


def test_a_message_that_bounced_and_was_delivered_before_ends_alike_in_both_orders() -> None:
    """SES tells of a delivery, and of a bounce that comes later, in any order."""
    for bounce in (InvalidAddress("5.1.1"), Rejected("5.7.1"), InvalidAddress("5.2.2", soft=True)):
        one = after_reports(sent(), a_report(Confirmed()), a_report(bounce))
        other = after_reports(sent(), a_report(bounce), a_report(Confirmed()))

        assert one.status is other.status is Status.DELIVERED
        assert one.confirmation(NOON) is other.confirmation(NOON) is ConfirmationState.RECEIVED
        assert one.retry_attempts == other.retry_attempts == 0


def test_an_intentional_end_stays_despite_a_delivery() -> None:
    for end in (doubtful().opted_out(NOON, "no"), doubtful().cancelled(NOON)):
        assert apply_report(end, a_report(Confirmed()), MODULE, NOW) is None


def test_a_failed_message_that_cannot_have_been_sent_is_not_delivered() -> None:
    refused = a_claimed().failed(NOON, Rejected("400"))

    assert apply_report(refused, a_report(Confirmed()), MODULE, NOW) is None


def test_a_delivery_that_was_reported_before_its_failure_stands() -> None:
    after = after_reports(
        sent(), a_report(Confirmed()), a_report(RetryLater("30003")), a_report(Accepted("SM1"))
    )

    assert after.status is Status.DELIVERED


def test_a_poll_without_a_result_is_repeated_at_growing_intervals_until_it_is_given_up() -> None:
    module = a_module(confirmation=ASKED)
    waiting, looks = a_claimed().sent(NOON, "SM1", NOON + timedelta(minutes=1)), []
    while waiting.due_at is not None:
        looks.append((waiting.due_at - NOON).total_seconds())
        waiting = poll_rescheduled(waiting, module, waiting.due_at)

    assert looks == [60, 120, 240, 480, 960, 1920, 3600]
    assert waiting.confirmation(NOON) is ConfirmationState.NONE
    assert events(waiting) == ["scheduled", "claimed", EventKind.SENT, EventKind.UNCONFIRMED]


def test_a_module_without_confirmation_gives_up_at_the_next_poll() -> None:
    assert poll_rescheduled(sent(), a_module(), NOW).due_at is None


@pytest.mark.parametrize(
    ("sent_for", "wait"), [(60, 60), (3600, 60), (24 * 3600, 24 * 60), (3 * 86400, 72 * 60)]
)
def test_a_deferred_poll_is_repeated_soon_and_never_given_up(sent_for: int, wait: int) -> None:
    now = NOON + timedelta(seconds=sent_for)
    waiting = a_claimed().sent(NOON, "SM1", now)

    after = poll_deferred(waiting, now)

    assert after.due_at == now + timedelta(seconds=wait)
    assert (after.status, after.timeline) == (Status.SENT, waiting.timeline)


def test_a_providers_code_is_classified_by_the_modules_table() -> None:
    module = a_module(confirmation=TELLING, errors=a_table(_30003={"class": "transient"}))

    retried = after_reports(sent(), a_report(ProviderError("30003"), module=module), module=module)
    failed = after_reports(sent(), a_report(ProviderError("30999"), module=module), module=module)

    assert (retried.status, failed.status) == (Status.RETRY, Status.DELIVERY_FAILURE)
    assert a_report(Confirmed()).classified(module.errors) == a_report(Confirmed())
