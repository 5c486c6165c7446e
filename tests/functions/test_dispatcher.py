"""The dispatcher function: the real index, cursors and queues of the emulator."""

import json
from datetime import timedelta
from typing import Any
from urllib.request import urlopen
from uuid import uuid4

import pytest

from functions.dispatcher.handler import lambda_handler
from notification_core.adapters.sqs_queues import from_body
from notification_core.domain.clock import to_epoch_ms, utc_now
from notification_core.domain.due import WakeUp, shards_of
from notification_core.domain.jobs import Job, JobKind
from notification_core.domain.modules import Pause, PausedBy
from notification_core.ports import Ports
from tests.builders import SHARDS, a_module, a_notification, move_cursor
from tests.emulator import Emulator
from tests.functions.lambda_calls import Context


@pytest.fixture
def module(live: Ports, emulator: Emulator) -> str:
    """A module with a queue of its own."""
    name = f"module-{uuid4()}"
    emulator.client("sqs").create_queue(QueueName=f"deliver-{name}")
    live.modules.put(a_module(name=name))
    return name


def enqueued(emulator: Emulator, module: str) -> list[WakeUp]:
    """What the module's queue holds, delayed messages included."""
    with urlopen(f"{emulator.url}/_ministack/sqs/messages", timeout=5) as answer:
        accounts = json.loads(answer.read())["messages"].values()
    return [
        wake_up
        for regions in accounts
        for queues in regions.values()
        for url, messages in queues.items()
        if url.endswith(f"/deliver-{module}")
        for message in messages
        for wake_up in from_body(message["Body"])
    ]


def test_a_due_notification_is_enqueued_once(live: Ports, emulator: Emulator, module: str) -> None:
    soon = utc_now() + timedelta(seconds=30)
    live.notifications.create(
        [
            *(a_notification(module=module, scheduled_delivery=soon) for _ in range(25)),
            a_notification(module=module, scheduled_delivery=soon + timedelta(hours=1)),
        ]
    )

    first = lambda_handler({}, Context())
    assert (first["complete"], len(enqueued(emulator, module))) == (True, 25)
    second = lambda_handler({}, Context())
    assert (second["enqueued"], len(enqueued(emulator, module))) == (0, 25)


def test_a_notification_that_lost_its_message_is_swept(live: Ports, module: str) -> None:
    overdue = a_notification(module=module, scheduled_delivery=utc_now() - timedelta(minutes=10))
    live.notifications.create([overdue])
    for shard in shards_of(module, SHARDS):
        move_cursor(live, module, shard, WakeUp(to_epoch_ms(utc_now()), ""))

    lambda_handler({}, Context())

    assert live.queues.depth(module) == 1


def test_a_tick_logs_the_age_of_each_overdue_backlog(
    live: Ports, module: str, capsys: pytest.CaptureFixture[str]
) -> None:
    overdue = a_notification(module=module, scheduled_delivery=utc_now() - timedelta(minutes=10))
    live.notifications.create([overdue])
    person = Pause(by=PausedBy.PERSON, reason="a test", code="", since=utc_now())
    live.modules.pause(module, person)

    lambda_handler({}, Context())
    live.modules.resume(module)

    said = [json.loads(each) for each in capsys.readouterr().out.splitlines() if "_aws" in each]
    [age] = [each for each in said if "BacklogAge" in each and each["module"] == module]
    assert all(each["BacklogAge"] > [0] for each in said if "BacklogAge" in each)
    assert 600 <= age["BacklogAge"][0] < 660


def test_a_module_whose_queue_was_removed_does_not_stop_the_others(
    live: Ports, module: str
) -> None:
    lost = f"a-{uuid4()}"
    live.modules.put(a_module(name=lost))
    for name in (lost, module):
        live.notifications.create([a_notification(module=name, scheduled_delivery=utc_now())])

    answer = lambda_handler({}, Context())
    live.modules.remove(lost)

    assert answer["complete"] is False
    assert live.queues.depth(module) == 1


def stored_job(live: Ports, *, ago: timedelta) -> str:
    """A running job that last moved so long ago; returns its id."""
    moved = utc_now() - ago
    job = Job(
        id=str(uuid4()),
        kind=JobKind.REDRIVE,
        parameters={"ids": []},
        created_at=moved,
        updated_at=moved,
    )
    assert live.jobs.put(job)
    return job.id


def told(capsys: pytest.CaptureFixture[str], metric: str) -> list[dict[str, Any]]:
    """The metric records that name this metric."""
    said = [json.loads(each) for each in capsys.readouterr().out.splitlines() if "_aws" in each]
    return [each for each in said if metric in each]


def test_a_job_that_lost_its_message_is_put_on_its_queue_and_returned(
    live: Ports, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    sqs = emulator.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    lambda_handler({}, Context())  # wakes what other tests have left
    capsys.readouterr()
    sqs.purge_queue(QueueUrl=url)
    stalled = stored_job(live, ago=timedelta(hours=1))
    stored_job(live, ago=timedelta(minutes=1))

    lambda_handler({}, Context())
    first = told(capsys, "StalledJobs")
    lambda_handler({}, Context())

    [message] = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert json.loads(message["Body"]) == {"job": stalled}
    assert [(each["StalledJobs"], each["module"]) for each in first] == [([1], "jobs")]
    assert told(capsys, "StalledJobs") == [], "it was woken a moment ago"
    sqs.purge_queue(QueueUrl=url)


def test_jobs_that_cannot_be_read_hold_no_notification_up(
    live: Ports, emulator: Emulator, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> list[str]:
        raise TimeoutError

    monkeypatch.setattr(type(live.jobs), "stalled", refused)
    live.notifications.create([a_notification(module=module, scheduled_delivery=utc_now())])

    answer = lambda_handler({}, Context())

    assert answer["complete"] is True
    assert len(enqueued(emulator, module)) == 1
