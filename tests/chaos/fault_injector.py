"""Faults from outside the stack: killed workers, restarts, a stopped clock, forged messages."""

import json
import os
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from threading import Event, Thread
from typing import Any
from uuid import uuid4

from infra.local.cloud import Cloud
from infra.local.layout import STACK
from infra.local.stack import LocalStack

#: The program in which the emulator runs a Python function.
WORKER = "_worker.py"
#: Wake-ups of one forged message: more than any real message has.
FORGED_WAKE_UPS = 2_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A notification in the table."""

    id: str
    status: str
    module: str
    due_at: int  #: epoch milliseconds; 0 if it is no longer due
    target: str  #: the target's id

    @property
    def wake_up(self) -> dict[str, Any]:
        """The notification's entry in a queue message."""
        return {"id": self.id, "due_at": self.due_at}


class FaultInjector:
    """Injects the faults and counts them.

    Args:
        stack: the stack under test, with its own emulator and simulator.
        random: selects workers, notifications and forgeries.
        counts: the number of faults by name.
    """

    def __init__(self, stack: LocalStack, random: Random, counts: Counter[str]) -> None:
        self._stack = stack
        self._random = random
        self._access = stack.access()
        self._cloud = Cloud(self._access["endpoint_url"])
        self._sqs = self._cloud.client("sqs")
        self._dynamodb = self._cloud.client("dynamodb")
        self._scheduler = self._cloud.client("scheduler")
        self._schedule = self._scheduler.list_schedules()["Schedules"][0]
        self._table = self._cloud.variables(self._access["functions"]["Dispatcher"])[
            "NOTIFICATIONS_TABLE"
        ]
        self.counts = counts

    def kill(self) -> None:
        """Kill one worker of a function, regardless of its current work."""
        workers = workers_of(self._stack.emulator_pid)
        if workers:
            with suppress(ProcessLookupError):
                os.kill(self._random.choice(workers), signal.SIGKILL)
                self.counts["workers killed"] += 1

    def restart(self) -> None:
        """Restart the emulator with its state, which ends every worker."""
        over = Event()
        reaper = Thread(target=_reap, args=(self._stack.emulator_pid, over))
        reaper.start()
        try:
            self._stack.restart_emulator()
        finally:
            over.set()
            reaper.join()
        self.counts["emulator restarts"] += 1

    def dispatch(self, *, on: bool) -> None:
        """Disable or enable the dispatcher's schedule."""
        named = {"Name": self._schedule["Name"], "GroupName": self._schedule["GroupName"]}
        schedule = self._scheduler.get_schedule(**named)
        kept = ("ScheduleExpression", "FlexibleTimeWindow", "Target")
        state = "ENABLED" if on else "DISABLED"
        self._scheduler.update_schedule(
            **named, State=state, **{key: schedule[key] for key in kept}
        )

    def entries(self) -> list[Entry]:
        """Read the status of every notification from the table."""
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._table,
            ProjectionExpression="id, #s, #m, due_at, #t",
            ExpressionAttributeNames={"#s": "status", "#m": "module", "#t": "target"},
        )
        return [_entry(item) for page in pages for item in page["Items"]]

    def forge(self, entries: Sequence[Entry]) -> None:
        """Put a forged message on a queue."""
        due = [entry for entry in entries if entry.due_at]
        if not due:
            return
        some = self._random.sample(due, min(len(due), 40))
        module = self._random.choice(sorted({entry.module for entry in due}))
        kind, forgery = self._random.choice(FORGERIES)
        self._send(f"{STACK}-deliver-{module}", forgery(some))
        self.counts[f"forged messages: {kind}"] += 1

    def dead_letter(self, entry: Entry) -> None:
        """Put a notification's message into the dead-letter queue, as SQS does after retries."""
        body = json.dumps({"wake_ups": [entry.wake_up]})
        self._send(f"{STACK}-dead-letters-{entry.module}", body)
        self.counts["dead letters"] += 1

    def _send(self, queue: str, body: str) -> None:
        url = self._sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        self._sqs.send_message(QueueUrl=url, MessageBody=body)


def _reap(emulator: int | None, over: Event) -> None:
    """Kill the workers of a stopping emulator, which would wait for them for a minute."""
    while not over.wait(0.2):
        for worker in workers_of(emulator):
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)


def workers_of(emulator: int | None) -> list[int]:
    """Return the processes that run functions, which are children of the emulator."""
    if emulator is None:
        return []
    lines = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,command="],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    rows = [line.split(None, 2) for line in lines]
    return [
        int(pid) for pid, parent, command in rows if int(parent) == emulator and WORKER in command
    ]


def _entry(item: dict[str, Any]) -> Entry:
    return Entry(
        item["id"]["S"],
        item.get("status", {"S": "a poll"})["S"],
        item["module"]["S"],
        int(item.get("due_at", {"N": "0"})["N"]),
        item.get("target", {"S": ""})["S"],
    )


def _body(wake_ups: object) -> str:
    return json.dumps({"wake_ups": wake_ups})


Forgery = Callable[[Sequence[Entry]], str]

#: The contents of the forged messages. Most contain the wake-ups of real notifications.
FORGERIES: Sequence[tuple[str, Forgery]] = (
    ("garbage", lambda _: "}{"),
    ("not a list", lambda _: _body(7)),
    ("an empty id", lambda some: _body([*(e.wake_up for e in some), {"id": "", "due_at": 0}])),
    (
        "an over-long id",
        lambda some: _body([*(e.wake_up for e in some), {"id": "x" * 3000, "due_at": 0}]),
    ),
    ("a wrong time", lambda some: _body([e.wake_up | {"due_at": e.due_at - 1} for e in some])),
    ("a far time", lambda some: _body([e.wake_up | {"due_at": 10**17} for e in some])),
    ("duplicate wake-ups", lambda some: _body([e.wake_up for e in some] * 2)),
    ("unknown ids", lambda _: _body([{"id": str(uuid4()), "due_at": 0} for _ in range(40)])),
    (
        "thousands of wake-ups",
        lambda some: _body([some[i % len(some)].wake_up for i in range(FORGED_WAKE_UPS)]),
    ),
)
