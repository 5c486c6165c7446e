"""The upgrade and the rollback, step by step."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

from infra.local import clock
from infra.local.cloud import Cloud
from infra.local.emulator import last_ports
from infra.local.layout import StackError
from infra.local.parameters import parameters_of
from infra.local.stack import LocalStack
from notification_system.cli.template_file import read_template
from tests.chaos.api_client import ApiClient
from tests.chaos.load import Order
from tests.chaos.run import CLOCK_MOVES, POLICIES
from tests.chaos.verifier import UNCERTAIN, Notification, Verdict, verify
from tests.upgrade import load as kinds
from tests.upgrade.load import Load
from tests.upgrade.trees import LATER_ATTRIBUTE

#: Deploys the tree of the current folder to a stack, with parameters of its template.
PROGRAM = """
import json, sys
from pathlib import Path
from infra.local.stack import LocalStack
LocalStack(Path(sys.argv[1]), json.loads(sys.argv[2])).up()
"""

#: All statuses, each of which at least one notification has when the upgrade begins.
STATUSES = frozenset(
    {
        *("SCHEDULED", "SENDING", "RETRY", "SENT", "DELIVERED", "DELIVERY FAILURE"),
        *("INACTIVE DEVICE", "OPTED OUT", "UNKNOWN", "CANCELLED", "EXPIRED"),
    }
)
UNDER_WAY = frozenset({"SCHEDULED", "SENDING", "RETRY"})
DAY = 86_400
#: Seconds after which a step counts as stuck.
PATIENCE = 420.0
POLL = 1.0


class Run:
    """One run on one local stack.

    Args:
        folder: the stack's folder, empty at first.
        load: makes the notifications.
    """

    def __init__(self, folder: Path, load: Load) -> None:
        self.stack = LocalStack(folder, say=lambda _: None)
        self.load = load
        self.faults: list[str] = []
        self._began = time.monotonic()

    def log(self, text: str) -> None:
        """Print a line of progress, with the seconds since the start."""
        print(f"  {time.monotonic() - self._began:4.0f} s  {text}", flush=True)

    def deploy(self, tree: Path, version: str, parameters: Mapping[str, str]) -> None:
        """Build a tree and deploy it to the stack. Raises StackError."""
        self.log(f"deploying {version}")
        paths = [tree, tree / "shared", tree / "clients" / "python"]
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(self.stack.layout.root), json.dumps(parameters)],
            cwd=tree,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise StackError(f"{version} could not be deployed:\n{done.stdout}{done.stderr}")
        self.log(f"{version} is deployed")

    def new_parameters(self, tree: Path, older: Path) -> dict[str, str]:
        """Return the defaults of the parameters of the local stack that an older tree lacks.

        An upgrade on AWS leaves them at their defaults too; for example, CloudFormation adds one
        index in an update.
        """
        ports = last_ports(self.stack.layout)
        if ports is None:
            raise StackError("The stack is not up.")
        declared = read_template(tree / "template.yaml")["Parameters"]
        known = read_template(older / "template.yaml")["Parameters"]
        return {
            name: str(declared[name]["Default"])
            for name in parameters_of(ports)
            if name not in known
        }

    def connect(self) -> None:
        """Read the access data of the stack."""
        access = self.stack.access()
        self.api = ApiClient(access)
        self._table = access["outputs"]["NotificationsTable"]
        self._dynamodb = Cloud(access["endpoint_url"]).client("dynamodb")

    def fill(self) -> None:
        """Create notifications in every status, most of them due in the next minutes."""
        early = self.load.orders_of(*kinds.EARLY)
        cancelled = self.load.orders_of(kinds.CANCELLED, due=(DAY, DAY))
        opted_out = self.load.orders_of(kinds.OPTED_OUT, due=(DAY, DAY))
        tomorrow = self.load.orders_of(kinds.TOMORROW, due=(DAY, DAY))
        self._create([*early, *cancelled, *opted_out, *tomorrow])
        for order in cancelled:
            if not self.api.cancel(order):
                self.faults.append(f"{order.request.token}: it was too late to cancel it")
        for user in {order.recipient.user: order.recipient for order in opted_out}.values():
            self.api.opt_out(user)
        ended = {"DELIVERY FAILURE", "INACTIVE DEVICE", "UNKNOWN", "EXPIRED", "OPTED OUT"}
        self._wait_for("the early ones", lambda statuses: ended <= statuses.keys())
        self._create(self.load.orders_of(*kinds.DUE, due=(35, 150)))
        self._create(self.load.orders_of(kinds.SLOW, due=(4, 4)))

    def wait_for_every_status(self) -> list[Notification]:
        """Wait until each status occurs; return the notifications that have ended by then."""
        statuses = self._wait_for("every status", lambda found: found.keys() >= STATUSES)
        counts = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
        self.log(f"{statuses.total()} notifications: {counts}")
        return [
            notification
            for notifications in self.api.notifications(self.load.recipients).values()
            for notification in notifications
            if notification["status"] not in UNDER_WAY | {"SENT"}
        ]

    def deploy_while_due(self, tree: Path, version: str, parameters: Mapping[str, str]) -> None:
        """Deploy a tree while notifications are due, and others are requested."""
        meanwhile = self.load.orders_of(kinds.MEANWHILE)
        self._register(meanwhile)
        with ThreadPoolExecutor(1) as pool:
            requesting = pool.submit(self._create, meanwhile)
            try:
                self.deploy(tree, version, parameters)
            finally:
                requesting.result()

    def create_due(self) -> None:
        """Create notifications that are due in the next minutes."""
        self._create(self.load.orders_of(*kinds.DUE, due=(5, 90)))

    def drain(self) -> None:
        """Wait until nothing waits except what is due tomorrow."""
        tomorrow = sum(order.kind is kinds.TOMORROW for order in self.load.orders)

        def is_done(statuses: Counter[str]) -> bool:
            return sum(statuses[status] for status in UNDER_WAY) <= tomorrow

        self._wait_for("all that is due", is_done)

    def check_none_is_early(self) -> None:
        """Check that nothing that is due tomorrow was sent, before the clock moves there.

        Afterwards the times of the e-mails do not show it, because the emulator's mail service
        records them by the real time.
        """
        received = self.api.received()
        for order in self.load.orders:
            if order.kind is kinds.TOMORROW:
                if order.request.token in received:
                    self.faults.append(f"{order.request.token}: sent a day before its time")
                order.request.due_at = None

    def later(self) -> None:
        """Move the clock past tomorrow, and past the last confirmation."""
        for ahead in CLOCK_MOVES:
            self.log(f"moving the clock {ahead} ahead")
            clock.move(self.stack, ahead)
            self._settle(ahead)

    def check_unchanged(self, ended: Sequence[Notification]) -> None:
        """Check that what had ended before the upgrade is still read as it was."""
        now = {
            notification["id"]: notification
            for notifications in self.api.notifications(self.load.recipients).values()
            for notification in notifications
        }
        for before in ended:
            after = now.get(before["id"])
            if after is None:
                self.faults.append(f"{before['title']}: lost, and it had ended before")
            elif _compared(before) != _compared(after):
                self.faults.append(
                    f"{before['title']}: had ended as {_compared(before)}, is {_compared(after)}"
                )

    def newer_items(self) -> int:
        """Return how many notifications have the attribute of the newer release."""
        return sum(LATER_ATTRIBUTE in item for item in self._items())

    def verify(self) -> dict[str, Verdict]:
        """Verify every notification by the API and the inboxes; add the faults."""
        self.log("reading every timeline")
        requests = [request for order in self.load.orders for request in order.requests()]
        notifications = self.api.notifications(self.load.recipients)
        verdicts = verify(requests, notifications, self.api.received(), POLICIES)
        self.faults += [fault for verdict in verdicts.values() for fault in verdict.faults]
        for order in self.load.orders:
            for notification in notifications.get(order.request.token, ()):
                if not _ends_well(notification, order.kind.ends):
                    self.faults.append(
                        f"{order.request.token} ({order.kind.name}, {order.recipient.target}) "
                        f"ended as {notification['status']}"
                    )
        return verdicts

    def _create(self, orders: Sequence[Order]) -> None:
        self._register(orders)
        self.log(f"creating {len(orders)} notifications")
        self.api.order(orders)

    def _register(self, orders: Sequence[Order]) -> None:
        self.api.register(
            list({order.recipient.user: order.recipient for order in orders}.values())
        )

    def _items(self) -> list[dict[str, Any]]:
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=self._table)
        return [item for page in pages for item in page["Items"]]

    def _statuses(self) -> Counter[str]:
        return Counter(item["status"]["S"] for item in self._items() if "status" in item)

    def _wait_for(self, what: str, is_done: Callable[[Counter[str]], bool]) -> Counter[str]:
        deadline = time.monotonic() + PATIENCE
        while not is_done(statuses := self._statuses()):
            if time.monotonic() > deadline:
                raise StackError(f"Waited too long for {what}: {dict(statuses)}")
            time.sleep(POLL)
        return statuses

    def _settle(self, ahead: timedelta) -> None:
        """Wait until nothing is due any more at the moved time."""
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            now = (time.time() + ahead.total_seconds()) * 1000
            due_times = [int(item["due_at"]["N"]) for item in self._items() if "due_at" in item]
            if min(due_times, default=now) >= now:
                return
            time.sleep(POLL)


def _ends_well(notification: Notification, ends: frozenset[str]) -> bool:
    """Whether a notification has ended as its kind does, or as one whose worker was stopped."""
    uncertain = any(entry["event"] in UNCERTAIN for entry in notification["timeline"])
    return notification["status"] in ends | ({"UNKNOWN"} if uncertain else set())


def _compared(notification: Notification) -> list[Any]:
    """Return what must not change once a notification has ended."""
    names = ("status", "user", "title", "body", "scheduled_delivery", "provider_message_id")
    events = [(entry["at"], entry["event"]) for entry in notification["timeline"]]
    return [*(notification[name] for name in names), events]
