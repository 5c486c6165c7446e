"""``python -m tests.chaos.senders``: processes are killed while they send many notifications.

Each process calls `send_many` of the Python client for the same rows, through a proxy that
throttles requests, fails them and cuts their connections. It is killed at a random moment, and
another one takes its place; the last one finishes. Each row must then have created exactly one
notification.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from urllib.parse import urlsplit, urlunsplit

from infra.local.layout import PROJECT
from infra.local.stack import LocalStack
from notification_system import Client
from tests.chaos.faults import Fault, Faults
from tests.chaos.http import Message, json_answer
from tests.chaos.proxy import HOST, ConnectionCut, FaultProxy, UpstreamConnection

USERS = 20

#: Seconds that the last process may take.
LONGEST = 900.0
TARGET = "Email"

RATES = {
    Fault.THROTTLED: 0.06,
    Fault.FAILED: 0.06,
    Fault.CUT_BEFORE: 0.04,
    Fault.CUT_AFTER: 0.06,
    Fault.DELAYED: 0.1,
}

#: The process that is killed: it reads the stack's description, and sends the rows.
PROGRAM = """
import sys
from notification_system import Client, Retries

stack_file, count, users = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rows = (
    {
        "user": f"sender-{number % users}",
        "title": f"Row {number}",
        "body": "Hello",
        "scheduled_delivery": "2027-06-01T08:00:00Z",
        "idempotency_key": f"row-{number}",
    }
    for number in range(count)
)
with Client.local(stack_file, retries=Retries(attempts=12)) as client:
    results = client.send_many(rows)
errors = [str(result.error) for result in results if result.error is not None]
sys.exit(f"{len(errors)} items failed: {errors[:3]}" if errors else 0)
"""


class ApiFaultProxy(FaultProxy):
    """Injects faults between a client and the API."""

    async def answer(self, request: Message, line: UpstreamConnection) -> Message:
        """Forward a request, unless a fault is drawn."""
        match self.faults.draw(tuple(RATES)):
            case Fault.THROTTLED:
                return json_answer(429, {"message": "Too Many Requests"})
            case Fault.FAILED:
                return json_answer(self.faults.random.choice((500, 502, 503, 504)), {"message": ""})
            case Fault.CUT_BEFORE:
                raise ConnectionCut
            case Fault.CUT_AFTER:
                await line.ask(request)
                raise ConnectionCut
            case Fault.DELAYED:
                await asyncio.sleep(self.faults.random.uniform(0, 0.5))
        return await line.ask(request)


@dataclass
class Report:
    """The result of a run."""

    rows: int
    processes: int = 0
    killed: int = 0
    notifications: Counter[str] = field(default_factory=Counter)  #: how many, by title
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def missing(self) -> int:
        """The number of rows without a notification."""
        return self.rows - len(self.notifications)

    @property
    def duplicates(self) -> int:
        """The number of notifications beyond the first of a row."""
        return self.notifications.total() - len(self.notifications)


def send_with_killed_processes(
    stack_file: Path, rows: int, random: Random, *, kills: int, within: float
) -> Report:
    """Send `rows` notifications; kill `kills` processes, each `within` seconds at random."""
    report = Report(rows)
    with Client.local(stack_file) as client:
        for number in range(USERS):
            address = f"sender-{number}@example.com"
            client.add_record(user=f"sender-{number}", target=TARGET, target_user_id=address)
        with _behind_a_proxy(stack_file, random) as (proxy, faulty_stack_file):
            for _ in range(kills):
                _run_process(faulty_stack_file, rows, random.uniform(0.3, within), report)
            _run_process(faulty_stack_file, rows, LONGEST, report)
            report.faults = proxy.faults.counts
        for number in range(USERS):
            for notification in client.notifications(user=f"sender-{number}"):
                report.notifications[notification.title or ""] += 1
    return report


@contextmanager
def _behind_a_proxy(stack_file: Path, random: Random) -> Iterator[tuple[ApiFaultProxy, Path]]:
    """Run the proxy; yield it and a description of the stack whose API is behind it."""
    access = json.loads(stack_file.read_text())
    api = urlsplit(access["api_url"])
    faults = Faults(random)
    faults.rates = RATES
    with ApiFaultProxy(lambda: api.port or 80, faults) as proxy:
        address = f"{HOST}:{proxy.port}"
        changed = access | {"api_url": urlunsplit(api._replace(netloc=address))}
        path = stack_file.with_name("stack-behind-proxy.json")
        path.write_text(json.dumps(changed))
        yield proxy, path


def _run_process(stack_file: Path, rows: int, kill_after: float, report: Report) -> None:
    """Run one process, and kill it if it has not finished in time."""
    report.processes += 1
    command = [sys.executable, "-c", PROGRAM, str(stack_file), str(rows), str(USERS)]
    with subprocess.Popen(
        command, env={"PYTHONPATH": str(PROJECT / "clients/python")}, stderr=subprocess.PIPE
    ) as process:
        try:
            _, errors = process.communicate(timeout=kill_after)
        except subprocess.TimeoutExpired:
            process.kill()
            report.killed += 1
            return
    if process.returncode:
        raise RuntimeError(errors.decode())


def main() -> None:
    """Bring a stack up, run, and print the report; exit 1 unless each row has one notification."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        stack = LocalStack(Path(folder), say=print)
        stack.up()
        try:
            report = send_with_killed_processes(
                stack.layout.stack, options.rows, Random(options.seed), kills=10, within=10.0
            )
        finally:
            stack.down()
    killed = f"{report.killed} of {report.processes} processes killed"
    print(f"seed {options.seed}: {report.rows} rows, {killed}")
    for fault, count in sorted(report.faults.items()):
        print(f"{count:6} {fault}")
    print(f"{report.missing:6} missing\n{report.duplicates:6} duplicates")
    sys.exit(1 if report.missing or report.duplicates else 0)


if __name__ == "__main__":
    main()
