"""Runs a function in this process as Lambda would, and reports: `worker TASK OPTIONS RESULT`.

What the function logs goes to the standard output, the report to the file RESULT.
"""

import importlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from infra.bench.processes import Stub

PROC = Path("/proc/self/status")
Message = dict[str, Any]


class Context:
    """Lambda's context, as far as a function asks: the time that is left."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the time limit."""
        return int((self._end - time.monotonic()) * 1000)


def peak_megabytes() -> float:
    """Return the most memory that this process ever had, in MB (resident)."""
    if PROC.exists():
        # Not getrusage: there a process begins with what its parent had.
        line = next(each for each in PROC.read_text().splitlines() if each.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024**2 if sys.platform == "darwin" else peak / 1024


def dispatch(due: int, spread: float, limit: float) -> dict[str, Any]:
    """Run ticks until all is dispatched; the first one, with nothing due, is not measured."""
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


def consume(size: int) -> dict[str, Any]:
    """Consume all that waits in batches; the first batch is not measured.

    In the end one batch comes again: a message that was handled must claim nothing.
    """
    stub, handle = _function()
    events = [_event(part) for part in _batches(stub.waiting(), size)]
    failures = _handle(handle, events[:1])
    began, cpu = time.perf_counter(), time.process_time()
    failures += _handle(handle, events[1:])
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    failures += _handle(handle, events[1:2])
    return {"seconds": seconds, "cpu_seconds": cpu, "failures": failures}


def deliver_one(within: float | None = None, **said: Any) -> dict[str, Any]:
    """Schedule one notification and deliver it; `within` is its life in seconds, if it has one."""
    _, handle = _function()
    schedule = importlib.import_module("notifications.usecases.schedule")
    ports = importlib.import_module("notifications.edge.wiring").ports()
    wake_up_of = importlib.import_module("notifications.usecases.enqueue").wake_up_of
    before = None if within is None else ports.clock() + timedelta(seconds=within)
    draft = schedule.Draft(extra={}, deliver_before=before, **said)
    made = schedule.schedule(ports, "arn:aws:iam::123456789012:user/bench", draft).notifications
    wake_up = wake_up_of(made[0])
    event = _event([{"id": wake_up.id, "due_at": wake_up.due_at}])
    return {"made": len(made), "failures": _handle(handle, [event])}


def _function() -> tuple[Stub, Any]:
    """Return what stands in for AWS, and the function whose folder is on the path."""
    return Stub(os.environ["AWS_ENDPOINT_URL"]), importlib.import_module("handler").lambda_handler


def _handle(handle: Any, events: Sequence[Any]) -> int:
    """Hand over events one after another; returns how many messages are to come again."""
    return sum(len(handle(event, Context(60))["batchItemFailures"]) for event in events)


def _batches(messages: list[Message], size: int) -> list[list[Message]]:
    return [messages[start : start + size] for start in range(0, len(messages), size)]


def _event(messages: list[Message]) -> dict[str, Any]:
    return {"Records": [{"messageId": each["id"], "body": json.dumps(each)} for each in messages]}


def main() -> None:
    """Run the task that the command line names."""
    task, options, result = sys.argv[1:]
    tasks: dict[str, Callable[..., Any]] = {
        "dispatch": dispatch,
        "consume": consume,
        "deliver_one": deliver_one,
    }
    Path(result).write_text(json.dumps(tasks[task](**json.loads(options))))


if __name__ == "__main__":
    main()
