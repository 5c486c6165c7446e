"""The judge of `make chaos`: it finds what is lost, doubled or told wrongly, and nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.chaos.table import WIDTH, table
from tests.chaos.verifier import Asked, Response, Verdict, judge

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(seconds=1)
POLICIES = {"Email": "at_least_once", "Twilio": "at_most_once"}


def told(status: str, *events: str, confirmation: str | None = None) -> dict[str, Any]:
    timeline = [{"event": each, "code": "lease-lapsed"} for each in events]
    return {
        "id": "id-1",
        "status": status,
        "confirmation": confirmation,
        "timeline": timeline,
    }


def judged(
    said: dict[str, Any] | None,
    *received: datetime,
    target: str = "Email",
    no: datetime | None = None,
) -> Verdict:
    asked = Asked("n1", target, "sound", "id-1", no)
    answers = {"n1": [said]} if said else {}
    return judge([asked], answers, {"n1": received}, POLICIES)[target]


def judged_as(
    response: Response, told: list[dict[str, Any]], *received: datetime, refusal: str = ""
) -> Verdict:
    asked = Asked("n1", "Email", "sound", response=response, refusal=refusal)
    return judge([asked], {"n1": told}, {"n1": received}, POLICIES)["Email"]


@pytest.mark.parametrize(
    ("said", "received"),
    [
        (told("DELIVERED"), [NOON]),
        (told("SENT", confirmation="none"), [NOON]),
        (told("DELIVERED", "possibly_sent"), [NOON, LATER]),
        (told("UNKNOWN", "possibly_sent", "unknown"), [NOON, LATER]),
        (told("UNKNOWN", "unknown"), []),
        (told("UNKNOWN", "unknown"), [NOON]),
        (told("DELIVERY FAILURE"), []),
        (told("DELIVERY FAILURE", "possibly_sent"), [NOON]),
        (told("CANCELLED"), []),
    ],
)
def test_documented_behaviour_is_not_a_violation(
    said: dict[str, Any], received: list[datetime]
) -> None:
    verdict = judged(said, *received)

    assert verdict.faults == []
    assert verdict.ends == {said["status"]: 1}


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (None, "knows nothing"),
        (told("SCHEDULED"), "still SCHEDULED"),
        (told("SENDING"), "still SENDING"),
        (told("RETRY", "possibly_sent"), "still RETRY"),
        (told("SENT", confirmation="awaited"), "still SENT"),
        (told("DELIVERED"), "nobody has received it"),
        (told("SENT", confirmation="none"), "nobody has received it"),
    ],
)
def test_a_lost_notification_is_found(said: dict[str, Any] | None, says: str) -> None:
    verdict = judged(said)

    assert len(verdict.lost) == 1
    assert says in verdict.faults[0]


@pytest.mark.parametrize(
    "status", ["DELIVERY FAILURE", "INACTIVE DEVICE", "OPTED OUT", "CANCELLED", "EXPIRED"]
)
def test_a_status_that_lies_is_found(status: str) -> None:
    assert status in judged(told(status), NOON).faults[0]


@pytest.mark.parametrize(
    ("said", "times", "target"),
    [
        (told("DELIVERED"), 2, "Email"),
        (told("DELIVERED", "possibly_sent"), 3, "Email"),
        (told("UNKNOWN", "unknown"), 2, "Email"),
        (told("DELIVERED", "possibly_sent"), 2, "Twilio"),
    ],
)
def test_a_duplicate_outside_the_policy_is_found(
    said: dict[str, Any], times: int, target: str
) -> None:
    verdict = judged(said, *[NOON] * times, target=target)

    assert "received twice" in verdict.faults[0]


def test_an_allowed_duplicate_is_reported_with_its_reason() -> None:
    [duplicate] = judged(told("DELIVERED", "possibly_sent"), NOON, LATER).duplicates

    assert duplicate.reason == "lease-lapsed"


def test_a_send_after_an_acknowledged_opt_out_is_found() -> None:
    assert judged(told("DELIVERED"), NOON, no=LATER).faults == []
    assert "after the no" in judged(told("DELIVERED"), LATER, no=NOON).faults[0]


@pytest.mark.parametrize(
    ("notifications", "received"),
    [
        ([], []),
        ([told("DELIVERED")], [NOON]),
        ([told("DELIVERED", "possibly_sent")], [NOON, LATER]),
        ([told("DELIVERY FAILURE")], []),
    ],
)
def test_a_request_without_a_key_that_was_not_answered_may_have_been_carried_out(
    notifications: list[dict[str, Any]], received: list[datetime]
) -> None:
    verdict = judged_as(Response.NONE, notifications, *received)

    assert verdict.faults == []
    assert (verdict.unanswered, verdict.carried_out) == (1, len(notifications))
    assert verdict.asked == len(notifications) == sum(verdict.ends.values())


@pytest.mark.parametrize(
    ("notifications", "received", "says"),
    [
        ([told("DELIVERED"), told("DELIVERED") | {"id": "id-2"}], [NOON, LATER], "made 2"),
        ([told("DELIVERED")], [NOON, LATER], "received twice"),
        ([told("DELIVERED")], [], "nobody has received it"),
        ([told("RETRY")], [], "still RETRY"),
        ([told("EXPIRED")], [NOON], "it was received"),
        ([], [NOON], "the API knows nothing of it"),
    ],
)
def test_notifications_of_a_request_without_a_response_are_judged_as_any_other(
    notifications: list[dict[str, Any]], received: list[datetime], says: str
) -> None:
    faults = judged_as(Response.NONE, notifications, *received).faults

    assert any(says in each for each in faults)


def test_a_caller_that_repeats_a_request_and_has_both_is_not_a_violation() -> None:
    first = Asked("n1", "Email", "sound", response=Response.NONE)
    second = Asked("n1.1", "Email", "sound", "id-2")
    answers = {"n1": [told("DELIVERED")], "n1.1": [told("DELIVERED") | {"id": "id-2"}]}

    verdict = judge([first, second], answers, {"n1": [NOON], "n1.1": [NOON]}, POLICIES)["Email"]

    assert verdict.faults == []
    assert (verdict.asked, verdict.unanswered, verdict.carried_out) == (2, 1, 1)


def test_a_request_that_is_accepted_under_one_id_and_stored_under_another_is_found() -> None:
    asked = Asked("n1", "Email", "sound", "id-7")

    [fault] = judge([asked], {"n1": [told("DELIVERED")]}, {"n1": [NOON]}, POLICIES)["Email"].faults

    assert "id-7" in fault
    assert "knows nothing" in fault


@pytest.mark.parametrize("notifications", [[], [told("OPTED OUT")]])
def test_a_refusal_of_a_user_who_has_opted_out_is_not_a_violation(
    notifications: list[dict[str, Any]],
) -> None:
    verdict = judged_as(Response.REFUSED, notifications, refusal="opted-out")

    assert (verdict.faults, verdict.asked) == ([], 0)


@pytest.mark.parametrize(
    ("received", "refusal", "says"),
    [
        ([], "idempotency-mismatch", "refused as idempotency-mismatch"),
        ([NOON], "opted-out", "refused, and it was received"),
    ],
)
def test_a_refusal_that_lies_is_found(received: list[datetime], refusal: str, says: str) -> None:
    verdict = judged_as(Response.REFUSED, [told("DELIVERED")], *received, refusal=refusal)

    assert says in verdict.faults[0]


def test_the_table_has_80_columns_and_every_value() -> None:
    ends = {"DELIVERED": 600, "SENT": 7, "DELIVERY FAILURE": 8, "INACTIVE DEVICE": 9, "UNKNOWN": 10}
    verdict = Verdict(asked=634, ends=ends | {"OPTED OUT": 11, "CANCELLED": 12})
    verdict.duplicates = judged(told("DELIVERED"), NOON, NOON).duplicates
    verdict.unanswered, verdict.carried_out = 1234, 321

    lines = table({"Email": verdict, "Twilio": Verdict()}, {"Email": 12.3}, {"workers killed": 3})

    assert max(map(len, lines)) <= WIDTH
    said = "\n".join(lines)
    for each in (
        "634",
        "600",
        "8 DELIVERY FAILURE",
        "NOT ALLOWED",
        "3  workers killed",
        "12 s",
        "1234  Email: 321 of them",
    ):
        assert each in said
    assert "never" in said
