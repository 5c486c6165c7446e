"""What each step of a notification asks of AWS: the real functions run against the stub.

Each step runs in a new process, so no cache helps it. What a container asks once and keeps (the URL
of a queue, a secret) is not counted.
"""

import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from infra.simulator.mail import ses_events
from notification_system.cost.step import BATCH, Step
from tests.benchmarks.api_event import api_event
from tests.benchmarks.environment import SENDER, function_environment
from tests.benchmarks.processes import Stub, aws, work
from tests.benchmarks.stub.cloud import MAIL

#: Bytes that CloudWatch adds to each line (Amazon CloudWatch Logs User Guide, PutLogEvents).
LINE = 26
#: What a container asks once: queues' URLs, secrets.
ONCE = frozenset({"GetQueueUrl", "GetSecretValue"})

CONFIGURATION_SET = "bench"
TITLE = "Your table"


class Steps:
    """The stub, and what is sent to the functions."""

    def __init__(self, stub: Stub) -> None:
        self._stub = stub

    def reset(self, users: int = 0, **scenario: Any) -> None:
        """Begin anew, with so many users of e-mail."""
        self._stub.reset(module="email", users=users, counting=True, **scenario)

    def create(self, users: Sequence[int], body: str, *, batch: bool, **fields: str) -> Step:
        """Ask for an e-mail to each of some users, which is due now; by hundreds if `batch`."""
        content = {"title": TITLE, "body": body, **fields}
        items = [{"user": f"user-{each}", **content} for each in users]
        events = [api_event("/notifications", each) for each in items]
        if batch:
            parts = [items[start : start + BATCH] for start in range(0, len(items), BATCH)]
            events = [api_event("/notifications/batch", {"items": each}) for each in parts]
        return self._run("api", events, len(users))

    def deliver(self) -> Step:
        """Hand over all that is on the queue of e-mail to one run of its function."""
        bodies = self._stub.messages("deliver-email")
        records = [{"messageId": str(place), "body": body} for place, body in enumerate(bodies)]
        return self._run("email", [{"Records": records}], len(self.ids()))

    def confirm(self, ids: Sequence[str]) -> Step:
        """Tell of some e-mails that they were delivered, in one run of the function."""
        bodies = [json.dumps(ses_events.delivered(_mail(each))) for each in ids]
        records = [{"messageId": str(place), "body": body} for place, body in enumerate(bodies)]
        return self._run("mail events", [{"Records": records}], len(ids))

    def tick(self, ahead: int = 0) -> Step:
        """Run the dispatcher once, with its clock so many seconds ahead."""
        with tempfile.NamedTemporaryFile("w", prefix="bench-") as clock:
            clock.write(str(ahead))
            clock.flush()
            return self._run("dispatcher", [{}], 1, LOCAL_CLOCK=clock.name)

    def read_dead_letters(self) -> Step:
        """Let the function of the dead letters look."""
        return self._run("dead letters", [{}], 1)

    def ids(self) -> list[str]:
        """Return the id of each notification that is not final."""
        return [each["id"] for each in self._stub.waiting()]

    def item_bytes(self) -> int:
        """Return the size of the largest notification so far."""
        return int(self._stub.report()["largest"]["notifications"])

    def _run(self, function: str, events: Sequence[Any], share: int, **variables: str) -> Step:
        before = self._stub.report()
        environment = function_environment(function, self._stub.url, "") | {
            "EMAIL_TRANSPORT": "ses",
            "SES_CONFIGURATION_SET": CONFIGURATION_SET,
            "DEAD_LETTERS_PREFIX": "dead-letters-",
            "SYSTEM_DEAD_LETTERS": "jobs-dead-letters,mail-events-dead-letters",
            **variables,
        }
        with tempfile.NamedTemporaryFile("w", prefix="bench-") as file:
            json.dump(events, file)  # too many for a command line
            file.flush()
            log = work("invoke", environment, events=file.name)["log"].splitlines()
        return _difference(before, self._stub.report(), log, share)


@contextmanager
def steps() -> Iterator[Steps]:
    """Run what stands in for AWS."""
    with aws() as stub:
        yield Steps(stub)


def _difference(
    before: Mapping[str, Any], after: Mapping[str, Any], log: Sequence[str], share: int
) -> Step:
    requests = Counter(after["requests"]) - Counter(before["requests"])
    objects = Counter(after["objects"]) - Counter(before["objects"])
    sqs = ("SendMessageBatch", "GetQueueAttributes", "ReceiveMessage")
    records = [said for line in log if "_aws" in (said := json.loads(line))]
    return Step(
        reads=(after["read_units"] - before["read_units"]) / share,
        writes=(_written(after) - _written(before)) / share,
        sqs=sum(requests[each] for each in sqs) / share,
        requests=sum(requests[each] for each in requests.keys() - ONCE) / share,
        puts=objects["PUT"] / share,
        gets=objects["GET"] / share,
        log_bytes=sum(len(line.encode()) + LINE for line in log) / share,
        metrics=frozenset(name for each in records for name in _metrics(each)),
    )


def _written(report: Mapping[str, Any]) -> int:
    return sum(units for table in report["units"].values() for units in table.values())


def _metrics(record: Mapping[str, Any]) -> Iterator[str]:
    for directive in record["_aws"]["CloudWatchMetrics"]:
        yield from (each["Name"] for each in directive["Metrics"])


def _mail(notification_id: str) -> ses_events.Mail:
    return ses_events.Mail(
        message_id=MAIL,
        source=SENDER,
        destination=["user-0@example.com"],
        configuration_set=CONFIGURATION_SET,
        tags={"notification": notification_id, "attempt": "1"},
    )
