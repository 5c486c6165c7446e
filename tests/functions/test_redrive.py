"""The API and the background worker over the emulator: what failed is redriven."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions.jobs.handler import lambda_handler
from notification_core.domain.claim import Claim
from notification_core.domain.clock import utc_now
from notification_core.domain.failures import Rejected
from notification_core.domain.timing import LEASE
from notification_core.domain.transitions import Transition
from notification_core.ports import Ports
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.emulator import Emulator
from tests.functions.lambda_calls import Answer, Api, Context

CODE = "30007"


@pytest.fixture
def lost(api: Api, live: Ports, user: str) -> str:
    """A notification that a provider refused; returns its id."""
    record = {"user": user, "target": "Twilio", "target_user_id": "+15551234567"}
    api("POST", "/target-user-records", record)
    asked = {"user": user, "title": "t", "body": "b"}
    [made] = api("POST", "/notifications", asked).body["items"]
    [stored] = live.notifications.get([made["id"]])
    assert stored is not None
    now = utc_now()
    [claimed] = live.notifications.claim(
        [wake_up_for(stored)], Claim("t", now + LEASE), now, "twilio"
    )
    failed = claimed.failed(now, Rejected(CODE, "filtered"))  # type: ignore[union-attr]
    assert live.notifications.advance([Transition(claimed, failed)]) == [True]  # type: ignore[arg-type]
    return str(made["id"])


class Taken:
    """Takes what lies on a queue, as an event source does."""

    def __init__(self, sqs: Any, url: str) -> None:
        self.sqs, self.url = sqs, url

    def event(self) -> dict[str, Any]:
        found = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=1)["Messages"]
        return {"Records": [{"body": each["Body"]} for each in found]}


@pytest.fixture
def messages(emulator: Emulator) -> Iterator[Taken]:
    """The jobs' queue: empty before, and what has been put on it."""
    sqs = emulator.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    sqs.purge_queue(QueueUrl=url)
    yield Taken(sqs, url)
    sqs.purge_queue(QueueUrl=url)


def redriven(api: Api, messages: Taken, **asked: Any) -> Answer:
    """Redrive, and let the worker do it."""
    begun = api("POST", "/notifications/redrive", asked)
    assert (begun.status, begun.body["state"]) == (202, "running"), begun
    lambda_handler(messages.event(), Context())
    return api("GET", f"/jobs/{begun.body['id']}")


def test_failed_notifications_are_counted_first_and_then_wait_again(
    api: Api, messages: Taken, lost: str
) -> None:
    dry = redriven(api, messages, ids=[lost], dry_run=True)
    assert (dry.body["state"], dry.body["dry_run"]) == ("done", True)
    assert dry.body["counts"] == {"found": 1, "redriven": 1}
    assert api("GET", f"/notifications/{lost}").body["status"] == "DELIVERY FAILURE"

    done = redriven(api, messages, ids=[lost])
    assert (done.body["state"], done.body["counts"]) == ("done", {"found": 1, "redriven": 1})
    after = api("GET", f"/notifications/{lost}").body
    assert (after["status"], after["timeline"][-1]["event"]) == ("RETRY", "redriven")
    assert after["next_attempt"] is not None
    assert redriven(api, messages, ids=[lost]).body["counts"] == {"found": 1, "not_failed": 1}


def test_a_filter_finds_it_by_target_code_and_time(api: Api, messages: Taken, lost: str) -> None:
    failed_at = api("GET", f"/notifications/{lost}").body["updated_at"]
    asked = {"target": "Twilio", "error_code": CODE, "since": failed_at}

    counts = redriven(api, messages, **asked, max_per_second=0.5, max_retries=1).body["counts"]

    assert counts["redriven"] >= 1
    after = api("GET", f"/notifications/{lost}").body
    assert (after["status"], after["max_retries"]) == ("RETRY", after["retry_attempts"] + 1)


def test_the_failures_of_a_target_are_listed(api: Api, lost: str) -> None:
    query = {"target": "Twilio", "status": "DELIVERY FAILURE", "limit": 100}

    assert lost in [each["id"] for each in api("GET", "/notifications", query=query).body["items"]]


def test_a_time_without_an_offset_and_a_listing_of_nothing_are_refused(api: Api) -> None:
    assert api("GET", "/notifications").fields == {"user"}
    both = {"user": "u", "target": "Twilio"}
    assert api("GET", "/notifications", query=both).fields == {"user"}
    wrong = {"target": "Twilio", "status": "DELIVERED"}
    assert api("GET", "/notifications", query=wrong).fields == {"status"}


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "request"),
        ({"dry_run": True}, "request"),
        ({"ids": ["x"], "target": "Email"}, "request"),
        ({"ids": []}, "ids"),
        ({"ids": ["x"] * 1001}, "ids"),
        ({"target": "Email", "statuses": ["DELIVERED"]}, "statuses"),
        ({"target": "Email", "statuses": ["LOST"]}, "statuses.0"),
        ({"target": "Email", "since": "2026-01-01T00:00:00"}, "since"),
        (
            {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
            "request",
        ),
        ({"target": "Email", "max_per_second": 0}, "max_per_second"),
        ({"target": "Email", "max_per_second": "5"}, "max_per_second"),
        ({"target": "Email", "max_retries": 0}, "max_retries"),
        ({"target": "Email", "dry_run": "yes"}, "dry_run"),
        ({"target": "Email", "code": "1"}, "code"),
    ],
)
def test_a_mistake_is_named(api: Api, asked: dict[str, Any], field: str) -> None:
    answer = api("POST", "/notifications/redrive", asked)

    assert (answer.status, answer.fields) == (422, {field})


def test_a_target_or_a_job_that_there_is_not_is_named(api: Api) -> None:
    assert api("POST", "/notifications/redrive", {"target": "Owl"}).code == "unknown-target"
    assert api("GET", "/jobs/nothing").code == "not-found"


def test_a_message_about_no_job_is_handed_over_again(live: Ports) -> None:
    del live
    with pytest.raises(ValueError, match="not a message about a job"):
        lambda_handler({"Records": [{"body": json.dumps({"wake_ups": []})}]}, Context())
