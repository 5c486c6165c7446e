"""`notify reschedule` says what became of the change."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cli.conftest import Gateway, Ran

WHEN = "2030-01-31T09:30:00+00:00"


def answer(result: str, status: str = "SCHEDULED", due: str | None = WHEN) -> dict[str, Any]:
    """Return what the API says of a change, as far as the command reads it."""
    return {"result": result, "notification": {"status": status, "next_attempt": due}}


def test_it_moves_the_notification_and_says_when_it_is_due(
    gateway: Gateway, on_aws: Callable[..., Ran]
) -> None:
    gateway.answers = [(200, answer("changed"))]

    ran = on_aws("reschedule", "n-1", "2030-01-31T09:30Z", "--no-before")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Rescheduled: it is due at ")
    [request] = gateway.seen
    assert (request["method"], request["path"]) == ("PATCH", "/v1/notifications/n-1")
    assert json.loads(request["body"]) == {"scheduled_delivery": WHEN, "deliver_before": None}


@pytest.mark.parametrize(
    ("result", "status", "code", "says"),
    [
        ("unchanged", "SCHEDULED", 0, "Nothing to change"),
        ("too_late", "SENDING", 1, "Too late"),
        ("already_final", "CANCELLED", 1, "already ended. Its status is CANCELLED."),
    ],
)
def test_the_exit_code_says_whether_it_is_due_at_that_time(
    gateway: Gateway, on_aws: Callable[..., Ran], result: str, status: str, code: int, says: str
) -> None:
    gateway.answers = [(200, answer(result, status, None if code else WHEN))]

    ran = on_aws("reschedule", "n-1", WHEN, "--before", "2030-02-01T09:30Z")

    assert ran.code == code
    assert says in " ".join(ran.out.split())


@pytest.mark.parametrize("when", ["2h", "+2h"])
def test_a_duration_counts_from_now(
    gateway: Gateway, on_aws: Callable[..., Ran], when: str
) -> None:
    gateway.answers = [(200, answer("changed"))]
    before = datetime.now(UTC)

    assert on_aws("reschedule", "n-1", when).code == 0

    [request] = gateway.seen
    at = datetime.fromisoformat(json.loads(request["body"])["scheduled_delivery"])
    assert timedelta(hours=2) <= at - before < timedelta(hours=2, minutes=5)


def test_a_time_in_the_past_is_refused_because_it_would_be_sent_at_once(
    gateway: Gateway, on_aws: Callable[..., Ran]
) -> None:
    ran = on_aws("reschedule", "n-1", "2020-01-31T09:30+01:00")

    assert ran.code == 2
    assert "is in the past; write now" in " ".join(ran.err.replace("│", "").split())
    assert gateway.seen == []


def test_an_unknown_notification_is_not_found(gateway: Gateway, on_aws: Callable[..., Ran]) -> None:
    detail = "There is no notification n-1."
    gateway.answers = [(404, {"type": "urn:notifications:problem:not-found", "detail": detail})]

    ran = on_aws("reschedule", "n-1", "now")

    assert ran.code == 1
    assert detail in ran.err


def test_a_time_that_is_not_one_is_refused(gateway: Gateway, on_aws: Callable[..., Ran]) -> None:
    assert on_aws("reschedule", "n-1", "someday").code == 2
    assert on_aws("reschedule", "n-1", WHEN, "--before", WHEN, "--no-before").code == 2
    assert gateway.seen == []
