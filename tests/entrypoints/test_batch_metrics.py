"""What a batch tells: one line that names each notification, and its metrics."""

import io
import json
from collections.abc import Sequence
from typing import Any

import pytest

from notification_core.domain.delivery import Accepted, Delivery, Outcome
from notification_core.domain.failures import (
    InvalidAddress,
    OutcomeUnknown,
    Rejected,
    RetryLater,
    Throttled,
)
from notification_core.entrypoints.batch_metrics import log_batch
from notification_core.entrypoints.consumer import batch_consumer, consumer
from notification_core.usecases.sending.batch_result import DeliveryBatchResult
from tests.builders import World
from tests.entrypoints.events import body, refusing, run, stored


def line(log: io.StringIO) -> dict[str, Any]:
    """The one line of a batch."""
    [found] = [json.loads(each) for each in log.getvalue().splitlines() if '"batch"' in each]
    return dict(found)


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (Rejected("21617"), {"status": "DELIVERY FAILURE", "code": "21617"}),
        (RetryLater("503"), {"status": "RETRY", "code": "503"}),
        (OutcomeUnknown("read-timeout"), {"status": "RETRY", "code": "read-timeout"}),
        (Throttled("429", retry_after=1), {"status": "RETRY", "code": "429"}),
        (InvalidAddress("30005"), {"status": "INACTIVE DEVICE", "code": "30005"}),
    ],
)
def test_each_attempt_is_named_with_its_number_its_end_and_its_code(
    world: World, log: io.StringIO, failure: Exception, said: dict[str, str]
) -> None:
    [notification] = stored(world)

    run(consumer(refusing(failure)), body(notification))

    assert line(log)["attempts"] == [{"notification": notification.id, "attempt": 1, **said}]


def test_the_attempt_after_a_failed_one_is_the_second(world: World, log: io.StringIO) -> None:
    [notification] = stored(world)
    run(consumer(refusing(RetryLater("503"))), body(notification))
    log.truncate(0)
    log.seek(0)
    waiting = world.stored(notification)
    assert waiting.due_at is not None
    world.watch.now = waiting.due_at

    run(consumer(lambda _: "SM1"), body(waiting))

    said = {"notification": notification.id, "attempt": 2, "status": "DELIVERED"}
    assert line(log)["attempts"] == [said]


def test_a_batch_has_one_line_and_names_its_run(world: World, log: io.StringIO) -> None:
    notifications = stored(world, 30)

    run(consumer(lambda _: None), *(body(each) for each in notifications))

    found = line(log)
    assert {each["notification"] for each in found["attempts"]} == {
        each.id for each in notifications
    }
    assert (found["Received"], found["Delivered"], found["Attempts"]) == (30, 30, 30)
    assert (found["Failed"], found["Dropped"]) == (0, 0)
    assert found["function_request_id"] == "the-request"


def test_an_outcome_of_one_message_is_not_a_failure_of_the_target(
    world: World, log: io.StringIO
) -> None:
    answers: list[Outcome] = [
        Accepted("1"),
        Rejected("21617"),
        RetryLater("503"),
        Throttled("429", retry_after=1),
        InvalidAddress("30005"),
    ]

    def send_many(deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        return answers[: len(deliveries)]

    handler = batch_consumer(send_many, size=len(answers), parallel=1)
    run(handler, *(body(each) for each in stored(world, len(answers))))

    assert (line(log)["Attempts"], line(log)["Failed"]) == (5, 2)


def test_a_batch_of_nothing_writes_no_metric(capsys: pytest.CaptureFixture[str]) -> None:
    log_batch("pigeon", 0, DeliveryBatchResult(), [])

    assert "CloudWatchMetrics" not in capsys.readouterr().out
