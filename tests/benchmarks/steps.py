"""The AWS requests of each step of a notification: the real functions run against the stub.

Each step runs in a new process, so caches are empty. Values that a container reads once and keeps
(the URL of a queue, a secret) are not counted.
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
from tests.benchmarks.stub import templates
from tests.benchmarks.stub.cloud import MAIL
from tests.benchmarks.stub.names import COUNTERS

#: Bytes that CloudWatch adds to each line (Amazon CloudWatch Logs User Guide, PutLogEvents).
LINE = 26
#: Requests that a container sends once: URLs of queues, secrets.
ONCE = frozenset({"GetQueueUrl", "GetSecretValue"})

CONFIGURATION_SET = "bench"
TITLE = "Your table"


class Steps:
    """Runs the functions against the stub."""

    def __init__(self, stub: Stub) -> None:
        self._stub = stub
        self.seconds = 0.0  #: of the last step, without the start of its process
        self._counters = ""

    def reset(self, users: int = 0, *, console: bool = False, **scenario: Any) -> None:
        """Clear the stub, and create this number of users with an e-mail address.

        With the `console`, the functions store counters.
        """
        self._counters = COUNTERS if console else ""
        self._stub.reset(module="email", users=users, counting=True, **scenario)

    def create(self, users: Sequence[int], body: str, *, batch: bool, **fields: str) -> Step:
        """Create an e-mail that is due now for each user, in batches of a hundred if `batch`."""
        content = {"title": TITLE, "body": body, **fields}
        items = [{"user": f"user-{user}", **content} for user in users]
        events = [api_event("/notifications", item) for item in items]
        if batch:
            parts = [items[start : start + BATCH] for start in range(0, len(items), BATCH)]
            events = [api_event("/notifications/batch", {"items": part}) for part in parts]
        return self._run("api", events, len(users))

    def create_from_template(self, users: Sequence[int]) -> Step:
        """Create an e-mail from the template that is due now for each user, in batches."""
        content = {"template": templates.NAME, "data": templates.DATA}
        items = [{"user": f"user-{user}", **content} for user in users]
        parts = [items[start : start + BATCH] for start in range(0, len(items), BATCH)]
        events = [api_event("/notifications/batch", {"items": part}) for part in parts]
        return self._run("api", events, len(users))

    def deliver(self, messages: int | None = None) -> Step:
        """Pass the messages of the e-mail queue to its function, so many in a run or all in one."""
        bodies = self._stub.messages("deliver-email")
        records = [{"messageId": str(place), "body": body} for place, body in enumerate(bodies)]
        size = messages or len(records)
        parts = [records[start : start + size] for start in range(0, len(records), size)]
        return self._run("email", [{"Records": part} for part in parts], len(self.ids()))

    def confirm(self, ids: Sequence[str]) -> Step:
        """Confirm the delivery of some e-mails, in one run of the function."""
        bodies = [
            json.dumps(ses_events.delivered(_mail(notification_id))) for notification_id in ids
        ]
        records = [{"messageId": str(place), "body": body} for place, body in enumerate(bodies)]
        return self._run("mail events", [{"Records": records}], len(ids))

    def tick(self, ahead: int = 0) -> Step:
        """Run the dispatcher once, with its clock this many seconds ahead."""
        with tempfile.NamedTemporaryFile("w", prefix="bench-") as clock:
            clock.write(str(ahead))
            clock.flush()
            return self._run("dispatcher", [{}], 1, LOCAL_CLOCK=clock.name)

    def read_dead_letters(self) -> Step:
        """Run the function that reads the dead letters."""
        return self._run("dead letters", [{}], 1)

    def ids(self) -> list[str]:
        """Return the id of each notification that is not final."""
        return [entry["id"] for entry in self._stub.waiting()]

    def item_bytes(self) -> int:
        """Return the size of the largest notification so far."""
        return int(self._stub.report()["largest"]["notifications"])

    def _run(self, function: str, events: Sequence[Any], share: int, **variables: str) -> Step:
        before = self._stub.report()
        environment = function_environment(function, self._stub.url, "") | {
            "EMAIL_TRANSPORT": "ses",
            "SES_CONFIGURATION_SET": CONFIGURATION_SET,
            "DEAD_LETTERS_PREFIX": "dead-letters-",
            "COUNTERS_TABLE": self._counters,
            "SYSTEM_DEAD_LETTERS": "jobs-dead-letters,mail-events-dead-letters",
            **variables,
        }
        with tempfile.NamedTemporaryFile("w", prefix="bench-") as file:
            json.dump(events, file)  # too many for a command line
            file.flush()
            result = work("invoke", environment, events=file.name)
        self.seconds = result["seconds"]
        log = result["log"].splitlines()
        return _difference(before, self._stub.report(), log, share)


@contextmanager
def steps() -> Iterator[Steps]:
    """Run the stub of AWS."""
    with aws() as stub:
        yield Steps(stub)


def _difference(
    before: Mapping[str, Any], after: Mapping[str, Any], log: Sequence[str], share: int
) -> Step:
    requests = Counter(after["requests"]) - Counter(before["requests"])
    objects = Counter(after["objects"]) - Counter(before["objects"])
    sqs = ("SendMessageBatch", "GetQueueAttributes", "ReceiveMessage")
    records = [record for line in log if "_aws" in (record := json.loads(line))]
    return Step(
        reads=(after["read_units"] - before["read_units"]) / share,
        writes=(_written(after) - _written(before)) / share,
        sqs=sum(requests[operation] for operation in sqs) / share,
        requests=sum(requests[operation] for operation in requests.keys() - ONCE) / share,
        puts=objects["PUT"] / share,
        gets=objects["GET"] / share,
        log_bytes=sum(len(line.encode()) + LINE for line in log) / share,
        metrics=frozenset(name for record in records for name in _metrics(record)),
    )


def _written(report: Mapping[str, Any]) -> int:
    return sum(units for table in report["units"].values() for units in table.values())


def _metrics(record: Mapping[str, Any]) -> Iterator[str]:
    for directive in record["_aws"]["CloudWatchMetrics"]:
        yield from (metric["Name"] for metric in directive["Metrics"])


def _mail(notification_id: str) -> ses_events.Mail:
    return ses_events.Mail(
        message_id=MAIL,
        source=SENDER,
        destination=["user-0@example.com"],
        configuration_set=CONFIGURATION_SET,
        tags={"notification": notification_id, "attempt": "1"},
    )
