"""What failed is tried again on the deployed stack, and a dead letter tells what became of it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.system.conftest import System, wait_for

pytestmark = pytest.mark.stack


def job_done(system: System, **asked: Any) -> dict[str, Any]:
    """Redrive, and wait for the job's end."""
    begun = system.api("POST", "/notifications/redrive", asked)
    assert begun.status == 202, begun
    path = f"/jobs/{begun.body['id']}"
    wait_for(lambda: system.api("GET", path).body["state"] != "running")
    job: dict[str, Any] = system.api("GET", path).body
    assert job["state"] == "done", job
    return job


def dead_letter(system: System, module: str, body: str) -> str:
    """Put a message on a dead-letter queue, as its queue does in the end; returns its id."""
    sqs = system.client("sqs")
    name = f"{system.access['stack_name']}-dead-letters-{module}"
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    letter = str(sqs.send_message(QueueUrl=url, MessageBody=body)["MessageId"])
    system.read_dead_letters()
    return letter


def waiting(system: System, user: str, count: int) -> list[dict[str, Any]]:
    """Ask for some that are due in half an hour."""
    system.register(user, "Email", f"{user}@example.com")
    due = (datetime.now(UTC) + timedelta(minutes=30)).isoformat()
    return [system.notify(user=user, scheduled_delivery=due)[0] for _ in range(count)]


def stored_due(system: System, notification: dict[str, Any]) -> int:
    """Read when a notification is due, in epoch milliseconds."""
    table = system.access["outputs"]["NotificationsTable"]
    key = {"id": {"S": notification["id"]}}
    item = system.client("dynamodb").get_item(TableName=table, Key=key)["Item"]
    return int(item["due_at"]["N"])


def test_a_dead_letter_is_marked_kept_and_redriven(system: System, user: str) -> None:
    lost, spared = waiting(system, user, 2)
    wake_up = {"id": lost["id"], "due_at": stored_due(system, lost)}

    letter = dead_letter(system, "email", json.dumps({"wake_ups": [wake_up]}))

    wait_for(lambda: system.read(lost)["status"] == "DELIVERY FAILURE")
    found = system.read(lost)
    assert (found["last_error"]["code"], found["timeline"][-1]["event"]) == (
        "dead-letter",
        "dead_letter",
    )
    assert letter in found["timeline"][-1]["detail"]
    bucket = system.access["outputs"]["ContentBucket"]
    kept = system.client("s3").list_objects_v2(Bucket=bucket, Prefix="dead-letters/email/")
    assert any(letter in content["Key"] for content in kept["Contents"])

    counts = job_done(system, target="Email", error_code="dead-letter")["counts"]

    assert counts == {"found": 1, "redriven": 1}
    assert system.ended(lost)["status"] == "DELIVERED"
    assert system.read(spared)["status"] == "SCHEDULED"
    assert len(system.inbox(f"{user}@example.com")) == 1
    assert job_done(system, target="Email", error_code="dead-letter")["counts"] == {}


def test_an_unreadable_dead_letter_is_kept_and_leaves_its_queue(system: System) -> None:
    letter = dead_letter(system, "twilio", "garbage")

    bucket = system.access["outputs"]["ContentBucket"]
    s3 = system.client("s3")

    def kept() -> bool:
        found = s3.list_objects_v2(Bucket=bucket, Prefix="dead-letters/twilio/")
        return any(letter in each["Key"] for each in found.get("Contents", ()))

    wait_for(kept)


def test_a_redrive_delivers_exactly_what_did_not_go(system: System) -> None:
    """One number is filtered until it is mended; another user's text went at the first try."""
    good, bad = (f"user-{uuid4()}" for _ in range(2))
    system.register(good, "Twilio", "+15551230001")
    record = system.register(bad, "Twilio", "+15005550009")
    went, failed = system.notify(user=good)[0], system.notify(user=bad)[0]
    system.gone(went)
    assert system.ended(failed)["status"] == "INACTIVE DEVICE"
    asked = {"ids": [went["id"], failed["id"]]}

    dry = job_done(system, **asked, dry_run=True)["counts"]
    assert dry == {"found": 2, "not_failed": 1, "no_active_record": 1}
    changed = {"target_user_id": "+15551230002", "active": True}
    assert system.api("PATCH", f"/target-user-records/{record}", changed).status == 200
    counts = job_done(system, **asked)["counts"]

    assert counts == {"found": 2, "not_failed": 1, "redriven": 1}
    assert system.gone(failed)["status"] in {"SENT", "DELIVERED"}
    assert len(system.inbox("+15551230001")) == 1
    assert len(system.inbox("+15551230002")) == 1
