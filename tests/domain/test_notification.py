"""The rules that a notification holds by itself, and which verb may follow which status."""

from dataclasses import FrozenInstanceError, replace
from datetime import timedelta

import pytest

from notification_core.domain.failures import InvalidAddress, Rejected, RetryLater
from notification_core.domain.notification import IllegalTransition, Notification
from notification_core.domain.status import (
    FINAL,
    TRANSITIONS,
    WAITING,
    WITHOUT_ATTEMPT,
    ConfirmationState,
    Status,
)
from notification_core.domain.timeline import EventKind, TimelineEvent
from tests.builders import NOON, a_claim, a_claimed, a_notification
from tests.domain.standing import VERBS, standing

PAIRS = [(before, after) for before in Status for after in VERBS]
LEGAL = [(before, after) for before, after in PAIRS if after in TRANSITIONS[before]]
ILLEGAL = [(before, after) for before, after in PAIRS if after not in TRANSITIONS[before]]


def test_the_status_cannot_be_scheduled_when_there_is_an_attempted_delivery() -> None:
    with pytest.raises(ValueError, match="cannot be SCHEDULED when there is an attempted"):
        a_notification(attempted_delivery=NOON)


@pytest.mark.parametrize("status", sorted(set(Status) - WITHOUT_ATTEMPT))
def test_any_status_but_the_unattempted_needs_an_attempted_delivery(status: Status) -> None:
    assert standing(status).attempted_delivery == NOON
    with pytest.raises(ValueError, match=f"{status.value} needs an attempted delivery"):
        standing(status, attempted_delivery=None)


@pytest.mark.parametrize("status", sorted(WITHOUT_ATTEMPT))
def test_the_unattempted_statuses_stand_without_one(status: Status) -> None:
    assert standing(status, attempted_delivery=None).attempted_delivery is None


@pytest.mark.parametrize("status", list(Status))
def test_a_claim_is_held_exactly_while_sending(status: Status) -> None:
    claim = None if status is Status.SENDING else a_claim()

    with pytest.raises(ValueError, match="exactly while the status is SENDING"):
        standing(status, claim=claim)


@pytest.mark.parametrize("status", [each for each in Status if each is not Status.SENT])
def test_it_is_due_exactly_while_it_is_not_final(status: Status) -> None:
    due_at = NOON if status in FINAL else None

    with pytest.raises(ValueError, match="due exactly while it is not final"):
        standing(status, due_at=due_at)


@pytest.mark.parametrize("status", list(Status))
def test_a_status_is_waiting_or_final(status: Status) -> None:
    assert standing(status).is_waiting == (status in WAITING)
    assert standing(status).is_final == (status in FINAL)


def test_a_sent_notification_is_due_for_polls_until_it_is_given_up() -> None:
    awaited, given_up = standing(Status.SENT), standing(Status.SENT, due_at=None)

    assert (awaited.is_final, given_up.is_final) == (False, True)
    assert not awaited.is_waiting
    assert not given_up.is_waiting


def test_a_notification_whose_provider_reports_by_itself_is_awaited_and_not_polled() -> None:
    until = NOON + timedelta(days=3)
    sent = a_claimed().sent(NOON, "SM1", None, awaited_until=until)

    assert (sent.status, sent.due_at, sent.is_final) == (Status.SENT, None, True)
    assert (sent.is_awaited(NOON), sent.is_awaited(until)) == (True, False)
    assert sent.confirmation(NOON) is ConfirmationState.AWAITED
    assert sent.confirmation(until) is ConfirmationState.NONE
    again = sent.retried(NOON, RetryLater("1"), NOON + timedelta(minutes=1))
    assert (again.awaited_until, again.due_at) == (None, NOON + timedelta(minutes=1))


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.SENT}))
def test_only_what_was_sent_is_awaited(status: Status) -> None:
    with pytest.raises(ValueError, match="only a SENT notification awaits"):
        standing(status, awaited_until=NOON)


