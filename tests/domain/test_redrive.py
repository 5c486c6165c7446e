"""Which failed notifications are meant, and which must not go."""

from datetime import timedelta
from typing import Any

import pytest

from notification_core.domain.failures import OutcomeUnknown, Rejected, RetryLater
from notification_core.domain.notification import Notification
from notification_core.domain.redrive import USUAL, Filter, SkipReason, skipped
from notification_core.domain.status import FAILED, Status
from tests.builders import NOON, a_claimed, a_module, a_record, an_opt_out
from tests.domain.standing import LATER, standing

MODULE, RECORD = a_module(), a_record()


def failed(**changes: Any) -> Notification:
    """One that a provider refused."""
    return a_claimed(**changes).failed(NOON, Rejected("21617", "too long"))


def reason(notification: Notification, **changes: Any) -> SkipReason | None:
    """Why it must not be tried again, where nothing else stands against it."""
    values = {"opt_out": None, "record": RECORD, "module": MODULE, "include_uncertain": False}
    return skipped(notification, now=LATER, **values | changes)


def test_a_failed_notification_may_be_tried_again() -> None:
    assert reason(failed()) is None
    assert reason(standing(Status.INACTIVE_DEVICE)) is None


@pytest.mark.parametrize("status", sorted(set(Status) - FAILED))
def test_a_sent_waiting_or_intentionally_ended_notification_may_not(status: Status) -> None:
    assert reason(standing(status), include_uncertain=True) is SkipReason.NOT_FAILED


def test_an_unknown_outcome_is_redriven_only_if_duplicates_are_accepted() -> None:
    unknown = a_claimed().unknown(NOON, OutcomeUnknown("cut"))
    uncertain = (
        a_claimed()
        .possibly_sent(NOON, OutcomeUnknown("cut"), LATER)
        .claimed(a_claimed().claim or pytest.fail("no claim"), LATER)
        .failed(LATER, RetryLater("503"))
    )

    for each in (unknown, uncertain):
        assert reason(each) is SkipReason.POSSIBLY_SENT
        assert reason(each, include_uncertain=True) is None


def test_one_that_its_provider_says_did_not_go_is_certain() -> None:
    told = a_claimed().unknown(NOON, OutcomeUnknown("cut")).failed(LATER, Rejected("30007"))

    assert reason(told) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"opt_out": an_opt_out()}, SkipReason.OPTED_OUT),
        ({"record": None}, SkipReason.NO_ACTIVE_RECORD),
        ({"record": a_record(active=False)}, SkipReason.NO_ACTIVE_RECORD),
        ({"module": None}, SkipReason.UNDEPLOYED),
    ],
)
def test_consent_and_address_are_reasons_to_skip_a_notification(
    changes: dict[str, Any], expected: SkipReason
) -> None:
    assert reason(failed(), **changes) is expected


def test_an_expired_notification_is_not_redriven() -> None:
    assert reason(failed(deliver_before=LATER)) is SkipReason.EXPIRED
    assert reason(failed(deliver_before=LATER + timedelta(seconds=1))) is None


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ({}, True),
        ({"target": "target"}, True),
        ({"target": "other"}, False),
        ({"error_code": "21617"}, True),
        ({"error_code": "30007"}, False),
        ({"statuses": USUAL}, True),
        ({"statuses": frozenset({Status.UNKNOWN})}, False),
        ({"target": "target", "error_code": "30007"}, False),
    ],
)
def test_a_filter_means_what_fits_all_of_it(asked: dict[str, Any], meant: bool) -> None:
    assert Filter(**asked).matches(failed()) is meant


def test_a_dead_letter_is_found_by_its_own_code_and_by_that_of_its_last_attempt() -> None:
    retried = a_claimed().retried(NOON, RetryLater("503"), LATER)
    dead = retried.dead_lettered(LATER, RetryLater("dead-letter"))

    assert Filter(error_code="dead-letter").matches(dead)
    assert Filter(error_code="503").matches(dead)


def test_a_redriven_notification_has_new_attempts_and_a_new_turn() -> None:
    before = failed(max_retries=1)
    after = before.redriven(LATER, LATER, 3, "by job 1")

    assert (after.status, after.due_at) == (Status.RETRY, LATER)
    assert (after.retry_attempts, after.max_retries, after.attempt) == (1, 4, 2)
    assert (after.timeline[-1].event, after.timeline[-1].detail) == ("redriven", "by job 1")
    assert after.possibly_sent_at is None


def test_a_redriven_unknown_outcome_is_looked_up_where_that_is_possible() -> None:
    claimed_at = NOON
    after = (
        a_claimed(claimed_at).unknown(LATER, OutcomeUnknown("cut")).redriven(LATER, LATER, 3, "")
    )

    assert after.timeline[-1].event == "possibly_sent"
    assert after.possibly_sent_at == claimed_at
