"""The table of statuses and transitions."""

import pytest

from notification_core.domain.status import (
    FAILED,
    FINAL,
    TRANSITIONS,
    WAITING,
    WITHOUT_ATTEMPT,
    Status,
)

#: What a provider may still say of what waits.
HEARD = {Status.SCHEDULED: set[Status](), Status.RETRY: {Status.DELIVERED}}


def test_the_stored_values_of_the_specification_keep_their_blanks() -> None:
    specified = {
        "SCHEDULED",
        "DELIVERED",
        "DELIVERY FAILURE",
        "RETRY",
        "INACTIVE DEVICE",
        "OPTED OUT",
    }
    added = {"SENDING", "SENT", "UNKNOWN", "CANCELLED", "EXPIRED"}

    assert {each.value for each in Status} == specified | added


def test_every_status_has_its_row() -> None:
    assert set(TRANSITIONS) == set(Status)


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        TRANSITIONS[Status.DELIVERED] = frozenset({Status.RETRY})  # type: ignore[index]


def test_only_what_waits_can_be_claimed_cancelled_or_opted_out_unclaimed() -> None:
    for following in (Status.SENDING, Status.CANCELLED):
        assert {each for each in Status if following in TRANSITIONS[each]} == WAITING
    assert {each for each in Status if Status.OPTED_OUT in TRANSITIONS[each]} == (
        WAITING | {Status.SENDING, Status.SENT}
    )


def test_only_a_late_report_follows_a_final_status() -> None:
    unfinished = {Status.SCHEDULED, Status.SENDING, Status.RETRY, Status.SENT}

    assert set(Status) - unfinished == FINAL
    by_itself = {each: TRANSITIONS[each] - {Status.RETRY} for each in FINAL}
    assert {each for each, following in by_itself.items() if following} == FAILED
    assert by_itself[Status.DELIVERY_FAILURE] == {Status.DELIVERED}
    assert by_itself[Status.INACTIVE_DEVICE] == {Status.DELIVERED}
    assert all(TRANSITIONS[each] for each in unfinished)


def test_only_what_failed_can_be_redriven() -> None:
    unfinished = {Status.SENDING, Status.SENT}

    assert {each for each in Status if Status.RETRY in TRANSITIONS[each]} - unfinished == FAILED


def test_only_an_opt_out_a_cancel_or_a_dead_letter_ends_a_waiting_notification() -> None:
    unsent = {Status.OPTED_OUT, Status.CANCELLED, Status.DELIVERY_FAILURE}

    assert all(TRANSITIONS[each] & FINAL == unsent | heard for each, heard in HEARD.items())


def test_an_unknown_outcome_is_sent_again_by_a_person_only() -> None:
    assert TRANSITIONS[Status.UNKNOWN] == {
        Status.RETRY,
        Status.SENT,
        Status.DELIVERED,
        Status.DELIVERY_FAILURE,
        Status.INACTIVE_DEVICE,
    }


def test_a_sent_notification_is_confirmed_fails_or_is_tried_again() -> None:
    assert TRANSITIONS[Status.SENT] == {
        Status.DELIVERED,
        Status.DELIVERY_FAILURE,
        Status.INACTIVE_DEVICE,
        Status.OPTED_OUT,
        Status.RETRY,
    }


def test_only_a_notification_that_may_have_been_sent_accepts_reports_while_it_waits() -> None:
    heard = {Status.SENT, Status.DELIVERED}

    assert TRANSITIONS[Status.RETRY] & heard == heard
    assert not TRANSITIONS[Status.SCHEDULED] & heard


def test_nothing_becomes_scheduled_again() -> None:
    assert all(Status.SCHEDULED not in following for following in TRANSITIONS.values())


def test_every_status_can_be_reached() -> None:
    reached = {Status.SCHEDULED}
    for _ in Status:
        reached |= {after for before in reached for after in TRANSITIONS[before]}

    assert reached == set(Status)


def test_only_what_was_never_tried_may_lack_an_attempt() -> None:
    assert {
        Status.SCHEDULED,
        Status.OPTED_OUT,
        Status.CANCELLED,
        Status.EXPIRED,
    } == WITHOUT_ATTEMPT
