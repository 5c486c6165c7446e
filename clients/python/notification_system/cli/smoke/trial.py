"""One run of `notify smoke`: its test user, and the calls that its checks share."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import BoundedSemaphore, Event, Lock
from typing import Any, TypeVar
from uuid import uuid4

from notification_system.cli.checks.finding import Finding
from notification_system.cli.checks.stack import Stack
from notification_system.cli.errors import CliError
from notification_system.cli.formatting import paused_by
from notification_system.requests import path_of

#: Seconds between two reads of a notification: at first, and at most.
SHORTEST_PAUSE, LONGEST_PAUSE = 0.3, 2.0

#: The requests to the API at the same time. A new account may run only ten functions at once.
PARALLEL = 3

#: The category of the test messages, except that of the complaint, which opts out of its own.
CATEGORY = "smoke-test"

#: The statuses of a notification that is not finished.
UNFINISHED = frozenset({"SCHEDULED", "SENDING", "RETRY", "SENT"})


T = TypeVar("T")


class CheckFailed(Exception):
    """A check found a fault.

    Args:
        message: the fault, as a sentence.
        remedy: the command that fixes it, or that shows more.
    """

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message, self.remedy = message, remedy


class CheckSkipped(Exception):
    """A check cannot run here. The message says why."""


class Stopped(Exception):
    """The run was interrupted."""


@dataclass(frozen=True)
class Choices:
    """The options of the command.

    Args:
        sms: the number to which an SMS is sent; None for no SMS.
        role: the ARN of a role whose sessions repeat a request; None for no such check.
        patience: seconds to wait for each step.
        uses_dead_letters: whether a dead letter is sent, which raises an alarm.
    """

    sms: str | None = None
    role: str | None = None
    patience: float = 120.0
    uses_dead_letters: bool = True


@dataclass
class Trial:
    """The run. Its methods may be called from several threads."""

    stack: Stack
    choices: Choices
    user: str = field(default_factory=lambda: f"smoke-{uuid4()}")
    #: Set when the run is interrupted.
    stopped: Event = field(default_factory=Event)
    #: The ids of the messages that were put on a dead-letter queue.
    letters: list[str] = field(default_factory=list)
    _records: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _calls: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(PARALLEL))

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """Call the API; return the reply. Raises CliError, and Stopped after an interruption."""
        with self._calls:
            if self.stopped.is_set():
                raise Stopped
            return self.stack.session.call(method, path, body, headers)

    def target_of(self, module: str) -> str:
        """Return the name of the target of a module.

        Raises:
            CheckSkipped: there is none.
            CheckFailed: it is paused.
        """
        targets = self.stack.targets
        target = next((t for t in targets if t["notification_module_name"] == module), None)
        if target is None:
            raise CheckSkipped(f"No target sends through the module {module}.")
        name, pause = str(target["name"]), target["pause"]
        if pause:
            code = f" ({pause['code']})" if pause["code"] else ""
            message = f"{name} is paused by {paused_by(pause['by'])}: {pause['reason']}{code}."
            raise CheckFailed(message, self.stack.notify("resume", name))
        return name

    def register(self, module: str, address: str) -> dict[str, Any]:
        """Register an address of the test user, once; return its record."""
        with self._lock:
            if (module, address) not in self._records:
                body = {
                    "user": self.user,
                    "target": self.target_of(module),
                    "target_user_id": address,
                    "description": "notify smoke",
                }
                reply = self.call("POST", "/target-user-records", body)
                self._records[module, address] = reply.body
            return self._records[module, address]

    def send(
        self,
        record: Mapping[str, Any],
        subject: str,
        *,
        ahead: timedelta | None = None,
        category: str = CATEGORY,
    ) -> dict[str, Any]:
        """Send a test message, or schedule it; return the notification."""
        request = self.request_to(record, subject, ahead=ahead) | {"category": category}
        notification: dict[str, Any] = self.call("POST", "/notifications", request).body["items"][0]
        return notification

    def request_to(
        self, record: Mapping[str, Any], subject: str, *, ahead: timedelta | None = None
    ) -> dict[str, Any]:
        """Return the request for a test message."""
        at = self.stack.session.deployment.now() + ahead if ahead else None
        return {
            "target_user_record": record["id"],
            "title": f"Smoke test: {subject}",
            "body": f"A test message of the stack {self.stack.name}: {subject}.",
            "category": CATEGORY,
            **({"scheduled_delivery": at.isoformat()} if at else {}),
        }

    def read(self, notification: Mapping[str, Any]) -> dict[str, Any]:
        """Return the notification as it is now."""
        stored: dict[str, Any] = self.call("GET", f"/notifications/{notification['id']}").body
        return stored

    def wait(self, read: Callable[[], T], done: Callable[[T], bool], extra: float = 0) -> T:
        """Read until it is done; return the last value, also when the patience is over.

        `extra` is a number of seconds in addition to the patience. Raises Stopped.
        """
        deadline = time.monotonic() + self.choices.patience + extra
        pause = SHORTEST_PAUSE
        while True:
            value = read()
            if done(value) or time.monotonic() > deadline:
                return value
            self.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def sleep(self, seconds: float) -> None:
        """Wait. Raises Stopped if the run is interrupted meanwhile."""
        if self.stopped.wait(seconds):
            raise Stopped

    def ended(self, notification: Mapping[str, Any], *, until: str = "") -> dict[str, Any]:
        """Wait until a notification is final, or in the status `until`; return it."""
        return self.wait(
            lambda: self.read(notification),
            lambda stored: stored["status"] == until or stored["status"] not in UNFINISHED,
        )

    def expect(self, notification: Mapping[str, Any], *statuses: str) -> dict[str, Any]:
        """Wait for one of these statuses; return the notification. Raises CheckFailed."""
        stored = self.wait(
            lambda: self.read(notification),
            lambda stored: stored["status"] in statuses or stored["status"] not in UNFINISHED,
        )
        if stored["status"] not in statuses:
            raise self.unexpected(stored, " or ".join(statuses))
        return stored

    def unexpected(self, stored: Mapping[str, Any], expected: str) -> CheckFailed:
        """Return the failure of a notification that is not as expected, with its explanation."""
        error = stored["last_error"]
        reason = f" {error['code']}: {error['message'].rstrip('.')}." if error else ""
        explanation = self.call("GET", path_of("/notifications/{}/explanation", stored["id"])).body
        step = explanation["next_step"]
        message = (
            f"The notification is {stored['status']} after {self.choices.patience:.0f} s; expected "
            f"was {expected}.{reason}{f' {step}' if step else ''}"
        )
        if stored["status"] not in UNFINISHED:
            message = message.replace(f" after {self.choices.patience:.0f} s", "")
        return CheckFailed(message, self.stack.notify("tail", "--since", "10m"))

    def find(self, path: str) -> Any:
        """Return the body of a response; None if there is nothing at the path."""
        try:
            return self.call("GET", path).body
        except CliError as error:
            if error.code.startswith(("not-found", "unknown")):
                return None
            raise


def seconds_between(earlier: str, later: str) -> float:
    """Return the seconds between two times of the API."""
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def passed(check: str, message: str) -> Finding:
    """Return the finding of a check that passed."""
    return Finding(check, True, message)
