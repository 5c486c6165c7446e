"""What the driver does to the deployed stack from outside: it kills, stops, restarts, forges."""

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

#: The program that the emulator runs a Python function in.
WORKER = "_worker.py"
#: Wake-ups of one forged message: more than any honest one holds.
FORGED_WAKE_UPS = 2_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A notification as it stands in the table."""

    id: str
    status: str
    module: str
    due_at: int  #: epoch milliseconds; 0 where it is not due any more
    target: str  #: the target's id

    @property
    def wake_up(self) -> dict[str, Any]:
        """Give its place in a message."""
        return {"id": self.id, "due_at": self.due_at}


class FaultInjector:
    """The hand that does it, and the tally.

    Args:
        stack: an emulator and a simulator of our own.
        random: decides.
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
        """Kill one worker of a function, at whatever it does."""
        workers = workers_of(self._stack.emulator_pid)
        if workers:
            with suppress(ProcessLookupError):
                os.kill(self._random.choice(workers), signal.SIGKILL)
                self.counts["workers killed"] += 1

    def restart(self) -> None:
        """Restart the emulator with its state; every worker ends with it."""
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
        """Stop the dispatcher's clock, or let it go on."""
        named = {"Name": self._schedule["Name"], "GroupName": self._schedule["GroupName"]}
        schedule = self._scheduler.get_schedule(**named)
        kept = ("ScheduleExpression", "FlexibleTimeWindow", "Target")
        state = "ENABLED" if on else "DISABLED"
        self._scheduler.update_schedule(
            **named, State=state, **{key: schedule[key] for key in kept}
        )

    def entries(self) -> list[Entry]:
        """Read every notification's standing, from the table itself."""
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._table,
            ProjectionExpression="id, #s, #m, due_at, #t",
            ExpressionAttributeNames={"#s": "status", "#m": "module", "#t": "target"},
        )
        return [_entry(item) for page in pages for item in page["Items"]]

    def forge(self, entries: Sequence[Entry]) -> None:
        """Put a message on a queue that no honest sender would."""
        due = [entry for entry in entries if entry.due_at]
        if not due:
            return
        some = self._random.sample(due, min(len(due), 40))
        module = self._random.choice(sorted({entry.module for entry in due}))
        kind, forgery = self._random.choice(FORGERIES)
        self._send(f"{STACK}-deliver-{module}", forgery(some))
        self.counts[f"forged messages: {kind}"] += 1

    def dead_letter(self, entry: Entry) -> None:
        """Put a notification's message into the dead-letter queue, as if it had been given up."""
        body = json.dumps({"wake_ups": [entry.wake_up]})
        self._send(f"{STACK}-dead-letters-{entry.module}", body)
        self.counts["dead letters"] += 1

    def _send(self, queue: str, body: str) -> None:
        url = self._sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        self._sqs.send_message(QueueUrl=url, MessageBody=body)


def _reap(emulator: int | None, over: Event) -> None:
    """Kill whatever an emulator that ends still runs: it would wait for it, a minute long."""
    while not over.wait(0.2):
        for worker in workers_of(emulator):
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)


def workers_of(emulator: int | None) -> list[int]:
    """Give the processes that run functions: the emulator's children, and nobody else's."""
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

#: What the forged messages say. A real notification's wake-up is in most of them.
FORGERIES: Sequence[tuple[str, Forgery]] = (
    ("garbage", lambda _: "}{"),
    ("no list", lambda _: _body(7)),
    ("an empty id", lambda some: _body([*(e.wake_up for e in some), {"id": "", "due_at": 0}])),
    (
        "an over-long id",
        lambda some: _body([*(e.wake_up for e in some), {"id": "x" * 3000, "due_at": 0}]),
    ),
    ("a wrong time", lambda some: _body([e.wake_up | {"due_at": e.due_at - 1} for e in some])),
    ("a far time", lambda some: _body([e.wake_up | {"due_at": 10**17} for e in some])),
    ("doubled wake-ups", lambda some: _body([e.wake_up for e in some] * 2)),
    ("unknown ids", lambda _: _body([{"id": str(uuid4()), "due_at": 0} for _ in range(40)])),
    (
        "thousands of wake-ups",
        lambda some: _body([some[i % len(some)].wake_up for i in range(FORGED_WAKE_UPS)]),
    ),
)
