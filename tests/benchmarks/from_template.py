"""Notifications from one template with a layout of 60 KB: write units, S3 requests and time.

The real API function creates them in batches, and the real function for e-mail renders and sends
them, over the stub of AWS.
"""

from dataclasses import dataclass

from notification_system.cost.step import MESSAGES, Step
from tests.benchmarks.figures import BenchError, Figure, Goal
from tests.benchmarks.runner import Runner
from tests.benchmarks.steps import steps

COUNT = 10_000
UNITS = Goal(6)
NO_REQUESTS = Goal(0)


@dataclass(frozen=True)
class Sending:
    """The requests and the seconds of each notification."""

    created: Step
    delivered: Step
    create_seconds: float
    deliver_seconds: float

    @property
    def units(self) -> float:
        """DynamoDB's write units of one notification."""
        return self.created.writes + self.delivered.writes

    @property
    def objects(self) -> float:
        """Requests to S3 of one notification."""
        steps_of_one = (self.created, self.delivered)
        return sum(step.puts + step.gets for step in steps_of_one)


def send(count: int) -> Sending:
    """Create notifications for this number of users, and send them."""
    with steps() as running:
        running.reset(users=count, template=True)
        created = running.create_from_template(range(count))
        create_seconds = running.seconds
        if len(running.ids()) != count:
            raise BenchError(f"{len(running.ids())} of {count} notifications were created")
        delivered = running.deliver(MESSAGES)
        if running.ids():
            raise BenchError(f"{len(running.ids())} of {count} notifications were not sent")
        return Sending(created, delivered, create_seconds, running.seconds)


def measure(runner: Runner) -> list[Figure]:
    """Send 10,000 notifications once, because the requests are the same each time."""
    name = f"{COUNT:,} from a template of 60 KB"
    results = runner.repeat(name, lambda: send(COUNT), _shown, runs=1)
    note = _shown(results[-1])
    units = [result.units for result in results]
    objects = [result.objects for result in results]
    return [
        Figure(name=f"{name}, write units", unit="WU", values=units, goal=UNITS, note=note),
        Figure(name=f"{name}, S3 requests", unit="1", values=objects, goal=NO_REQUESTS),
        Figure(
            name=f"{name}, created",
            unit="1/s",
            values=[COUNT / result.create_seconds for result in results],
        ),
        Figure(
            name=f"{name}, sent",
            unit="1/s",
            values=[COUNT / result.deliver_seconds for result in results],
        ),
    ]


def _shown(result: Sending) -> str:
    return (
        f"{result.units:g} write units, {result.objects:g} S3 requests,"
        f" {result.created.reads + result.delivered.reads:.2f} read units,"
        f" created in {result.create_seconds:.1f} s, sent in {result.deliver_seconds:.1f} s"
    )
