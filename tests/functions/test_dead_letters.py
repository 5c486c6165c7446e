"""The dead letters' function over the emulator."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from functions.dead_letters.handler import lambda_handler
from infra.simulator import ses_events
from infra.simulator.ses_events import Mail
from notifications.adapters.sqs_queues import to_body
from notifications.domain.jobs import JobKind, JobState
from notifications.domain.notification import Notification
from notifications.domain.status import Status
from notifications.ports import Ports
from notifications.usecases.enqueue import wake_up_of
from notifications.usecases.jobs import begin, job_of
from tests.builders import NOON, a_notification
from tests.emulator import Emulator
from tests.functions.conftest import Context

ARN = "arn:aws:sqs:us-east-1:000000000000:"


@pytest.fixture(autouse=True)
def _prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEAD_LETTERS_PREFIX", "here-dead-letters-")


def record(body: str, queue: str = "here-dead-letters-pigeon") -> dict[str, Any]:
    """A message as the event source hands it over."""
    return {
        "messageId": str(uuid4()),
        "body": body,
        "attributes": {"ApproximateReceiveCount": "5", "SentTimestamp": "1767225600000"},
        "eventSourceARN": ARN + queue,
    }


@pytest.fixture
def lost(live: Ports) -> Notification:
    """A notification whose message was given up."""
    notification = a_notification()
    live.notifications.create([notification])
    return notification


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What the function wrote, line by line."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_its_notification_is_marked_and_the_letter_kept_and_counted(
    live: Ports, emulator: Emulator, lost: Notification, capsys: pytest.CaptureFixture[str]
) -> None:
    letter = record(to_body([wake_up_of(lost)]))

    assert lambda_handler({"Records": [letter]}, Context()) == {"batchItemFailures": []}

    [marked] = live.notifications.get([lost.id])
    assert marked is not None
    assert (marked.status, marked.timeline[-1].code) == (Status.DELIVERY_FAILURE, "dead-letter")
    kept = emulator.client("s3").list_objects_v2(Bucket="contents", Prefix="dead-letters/pigeon/")
    assert any(letter["messageId"] in each["Key"] for each in kept["Contents"])
    metrics = [line for line in told(capsys) if "_aws" in line]
    assert [(each["module"], each["DeadLetters"]) for each in metrics] == [("pigeon", [1.0])]


@pytest.mark.parametrize("body", ["", "{", "{}", '{"wake_ups": 7}'])
def test_what_cannot_be_read_is_kept_and_counted(
    live: Ports, capsys: pytest.CaptureFixture[str], body: str
) -> None:
    del live

    assert lambda_handler({"Records": [record(body)]}, Context()) == {"batchItemFailures": []}

    assert any("DeadLetters" in line for line in told(capsys))


def test_one_that_cannot_be_marked_stays_and_the_others_do_not(
    live: Ports, lost: Notification, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep: Callable[[str, str], None] = type(live.evidence).keep.__get__(live.evidence)
    bad, good = record("{}"), record(to_body([wake_up_of(lost)]))

    def failing(_store: object, name: str, text: str) -> None:
        if bad["messageId"] in name:
            raise ConnectionError
        keep(name, text)

    monkeypatch.setattr(type(live.evidence), "keep", failing)

    answer = lambda_handler({"Records": [bad, good]}, Context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": bad["messageId"]}]}
    [marked] = live.notifications.get([lost.id])
    assert marked is not None
    assert marked.is_final


def test_a_mail_event_is_entered_where_it_belongs_and_kept_without_its_address(
    live: Ports, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = a_notification(status=Status.SENT, attempted_delivery=NOON, provider_message_id="mail-1")
    live.notifications.create([sent])
    mail = Mail(
        message_id="mail-1",
        source="me@example.com",
        destination=["ann@example.com"],
        configuration_set="here",
        tags={"notification": sent.id},
    )
    body = json.dumps(ses_events.bounced(mail, "Permanent", "General"))
    letter = record(body, "here-mail-events-dead-letters")

    assert lambda_handler({"Records": [letter]}, Context()) == {"batchItemFailures": []}

    [marked] = live.notifications.get([sent.id])
    assert marked is not None
    assert (marked.status, marked.timeline[-1].event) == (Status.SENT, "dead letter")
    s3 = emulator.client("s3")
    listed = s3.list_objects_v2(Bucket="contents", Prefix="dead-letters/email/")["Contents"]
    [key] = [each["Key"] for each in listed if letter["messageId"] in each["Key"]]
    kept = s3.get_object(Bucket="contents", Key=key)["Body"].read().decode()
    assert "Bounce" in kept
    assert sent.id in kept
    assert "ann@" not in kept
    lines = told(capsys)
    assert [each["module"] for each in lines if "_aws" in each] == ["email"]
    assert "ann@" not in json.dumps(lines)


@pytest.mark.parametrize("body", ["garbage", "{}", '{"detail": {"mail": {"tags": {}}}}'])
def test_a_mail_event_of_nothing_of_ours_is_counted(
    live: Ports, capsys: pytest.CaptureFixture[str], body: str
) -> None:
    del live
    letter = record(body, "here-mail-events-dead-letters")

    assert lambda_handler({"Records": [letter]}, Context()) == {"batchItemFailures": []}

    assert any("DeadLetters" in line for line in told(capsys))


def test_a_job_that_was_cut_off_again_and_again_has_failed(live: Ports) -> None:
    job = begin(live, JobKind.REDRIVE, {})
    letters = [
        record(json.dumps({"job": job.id}), "here-jobs-dead-letters"),
        record("garbage", "here-jobs-dead-letters"),
    ]

    assert lambda_handler({"Records": letters}, Context()) == {"batchItemFailures": []}

    failed = job_of(live, job.id)
    assert (failed.state, failed.error) == (JobState.FAILED, "it was cut off again and again")
