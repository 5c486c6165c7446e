"""How close to its time the deployed stack sends, by a target's precision; who sends a burst."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.system.conftest import System, wait_for

pytestmark = pytest.mark.stack

NOW, SECOND = timedelta(0), timedelta(seconds=1)
#: What a machine that is busy with other tests may add.
BUSY = timedelta(seconds=2)


@contextmanager
def precision(system: System, module: str, value: str) -> Iterator[None]:
    """Deploy a target's manifest with another precision for a while."""
    client = system.client("dynamodb")
    key = {"TableName": system.access["outputs"]["ModulesTable"], "Key": {"name": {"S": module}}}
    before = client.get_item(**key)["Item"]["manifest"]["S"]

    def store(manifest: str) -> None:
        client.update_item(
            **key,
            UpdateExpression="SET manifest = :manifest",
            ExpressionAttributeValues={":manifest": {"S": manifest}},
        )

    store(json.dumps(json.loads(before) | {"precision": value}))
    try:
        yield
    finally:
        store(before)


def sent(system: System, user: str, *ahead: float) -> list[dict[str, Any]]:
    """Ask for one in each of so many seconds by Expo, and wait until all have gone."""
    system.register(user, "Expo", f"ExponentPushToken[{user}]")
    now = datetime.now(UTC)
    dues = [(now + timedelta(seconds=seconds)).isoformat() for seconds in ahead]
    asked = [each for due in dues for each in system.notify(user=user, scheduled_delivery=due)]
    return [system.gone(each) for each in asked]


def lateness(notification: dict[str, Any]) -> timedelta:
    """How long after its time it was claimed."""
    claimed = datetime.fromisoformat(notification["attempted_delivery"])
    return claimed - datetime.fromisoformat(notification["scheduled_delivery"])


def test_by_the_second_nothing_is_early_and_little_is_late(system: System, user: str) -> None:
    found = [lateness(each) for each in sent(system, user, 5.0, 6.2, 7.4, 8.6, 9.8)]

    assert min(found) >= NOW
    assert sorted(found)[2] < SECOND + BUSY / 2
    assert max(found) < SECOND + BUSY


def test_an_exact_target_sends_at_the_moment(system: System, user: str) -> None:
    with precision(system, "expo", "exact"):
        found = [lateness(each) for each in sent(system, user, 6.0, 9.3, 12.7, 15.1)]

    assert min(found) >= NOW
    assert sorted(found)[1] < timedelta(milliseconds=100)
    assert max(found) < BUSY


def test_due_notifications_pass_those_of_a_later_second(system: System, user: str) -> None:
    system.register(user, "Expo", f"ExponentPushToken[{user}]")
    first = datetime.now(UTC) + timedelta(seconds=7)
    dues = [(first + timedelta(seconds=place / 4)).isoformat() for place in range(8)]
    asked = [each for due in dues for each in system.notify(user=user, scheduled_delivery=due)]
    wait_for(lambda: datetime.now(UTC) > first - SECOND)

    at_once = [each for _ in range(5) for each in system.notify(user=user)]

    late = [lateness(system.gone(each)) for each in at_once]
    planned = [lateness(system.gone(each)) for each in asked]
    assert min(late + planned) >= NOW
    assert sorted(late)[2] < SECOND / 2
    assert max(late + planned) < SECOND + BUSY


def test_a_burst_is_handed_over_in_parts(system: System, user: str) -> None:
    system.register(user, "Expo", f"ExponentPushToken[{user}]")
    began = time.time()
    due = (datetime.now(UTC) + timedelta(seconds=12)).isoformat()
    item = {"user": user, "title": "Hello", "body": "There", "scheduled_delivery": due}
    answers = [system.api("POST", "/notifications/batch", {"items": [item] * 100}) for _ in "ab"]
    asked = {each["notifications"][0]["id"] for it in answers for each in it.body["items"]}

    for each in system.api.listed("/notifications", user=user):
        assert system.gone(each)["status"] == "SENT"

    def parts() -> list[int]:
        batches = [
            json.loads(line) for line in system.log_lines(began) if '"message":"batch"' in line
        ]
        return [
            sum(attempt["notification"] in asked for attempt in batch["attempts"])
            for batch in batches
        ]

    # A consumer records outcomes while it sends, and logs its batch afterwards.
    wait_for(lambda: sum(parts()) == len(asked) == 200)
    assert max(parts()) <= 100
