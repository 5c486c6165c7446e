"""The system of this project, as a deployed local stack."""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

from infra.local.caller import Caller
from infra.local.cloud import Cloud
from infra.local.stack import LocalStack
from tests.benchmarks.figures import BenchError
from tests.compare.mails import BODY, TITLE, Addresses
from tests.compare.names import SMTP
from tests.compare.processor_time import seconds_by_function, seconds_of, workers_of
from tests.compare.systems import Usage

#: Items per request.
BATCH = 100
#: Seconds until a possibly unsent message is retried; the default is a day.
RETRY_SECONDS = 5


class OurSystem:
    """A separate stack that sends through SMTP.

    Args:
        stack: a running stack.
    """

    name = SMTP
    killed = "one of the two processes of DeliverEmail"
    recovery = "the dispatcher's sweep finds its unfinished work"
    repairs_itself = True

    #: The functions that process a mail.
    functions: Sequence[str] = ("Api", "DeliverEmail", "Dispatcher")

    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack
        self._access = stack.access()
        self._caller = Caller(self._access)
        self._caller_seconds = 0.0
        self._addresses = Addresses()

    def addresses(self, count: int, latency_ms: int) -> list[str]:  # noqa: ARG002 - the SES system needs it
        """Return the recipients of a run."""
        return self._addresses.of(count)

    def register(self, recipients: Sequence[str]) -> None:
        """Register each recipient as the only address of a user of that name."""
        for address in self._addresses.new(recipients):
            body = {"user": address, "target": "Email", "target_user_id": address}
            answer = self._caller("POST", "/target-user-records", body)
            if answer.status != HTTPStatus.CREATED:
                raise BenchError(f"an address was answered with {answer.status}: {answer.body}")

    def ask(self, recipients: Sequence[str], due_at: float | None) -> float:
        """Create the notifications by signed batch requests, one after the other."""
        due = {} if due_at is None else {"scheduled_delivery": _iso(due_at)}
        asked = {"title": TITLE, "body": BODY, "retry_time_interval": RETRY_SECONDS, **due}
        items = [{"user": to, **asked} for to in recipients]
        began, computed = time.time(), time.process_time()
        for start in range(0, len(items), BATCH):
            batch = {"items": items[start : start + BATCH]}
            answer = self._caller("POST", "/notifications/batch", batch)
            if answer.status >= HTTPStatus.BAD_REQUEST:
                raise BenchError(f"a batch was answered with {answer.status}: {answer.body}")
        self._caller_seconds += time.process_time() - computed
        return began

    def work(self, *, workers: int = 1) -> None:
        """Do nothing, because two processes of the consumer always run."""

    def settle(self) -> None:
        """Wait until the functions have no more work."""
        before: dict[str, float] = {}
        while (now := dict(self.usage().own)) != before:
            before = now
            time.sleep(1)

    def usage(self) -> Usage:
        """Return the CPU time of the functions, the caller and the emulator."""
        emulator = self._stack.emulator_pid or 0
        by_name = seconds_by_function(emulator)
        functions = self._access["functions"]
        own = {name: by_name.get(functions[name], 0.0) for name in self.functions}
        return Usage({**own, "caller": self._caller_seconds}, {"emulator": seconds_of(emulator)})

    def kill_worker(self) -> None:
        """Kill the consumer's process with the most CPU time."""
        name = self._access["functions"]["DeliverEmail"]
        busiest = max(workers_of(self._stack.emulator_pid or 0, name), key=seconds_of)
        os.kill(busiest, signal.SIGKILL)

    def recover(self) -> None:
        """Do nothing, because the emulator starts another process, as Lambda does."""

    def held_back(self) -> int:
        """Return 0, because the run has waited for late mails."""
        return 0


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


@contextmanager
def our_system(state: Path, mail_port: int) -> Iterator[OurSystem]:
    """Start a stack that sends to the mail server, and stop it at the end."""
    with running(state, {"EmailTransport": "smtp"}) as stack:
        Cloud(stack.access()["endpoint_url"]).fill_credentials(mail_port, None)
        yield OurSystem(stack)


@contextmanager
def running(state: Path, parameters: dict[str, str]) -> Iterator[LocalStack]:
    """Start a separate stack, and stop it at the end."""
    stack = LocalStack(state, parameters)
    try:
        stack.up()
        yield stack
    finally:
        stack.down()
