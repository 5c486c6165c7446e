"""Runs a function in this process as Lambda would: `worker TASK OPTIONS RESULT`.

The function's log goes to the standard output, and the report to the file RESULT.
"""

import importlib
import io
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from infra.simulator.mail.ses_events import Mail, delivered
from infra.simulator.settings import AUTH_TOKEN
from tests.benchmarks import api_worker
from tests.benchmarks.figures import BenchError
from tests.benchmarks.processes import Stub

PROC = Path("/proc/self/status")
#: A consumer's time limit.
CONSUMER_SECONDS = 60


class Context:
    """The part of Lambda's context that the functions use: the remaining time."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    aws_request_id = "bench"

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the time limit."""
        return int((self._end - time.monotonic()) * 1000)


def peak_megabytes() -> float:
    """Return the peak resident memory of this process, in MB."""
    if PROC.exists():
        # Not getrusage, whose value starts with the peak of the parent process.
        line = next(row for row in PROC.read_text().splitlines() if row.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024**2 if sys.platform == "darwin" else peak / 1024


def dispatch(due: int, spread: float, limit: float) -> dict[str, Any]:
    """Run ticks until all notifications are dispatched. A first, empty tick is not measured."""
    stub, handle = _function()
    stub.reset(module="twilio")
    handle({}, Context(limit))
    stub.reset(module="twilio", waiting=due, spread=spread)
    enqueued, ticks, complete = 0, 0, False
    began, cpu = time.perf_counter(), time.process_time()
    while not complete:
        done = handle({}, Context(limit))
        enqueued += done["enqueued"] + done["swept"]
        complete, ticks = done["complete"], ticks + 1
    return {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": time.process_time() - cpu,
        "enqueued": enqueued,
        "ticks": ticks,
        "peak_megabytes": peak_megabytes(),
    }


def consume(module: str, size: int) -> dict[str, Any]:
    """Consume all waiting notifications in batches of messages; the first batch is not measured.

    At the end one batch is repeated: messages that were handled must not claim anything.
    """
    stub, handle = _function()
    _enqueue(stub, module)
    events = _events(stub, module, size)
    failures = _handle(handle, events[:1])
    began, cpu = time.perf_counter(), time.process_time()
    failures += _handle(handle, events[1:])
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    failures += _handle(handle, events[1:2])
    measured = _named(events[1:])
    return {"seconds": seconds, "cpu_seconds": cpu, "failures": failures, "count": measured}


def deliver_some(
    module: str,
    count: int = 1,
    within: float | None = None,
    confirm: str | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """Schedule notifications, deliver them in one batch, and confirm each.

    `confirm` is `callback`, `event` or `poll`. `within` is their life in seconds, if it is limited.
    """
    stub, handle = _function()
    schedule = importlib.import_module("notification_core.usecases.sending.schedule")
    before = None if within is None else _ports().clock() + timedelta(seconds=within)
    draft = schedule.Draft(extra={}, deliver_before=before, **fields)
    caller = "arn:aws:iam::123456789012:user/bench"
    notifications = [
        schedule.schedule(_ports(), caller, draft).notifications[0] for _ in range(count)
    ]
    failures = _handle(handle, _events(stub, module, count))
    if confirm == "poll":
        failures += _poll(stub, module, handle)
    elif confirm is not None:
        for notification in notifications:
            {"callback": _confirm_by_callback, "event": _confirm_by_event}[confirm](notification.id)
    return {"made": len(notifications), "failures": failures}


def invoke(events: str) -> dict[str, Any]:
    """Pass the events of a file to the function one by one; return the answers and the log."""
    with redirect_stdout(io.StringIO()) as log:
        _, handle = _function()
        some = json.loads(Path(events).read_text())
        began = time.perf_counter()
        answers = [handle(event, Context(CONSUMER_SECONDS)) for event in some]
        seconds = time.perf_counter() - began
    return {"answers": answers, "log": log.getvalue(), "seconds": seconds}


def _poll(stub: Stub, module: str, handle: Any) -> int:
    """Move the clock to the time of the status poll, and pass its message to the function."""
    [sent] = stub.waiting()  # the notification, or the poll of all notifications
    ahead = sent["due_at"] / 1000 - time.time() + 1
    Path(os.environ["LOCAL_CLOCK"]).write_text(str(ahead))
    time.sleep(0.2)  # the functions cache the file for some milliseconds
    _enqueue(stub, module)
    return _handle(handle, _events(stub, module, 1)[-1:])


def _confirm_by_callback(notification_id: str) -> None:
    """Confirm a delivery as Twilio does, by a callback."""
    [sent] = _ports().notifications.get([notification_id])
    path = f"/callbacks/twilio/status/{sent.id}/{sent.attempt}"
    fields = {"MessageSid": sent.provider_message_id, "MessageStatus": "delivered"}
    signer = importlib.import_module("twilio.request_validator").RequestValidator(AUTH_TOKEN)
    event = {
        "httpMethod": "POST",
        "resource": "/callbacks/twilio/status/{notification}/{attempt}",
        "path": path,
        "pathParameters": {"notification": sent.id, "attempt": str(sent.attempt)},
        "headers": {
            "X-Forwarded-Proto": "https",
            "X-Twilio-Signature": signer.compute_signature(f"https://bench{path}", fields),
        },
        "requestContext": {"apiId": "bench", "domainName": "bench", "path": path},
        "body": urlencode(fields),
    }
    handle = importlib.import_module("functions.callbacks.twilio.handler").lambda_handler
    answer = handle(event, Context(CONSUMER_SECONDS))
    if answer["statusCode"] != HTTPStatus.NO_CONTENT:
        raise BenchError(f"the callback was rejected: {answer}")


def _confirm_by_event(notification_id: str) -> None:
    """Confirm a delivery as SES does, by an event."""
    [sent] = _ports().notifications.get([notification_id])
    mail = Mail(
        message_id=sent.provider_message_id,
        source="bench@example.com",
        destination=["bench@example.com"],
        configuration_set="notifications",
        tags={"notification": sent.id, "attempt": str(sent.attempt)},
    )
    event = {"region": "us-east-1", "account": "123456789012", **delivered(mail)}
    handle = importlib.import_module("functions.callbacks.ses.handler").lambda_handler
    answer = handle({"Records": [{"messageId": "1", "body": json.dumps(event)}]}, None)
    if answer["batchItemFailures"]:
        raise BenchError("the event was rejected")


def _ports() -> Any:
    return importlib.import_module("notification_core.runtime.wiring").ports()


def _enqueue(stub: Stub, module: str) -> None:
    """Send wake-ups of all waiting notifications with the real adapter, as the dispatcher does."""
    wake_up = importlib.import_module("notification_core.domain.due").WakeUp
    waiting = [(wake_up(entry["due_at"], entry["id"]), 0) for entry in stub.waiting()]
    chunk = importlib.import_module("notification_core.usecases.sending.enqueue").QUEUE_BATCH
    for start in range(0, len(waiting), chunk):
        _ports().queues.send(module, waiting[start : start + chunk])


def _events(stub: Stub, module: str, size: int) -> list[dict[str, Any]]:
    """Return the events of a queue's messages, in batches of `size`."""
    bodies = stub.messages(os.environ["QUEUE_PREFIX"] + module)
    records = [{"messageId": str(place), "body": body} for place, body in enumerate(bodies)]
    return [{"Records": records[at : at + size]} for at in range(0, len(records), size)]


def _named(events: Sequence[Any]) -> int:
    """Return the number of notifications in the events."""
    read = importlib.import_module("notification_core.adapters.sqs_queues").from_body
    return sum(len(read(record["body"])) for event in events for record in event["Records"])


def _function() -> tuple[Stub, Any]:
    """Return the stub of AWS, and the function whose folder is on the path."""
    return Stub(os.environ["AWS_ENDPOINT_URL"]), importlib.import_module("handler").lambda_handler


def _handle(handle: Any, events: Sequence[Any]) -> int:
    """Pass events to the function in order; return the number of failed messages."""
    return sum(
        len(handle(event, Context(CONSUMER_SECONDS))["batchItemFailures"]) for event in events
    )


def main() -> None:
    """Run the task of the command line."""
    task, options, result = sys.argv[1:]
    tasks: dict[str, Callable[..., Any]] = {
        "dispatch": dispatch,
        "consume": consume,
        "deliver_some": deliver_some,
        "api_begin": api_worker.begin,
        "api_count": api_worker.count,
        "api_create": api_worker.create,
        "invoke": invoke,
    }
    Path(result).write_text(json.dumps(tasks[task](**json.loads(options))))


if __name__ == "__main__":
    main()
