"""A local stack for one measurement, in its own folder and on free ports."""

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

from infra.local.caller import Caller
from infra.local.cloud import Cloud
from infra.local.layout import STACK, StackError
from infra.local.stack import LocalStack
from tests.benchmarks.figures import BenchError

#: Notifications per request, and per user.
BATCH, EACH = 100, 50
#: Seconds from the first request until the first due time: for single notifications, for a burst.
AHEAD, AHEAD_OF_A_BURST = 8, 40
#: Seconds after the last due time until all must be sent, and between two checks of the queues.
PATIENCE, PAUSE = 90, 0.5

#: The address of the n-th user. The simulator delivers to all of them.
ADDRESSES: Mapping[str, Callable[[int], str]] = {
    "Email": lambda n: f"bench-{n}@example.com",
    "Twilio": lambda n: f"+1555{n:07}",
}


@dataclass(frozen=True)
class Sent:
    """The lateness of one notification, in milliseconds after its due time."""

    claimed_late: float
    recorded_late: float


@contextmanager
def started(say: Callable[[str], None]) -> Iterator[LocalStack]:
    """Start a stack, and stop it at the end.

    Raises:
        BenchError: it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        local = LocalStack(Path(folder), say=lambda _: None)
        try:
            say("starting a local stack")
            local.up()
            yield local
        except StackError as error:
            raise BenchError(f"the local stack: {error}") from error
        finally:
            local.down()


@contextmanager
def running(say: Callable[[str], None]) -> Iterator["Stack"]:
    """Start a stack as `started`, and yield its operations."""
    with started(say) as local:
        yield Stack(local.access())


class Stack:
    """The operations of a measurement on a running stack.

    Args:
        access: the stack's access data.
    """

    def __init__(self, access: Mapping[str, Any]) -> None:
        self._access = access
        self._ask = Caller(access)
        self._cloud = Cloud(access["endpoint_url"])

    def set_precision(self, module: str, precision: str) -> None:
        """Change the precision in the stored manifest of a module, as a deployment would."""
        client, table = self._cloud.client("dynamodb"), self._access["outputs"]["ModulesTable"]
        key = {"name": {"S": module}}
        item = client.get_item(TableName=table, Key=key)["Item"]
        manifest = json.loads(item["manifest"]["S"]) | {"precision": precision}
        client.update_item(
            TableName=table,
            Key=key,
            UpdateExpression="SET manifest = :manifest",
            ExpressionAttributeValues={":manifest": {"S": json.dumps(manifest)}},
        )

    def send_mail_by_smtp(self) -> None:
        """Send e-mails through the simulator's SMTP server from now on."""
        secrets, functions = self._cloud.client("secretsmanager"), self._cloud.client("lambda")
        name, function = f"{STACK}/email", self._access["functions"]["DeliverEmail"]
        secret = json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])
        plain = json.dumps(secret | {"security": "none"})
        secrets.put_secret_value(SecretId=name, SecretString=plain)
        variables = self._cloud.variables(function) | {"EMAIL_TRANSPORT": "smtp"}
        functions.update_function_configuration(
            FunctionName=function, Environment={"Variables": variables}
        )
        functions.get_waiter("function_updated_v2").wait(FunctionName=function)
        self._cloud.warm_up()

    def alone(self, counts: Mapping[str, int], apart: float) -> dict[str, list[Sent]]:
        """Send single notifications by each target, at random moments of a second."""
        random, began = Random(1), datetime.now(UTC) + timedelta(seconds=AHEAD)
        users = {target: self._users(target, count) for target, count in counts.items()}
        for target, count in counts.items():
            seconds = [place * apart + random.random() for place in range(count)]
            dues = [began + timedelta(seconds=second) for second in seconds]
            self._order(target, users[target], dues)
        last = began + timedelta(seconds=max(counts.values()) * apart)
        self._wait(last)
        return {target: self._sent(of_target) for target, of_target in users.items()}

    def burst(self, target: str, count: int) -> list[Sent]:
        """Send notifications by one target that are all due in the same second."""
        users = self._users(target, count)
        due = (datetime.now(UTC) + timedelta(seconds=AHEAD_OF_A_BURST)).replace(microsecond=0)
        self._order(target, users, [due] * count)
        if datetime.now(UTC) > due:
            raise BenchError(f"{count} notifications were not accepted within {AHEAD_OF_A_BURST} s")
        self._wait(due)
        return self._sent(users)

    def _users(self, target: str, count: int) -> list[str]:
        """Register the users for this number of notifications."""
        users = [f"{uuid4()}" for _ in range(-(-count // EACH))]
        for number, user in enumerate(users):
            address = ADDRESSES[target](number)
            body = {"user": user, "target": target, "target_user_id": address}
            self._call("/target-user-records", body, HTTPStatus.CREATED)
        return users

    def _order(self, target: str, users: Sequence[str], dues: Sequence[datetime]) -> None:
        items = [
            {
                "user": users[place // EACH],
                "targets": [target],
                "title": "A benchmark",
                "body": "It measures how late this comes.",
                "scheduled_delivery": due.isoformat(),
            }
            for place, due in enumerate(dues)
        ]
        for start in range(0, len(items), BATCH):
            body = {"items": items[start : start + BATCH]}
            answer = self._call("/notifications/batch", body, HTTPStatus.OK)
            if any(item.get("problem") for item in answer["items"]):
                raise BenchError(f"items were rejected: {answer['items'][0]}")

    def _call(self, path: str, body: Any, expected: HTTPStatus) -> Any:
        answer = self._ask("POST", path, body)
        if answer.status != expected:
            raise BenchError(f"POST {path}: {answer}")
        return answer.body

    def _wait(self, last_due: datetime) -> None:
        """Wait until every queue is empty; queries of notifications would slow the stack down."""
        time.sleep(max((last_due - datetime.now(UTC)).total_seconds(), 0))
        deadline = time.monotonic() + PATIENCE
        while any(visible or others for _, visible, others in self._cloud.queue_depths()):
            if time.monotonic() > deadline:
                raise BenchError(f"the queues are not empty {PATIENCE} s after the last due time")
            time.sleep(PAUSE)

    def _sent(self, users: Sequence[str]) -> list[Sent]:
        """Return the lateness of all notifications of these users."""
        listed = (self._ask.listed("/notifications", user=user) for user in users)
        return [sent_of(notification) for page in listed for notification in page]


def sent_of(notification: Mapping[str, Any]) -> Sent:
    """Parse a notification of the API. Raises BenchError if it was not sent.

    If its confirmation came before its outcome was recorded, it has no event for the send.
    """
    due = datetime.fromisoformat(notification["scheduled_delivery"])
    at = {entry["event"]: entry["at"] for entry in reversed(notification["timeline"])}
    recorded = at.get("sent") or at.get("delivered")
    if recorded is None:
        raise BenchError(f"a notification was not sent: {notification['status']}")
    claimed_late, recorded_late = (
        (datetime.fromisoformat(moment) - due).total_seconds() * 1000
        for moment in (at["claimed"], recorded)
    )
    return Sent(claimed_late, recorded_late)
