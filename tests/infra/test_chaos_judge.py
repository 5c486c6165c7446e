"""The judge of `make chaos`: it finds what is lost, doubled or told wrongly, and nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.chaos.judge import Asked, Verdict, judge
from infra.chaos.table import WIDTH, table

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(seconds=1)
POLICIES = {"Email": "at_least_once", "Twilio": "at_most_once"}


def told(status: str, *events: str, confirmation: str | None = None) -> dict[str, Any]:
    timeline = [{"event": each, "code": "lease-lapsed"} for each in events]
    return {"status": status, "confirmation": confirmation, "timeline": timeline}


def judged(
    said: dict[str, Any] | None,
    *received: datetime,
    target: str = "Email",
    no: datetime | None = None,
) -> Verdict:
    asked = Asked("n1", target, "sound", "id-1", no)
    answers = {"id-1": said}
    return judge([asked], answers, {"n1": received}, POLICIES)[target]


@pytest.mark.parametrize(
    ("said", "received"),
    [
        (told("DELIVERED"), [NOON]),
        (told("SENT", confirmation="none"), [NOON]),
        (told("DELIVERED", "may have gone"), [NOON, LATER]),
        (told("UNKNOWN", "may have gone", "unknown"), [NOON, LATER]),
        (told("UNKNOWN", "unknown"), []),
        (told("UNKNOWN", "unknown"), [NOON]),
        (told("DELIVERY FAILURE"), []),
        (told("DELIVERY FAILURE", "may have gone"), [NOON]),
        (told("CANCELLED"), []),
    ],
)
def test_what_is_promised_is_no_fault(said: dict[str, Any], received: list[datetime]) -> None:
    verdict = judged(said, *received)

    assert verdict.faults == []
    assert verdict.ends == {said["status"]: 1}


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (None, "knows nothing"),
        (told("SCHEDULED"), "still SCHEDULED"),
        (told("SENDING"), "still SENDING"),
        (told("RETRY", "may have gone"), "still RETRY"),
        (told("SENT", confirmation="awaited"), "still SENT"),
        (told("DELIVERED"), "nobody has received it"),
        (told("SENT", confirmation="none"), "nobody has received it"),
    ],
)
def test_what_is_lost_is_found(said: dict[str, Any] | None, says: str) -> None:
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
        (told("DELIVERED", "may have gone"), 3, "Email"),
        (told("UNKNOWN", "unknown"), 2, "Email"),
        (told("DELIVERED", "may have gone"), 2, "Twilio"),
    ],
)
def test_a_duplicate_outside_the_policy_is_found(
    said: dict[str, Any], times: int, target: str
) -> None:
    verdict = judged(said, *[NOON] * times, target=target)

    assert "received twice" in verdict.faults[0]


def test_an_allowed_duplicate_is_told_with_its_reason() -> None:
    [duplicate] = judged(told("DELIVERED", "may have gone"), NOON, LATER).duplicates

    assert duplicate.reason == "lease-lapsed"


def test_what_was_sent_after_an_acknowledged_no_is_found() -> None:
    assert judged(told("DELIVERED"), NOON, no=LATER).faults == []
    assert "after the no" in judged(told("DELIVERED"), LATER, no=NOON).faults[0]


def test_the_table_has_80_columns_and_tells_all_of_it() -> None:
    ends = {"DELIVERED": 600, "SENT": 7, "DELIVERY FAILURE": 8, "INACTIVE DEVICE": 9, "UNKNOWN": 10}
    verdict = Verdict(asked=634, ends=ends | {"OPTED OUT": 11, "CANCELLED": 12})
    verdict.duplicates = judged(told("DELIVERED"), NOON, NOON).duplicates

    lines = table({"Email": verdict, "Twilio": Verdict()}, {"Email": 12.3}, {"workers killed": 3})

    assert max(map(len, lines)) <= WIDTH
    said = "\n".join(lines)
    for each in ("634", "600", "8 DELIVERY FAILURE", "NOT ALLOWED", "3  workers killed", "12 s"):
        assert each in said
    assert "never" in said
