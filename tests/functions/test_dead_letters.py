"""The dead letters' function over the emulator."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from functions.dead_letters.handler import lambda_handler
from infra.simulator.mail import ses_events
from infra.simulator.mail.ses_events import Mail
from notification_core.adapters.sqs_queues import to_body
from notification_core.domain.jobs import JobKind, JobState
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.ports import Ports
from notification_core.usecases.administration.jobs import get_job, start_job
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import NOON, a_module, a_notification
from tests.emulator import Emulator
from tests.functions.lambda_calls import Context

PIGEON, JOBS = "here-dead-letters-pigeon", "here-jobs-dead-letters"
MAIL = "here-mail-events-dead-letters"


class Letters:
    """The dead-letter queues of a deployment named `here`."""

    def __init__(self, emulator: Emulator) -> None:
        self._sqs = emulator.client("sqs")
        self._urls = {
            name: self._sqs.create_queue(QueueName=name)["QueueUrl"]
            for name in (PIGEON, JOBS, MAIL)
        }

    def put(self, body: str, queue: str = PIGEON) -> str:
        """Put a message on a queue, and return its id."""
        sent = self._sqs.send_message(QueueUrl=self._urls[queue], MessageBody=body)
        return str(sent["MessageId"])

    def left(self) -> int:
        """How many messages the queues hold, the hidden ones too."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = [
            self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
            for url in self._urls.values()
        ]
        return sum(int(each[name]) for each in found for name in names)

    def empty(self) -> None:
        """Remove everything."""
        for url in self._urls.values():
            self._sqs.purge_queue(QueueUrl=url)


@pytest.fixture
def letters(live: Ports, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Letters]:
    """The queues, with nothing on them, and the function that knows them."""
    monkeypatch.setenv("DEAD_LETTERS_PREFIX", "here-dead-letters-")
    monkeypatch.setenv("SYSTEM_DEAD_LETTERS", f"{JOBS},here-no-such-dead-letters,{MAIL}")
    live.modules.put(a_module(name="pigeon"))
    yield (found := Letters(emulator))
    found.empty()
    live.modules.remove("pigeon")


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
    live: Ports,
    emulator: Emulator,
    letters: Letters,
    lost: Notification,
    capsys: pytest.CaptureFixture[str],
) -> None:
    letter = letters.put(to_body([wake_up_for(lost)]))

    assert lambda_handler({}, Context()) == {"marked": 1, "failed": 0}

    [marked] = live.notifications.get([lost.id])
    assert marked is not None
    assert (marked.status, marked.timeline[-1].code) == (Status.DELIVERY_FAILURE, "dead-letter")
    kept = emulator.client("s3").list_objects_v2(Bucket="contents", Prefix="dead-letters/pigeon/")
    assert any(letter in each["Key"] for each in kept["Contents"])
    assert letters.left() == 0
    metrics = [line for line in told(capsys) if "_aws" in line]
    assert [(each["module"], each["DeadLetters"]) for each in metrics] == [("pigeon", [1.0])]


@pytest.mark.parametrize("body", ["garbage", "{", "{}", '{"wake_ups": 7}'])
def test_an_unreadable_dead_letter_is_kept_and_counted(
    letters: Letters, capsys: pytest.CaptureFixture[str], body: str
) -> None:
    letters.put(body)

    assert lambda_handler({}, Context()) == {"marked": 1, "failed": 0}

    assert any("DeadLetters" in line for line in told(capsys))


def test_one_that_cannot_be_marked_stays_and_the_others_do_not(
    live: Ports, letters: Letters, lost: Notification, monkeypatch: pytest.MonkeyPatch
) -> None:
    put: Callable[[str, str], None] = type(live.evidence).put.__get__(live.evidence)
    bad = letters.put("{}")
    letters.put(to_body([wake_up_for(lost)]))

    def failing(_store: object, name: str, text: str) -> None:
        if bad in name:
            raise ConnectionError
        put(name, text)

    monkeypatch.setattr(type(live.evidence), "put", failing)

    assert lambda_handler({}, Context()) == {"marked": 1, "failed": 1}

    assert letters.left() == 1
    [marked] = live.notifications.get([lost.id])
    assert marked is not None
    assert marked.is_final


def test_a_mail_event_is_entered_where_it_belongs_and_kept_without_its_address(
    live: Ports, emulator: Emulator, letters: Letters, capsys: pytest.CaptureFixture[str]
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
    letter = letters.put(body, MAIL)

    assert lambda_handler({}, Context()) == {"marked": 1, "failed": 0}

    [marked] = live.notifications.get([sent.id])
    assert marked is not None
    assert (marked.status, marked.timeline[-1].event) == (Status.SENT, "dead_letter")
    s3 = emulator.client("s3")
    listed = s3.list_objects_v2(Bucket="contents", Prefix="dead-letters/email/")["Contents"]
    [key] = [each["Key"] for each in listed if letter in each["Key"]]
    kept = s3.get_object(Bucket="contents", Key=key)["Body"].read().decode()
    assert "Bounce" in kept
    assert sent.id in kept
    assert "ann@" not in kept
    lines = told(capsys)
    assert [each["module"] for each in lines if "_aws" in each] == ["email"]
    assert "ann@" not in json.dumps(lines)


@pytest.mark.parametrize("body", ["garbage", "{}", '{"detail": {"mail": {"tags": {}}}}'])
def test_a_mail_event_about_an_unknown_mail_is_counted(
    letters: Letters, capsys: pytest.CaptureFixture[str], body: str
) -> None:
    letters.put(body, MAIL)

    assert lambda_handler({}, Context()) == {"marked": 1, "failed": 0}

    assert any("DeadLetters" in line for line in told(capsys))


def test_a_job_that_was_cut_off_again_and_again_has_failed(live: Ports, letters: Letters) -> None:
    job = start_job(live, JobKind.REDRIVE, {})
    letters.put(json.dumps({"job": job.id}), JOBS)
    letters.put("garbage", JOBS)

    assert lambda_handler({}, Context()) == {"marked": 2, "failed": 0}

    failed = get_job(live, job.id)
    assert (failed.state, failed.error) == (
        JobState.FAILED,
        "its function was interrupted repeatedly",
    )


def test_all_waiting_messages_are_taken_at_once(letters: Letters) -> None:
    for number in range(35):
        letters.put(f"garbage {number}", (PIGEON, JOBS, MAIL)[number % 3])

    assert lambda_handler({}, Context()) == {"marked": 35, "failed": 0}
    assert letters.left() == 0


def test_dead_letters_without_time_wait_for_the_next_minute(letters: Letters) -> None:
    letters.put("garbage")
    late = Context()
    late.get_remaining_time_in_millis = lambda: 9_000  # type: ignore[method-assign]

    assert lambda_handler({}, late) == {"marked": 0, "failed": 0}
    assert letters.left() == 1