def test_the_confirmation_state_begins_when_the_provider_accepts_the_message() -> None:
    sending = a_claimed()
    sent = sending.sent(NOON, "SM1", NOON + timedelta(minutes=1))

    assert (a_notification().confirmation(NOON), sending.confirmation(NOON)) == (None, None)
    assert sent.confirmation(NOON) is ConfirmationState.AWAITED
    assert sent.unconfirmed(NOON).confirmation(NOON) is ConfirmationState.NONE
    assert sent.delivered(NOON, "SM1").confirmation(NOON) is ConfirmationState.RECEIVED
    assert sent.failed(NOON, Rejected("30007")).confirmation(NOON) is ConfirmationState.RECEIVED
    assert (
        sent.inactive_device(NOON, InvalidAddress("1")).confirmation(NOON)
        is ConfirmationState.RECEIVED
    )
    assert sent.retried(NOON, RetryLater("1"), NOON).confirmation(NOON) is None


def test_a_notification_that_was_delivered_without_the_status_sent_has_no_confirmation() -> None:
    assert a_claimed().delivered(NOON, "SM1").confirmation(NOON) is None


@pytest.mark.parametrize("status", list(Status))
def test_only_notifications_that_may_be_or_have_been_sent_are_looked_up_at_the_provider(
    status: Status,
) -> None:
    story = (
        TimelineEvent(NOON - timedelta(minutes=2), EventKind.CLAIMED),
        TimelineEvent(NOON - timedelta(minutes=1), EventKind.POSSIBLY_SENT),
    )
    sought = {Status.RETRY, Status.SENDING, Status.UNKNOWN}

    found = standing(status, timeline=story).possibly_sent_at

    assert found == (NOON - timedelta(minutes=2) if status in sought else None)


def test_it_cannot_be_changed_in_place() -> None:
    with pytest.raises(FrozenInstanceError):
        a_notification().status = Status.DELIVERED  # type: ignore[misc]


def test_a_copy_is_held_to_the_same_rules() -> None:
    with pytest.raises(ValueError, match="needs an attempted delivery"):
        replace(a_notification(), status=Status.DELIVERED, due_at=None)


def dead_lettered(waiting: Notification) -> Notification:
    """The only way from waiting to failing."""
    return waiting.dead_lettered(NOON, RetryLater("dead-letter"))


@pytest.mark.parametrize(("before", "after"), LEGAL)
def test_a_transition_of_the_table_happens(before: Status, after: Status) -> None:
    dead_letter = before in WAITING and after is Status.DELIVERY_FAILURE
    verb = dead_lettered if dead_letter else VERBS[after]

    assert verb(standing(before)).status is after


@pytest.mark.parametrize(("before", "after"), ILLEGAL)
def test_any_other_transition_raises(before: Status, after: Status) -> None:
    with pytest.raises(IllegalTransition, match=f"^{before.value} cannot become {after.value}$"):
        VERBS[after](standing(before))


@pytest.mark.parametrize("before", list(Status))
def test_no_way_leads_back_to_scheduled(before: Status) -> None:
    with pytest.raises(IllegalTransition):
        standing(before)._become(Status.SCHEDULED, NOON, EventKind.SCHEDULED)


@pytest.mark.parametrize(("failures", "attempt"), [(0, 1), (1, 2), (7, 8)])
def test_the_attempt_is_one_more_than_those_that_failed(failures: int, attempt: int) -> None:
    assert a_notification(retry_attempts=failures).attempt == attempt


def test_a_lease_lapses_only_after_its_time_and_only_where_there_is_one() -> None:
    claimed = a_claimed()
    assert claimed.claim is not None
    end = claimed.claim.lease_until

    assert not claimed.lease_lapsed(end)
    assert claimed.lease_lapsed(end + timedelta(milliseconds=1))
    assert not a_notification().lease_lapsed(end + timedelta(days=1))
