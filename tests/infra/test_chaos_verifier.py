"""The verifier of `make chaos` reports lost, duplicated and contradictory results only."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.chaos.edits import Message
from tests.chaos.table import WIDTH, table
from tests.chaos.verifier import NotificationRequest, Response, Verdict, verify

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(seconds=1)
POLICIES = {"Email": "at_least_once", "Twilio": "at_most_once"}


def stored(status: str, *events: str, confirmation: str | None = None) -> dict[str, Any]:
    timeline = [{"event": event, "code": "lease-lapsed"} for event in events]
    return {
        "id": "id-1",
        "status": status,
        "confirmation": confirmation,
        "timeline": timeline,
    }


def verified(
    notification: dict[str, Any] | None,
    *received: datetime,
    target: str = "Email",
    no: datetime | None = None,
) -> Verdict:
    request = NotificationRequest("n1", target, "healthy", "id-1", no)
    answers = {"n1": [notification]} if notification else {}
    return verify([request], answers, {"n1": [Message(at) for at in received]}, POLICIES)[target]


def verify_response(
    response: Response, notifications: list[dict[str, Any]], *received: datetime, refusal: str = ""
) -> Verdict:
    request = NotificationRequest("n1", "Email", "healthy", response=response, refusal=refusal)
    return verify(
        [request], {"n1": notifications}, {"n1": [Message(at) for at in received]}, POLICIES
    )["Email"]


@pytest.mark.parametrize(
    ("notification", "received"),
    [
        (stored("DELIVERED"), [NOON]),
        (stored("SENT", confirmation="none"), [NOON]),
        (stored("DELIVERED", "possibly_sent"), [NOON, LATER]),
        (stored("UNKNOWN", "possibly_sent", "unknown"), [NOON, LATER]),
        (stored("UNKNOWN", "unknown"), []),
        (stored("UNKNOWN", "unknown"), [NOON]),
        (stored("DELIVERY FAILURE"), []),
        (stored("DELIVERY FAILURE", "possibly_sent"), [NOON]),
        (stored("CANCELLED"), []),
    ],
)
def test_documented_behaviour_is_not_a_violation(
    notification: dict[str, Any], received: list[datetime]
) -> None:
    verdict = verified(notification, *received)

    assert verdict.faults == []
    assert verdict.ends == {notification["status"]: 1}


@pytest.mark.parametrize(
    ("notification", "says"),
    [
        (None, "knows nothing"),
        (stored("SCHEDULED"), "still SCHEDULED"),
        (stored("SENDING"), "still SENDING"),
        (stored("RETRY", "possibly_sent"), "still RETRY"),
        (stored("SENT", confirmation="awaited"), "still SENT"),
        (stored("DELIVERED"), "it was not received"),
        (stored("SENT", confirmation="none"), "it was not received"),
    ],
)
def test_a_lost_notification_is_found(notification: dict[str, Any] | None, says: str) -> None:
    verdict = verified(notification)

    assert len(verdict.lost) == 1
    assert says in verdict.faults[0]


@pytest.mark.parametrize(
    "status", ["DELIVERY FAILURE", "INACTIVE DEVICE", "OPTED OUT", "CANCELLED", "EXPIRED"]
)
def test_a_status_that_lies_is_found(status: str) -> None:
    assert status in verified(stored(status), NOON).faults[0]


@pytest.mark.parametrize(
    ("notification", "times", "target"),
    [
        (stored("DELIVERED"), 2, "Email"),
        (stored("DELIVERED", "possibly_sent"), 3, "Email"),
        (stored("UNKNOWN", "unknown"), 2, "Email"),
        (stored("DELIVERED", "possibly_sent"), 2, "Twilio"),
    ],
)
def test_a_duplicate_outside_the_policy_is_found(
    notification: dict[str, Any], times: int, target: str
) -> None:
    verdict = verified(notification, *[NOON] * times, target=target)

    assert "received twice" in verdict.faults[0]


def test_an_allowed_duplicate_is_reported_with_its_reason() -> None:
    [duplicate] = verified(stored("DELIVERED", "possibly_sent"), NOON, LATER).duplicates

    assert duplicate.reason == "lease-lapsed"


def test_a_send_after_an_acknowledged_opt_out_is_found() -> None:
    assert verified(stored("DELIVERED"), NOON, no=LATER).faults == []
    assert "after the withdrawal" in verified(stored("DELIVERED"), LATER, no=NOON).faults[0]


@pytest.mark.parametrize(
    ("notifications", "received"),
    [
        ([], []),
        ([stored("DELIVERED")], [NOON]),
        ([stored("DELIVERED", "possibly_sent")], [NOON, LATER]),
        ([stored("DELIVERY FAILURE")], []),
    ],
)
def test_a_request_without_a_key_that_was_not_answered_may_have_been_carried_out(
    notifications: list[dict[str, Any]], received: list[datetime]
) -> None:
    verdict = verify_response(Response.NONE, notifications, *received)

    assert verdict.faults == []
    assert (verdict.unanswered, verdict.executed) == (1, len(notifications))
    assert verdict.requested == len(notifications) == sum(verdict.ends.values())


@pytest.mark.parametrize(
    ("notifications", "received", "says"),
    [
        ([stored("DELIVERED"), stored("DELIVERED") | {"id": "id-2"}], [NOON, LATER], "created 2"),
        ([stored("DELIVERED")], [NOON, LATER], "received twice"),
        ([stored("DELIVERED")], [], "it was not received"),
        ([stored("RETRY")], [], "still RETRY"),
        ([stored("EXPIRED")], [NOON], "it was received"),
        ([], [NOON], "the API knows nothing of it"),
    ],
)
def test_notifications_of_a_request_without_a_response_are_judged_as_any_other(
    notifications: list[dict[str, Any]], received: list[datetime], says: str
) -> None:
    faults = verify_response(Response.NONE, notifications, *received).faults

    assert any(says in fault for fault in faults)


def test_a_caller_that_repeats_a_request_and_has_both_is_not_a_violation() -> None:
    first = NotificationRequest("n1", "Email", "healthy", response=Response.NONE)
    second = NotificationRequest("n1.1", "Email", "healthy", "id-2")
    answers = {"n1": [stored("DELIVERED")], "n1.1": [stored("DELIVERED") | {"id": "id-2"}]}

    verdict = verify(
        [first, second], answers, {"n1": [Message(NOON)], "n1.1": [Message(NOON)]}, POLICIES
    )["Email"]

    assert verdict.faults == []
    assert (verdict.requested, verdict.unanswered, verdict.executed) == (2, 1, 1)


def test_a_request_that_is_accepted_under_one_id_and_stored_under_another_is_found() -> None:
    request = NotificationRequest("n1", "Email", "healthy", "id-7")

    [fault] = verify([request], {"n1": [stored("DELIVERED")]}, {"n1": [Message(NOON)]}, POLICIES)[
        "Email"
    ].faults

    assert "id-7" in fault
    assert "knows nothing" in fault


@pytest.mark.parametrize("notifications", [[], [stored("OPTED OUT")]])
def test_a_refusal_of_a_user_who_has_opted_out_is_not_a_violation(
    notifications: list[dict[str, Any]],
) -> None:
    verdict = verify_response(Response.REFUSED, notifications, refusal="opted-out")

    assert (verdict.faults, verdict.requested) == ([], 0)


@pytest.mark.parametrize(
    ("received", "refusal", "says"),
    [
        ([], "idempotency-mismatch", "refused as idempotency-mismatch"),
        ([NOON], "opted-out", "refused, and it was received"),
    ],
)
def test_a_refusal_that_lies_is_found(received: list[datetime], refusal: str, says: str) -> None:
    verdict = verify_response(Response.REFUSED, [stored("DELIVERED")], *received, refusal=refusal)

    assert says in verdict.faults[0]


def test_the_table_has_80_columns_and_every_value() -> None:
    ends = {"DELIVERED": 600, "SENT": 7, "DELIVERY FAILURE": 8, "INACTIVE DEVICE": 9, "UNKNOWN": 10}
    verdict = Verdict(requested=634, ends=ends | {"OPTED OUT": 11, "CANCELLED": 12})
    verdict.duplicates = verified(stored("DELIVERED"), NOON, NOON).duplicates
    verdict.unanswered, verdict.executed = 1234, 321

    lines = table({"Email": verdict, "Twilio": Verdict()}, {"Email": 12.3}, {"workers killed": 3})

    assert max(map(len, lines)) <= WIDTH
    text = "\n".join(lines)
    for each in (
        "634",
        "600",
        "8 DELIVERY FAILURE",
        "NOT ALLOWED",
        "3  workers killed",
        "12 s",
        "1234  Email: 321 of them",
    ):
        assert each in text
    assert "never" in text
