"""Idempotency keys through the API function over the emulator: whose they are, and what is lost."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from notification_core.adapters.dynamodb.fast.json_client import DynamoDBJsonClient
from notification_core.ports import Ports
from tests.functions.lambda_calls import Answer, Api

ROLE = "arn:aws:sts::123456789012:assumed-role/orders"


def ask(api: Api, user: str, key: str | None = None, **fields: Any) -> Answer:
    """Ask for a notification."""
    headers = {"Idempotency-Key": key} if key else {}
    return api(
        "POST",
        "/notifications",
        {"user": user, "title": "t", "body": "b"} | fields,
        headers=headers,
    )


def ids(answer: Answer) -> list[str]:
    """Which notifications an answer is about."""
    return [each["id"] for each in answer.body["items"]]


@pytest.fixture
def lossy(live: Ports, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """DynamoDB carries out each batch of statements twice: the first answer was lost."""
    once, lost = DynamoDBJsonClient._once, list[str]()

    def twice(self: DynamoDBJsonClient, operation: str, body: bytes) -> dict[str, Any]:
        if operation == "BatchExecuteStatement" and b"INSERT" in body:
            lost.append(operation)
            once(self, operation, body)
        return once(self, operation, body)

    monkeypatch.setattr(DynamoDBJsonClient, "_once", twice)
    yield lost
    del live


def test_a_retry_from_another_task_of_the_role_finds_the_first_answer(
    api: Api, user: str, record: dict[str, Any]
) -> None:
    del api, record
    key = str(uuid4())
    first = ask(Api(caller=f"{ROLE}/0123456789abcdef"), user, key)
    again = ask(Api(caller=f"{ROLE}/fedcba9876543210"), user, key)
    item = {"user": user, "title": "t", "body": "b", "idempotency_key": key}
    batch = Api(caller=f"{ROLE}/i-0123456789abcdef0")(
        "POST", "/notifications/batch", {"items": [item]}
    )

    assert (first.status, again.status) == (201, 200)
    assert ids(again) == ids(first)
    assert batch.body["items"][0]["status"] == 200
    assert [each["id"] for each in batch.body["items"][0]["notifications"]] == ids(first)


def test_an_opt_out_names_the_very_session_that_asked(
    api: Api, user: str, record: dict[str, Any]
) -> None:
    del api, record
    signer = f"{ROLE}/0123456789abcdef"

    answer = Api(caller=signer)("PUT", f"/opt-outs/{user}", {"active": True})

    assert [each["evidence"] for each in answer.body["entries"]] == [signer]


@pytest.mark.parametrize("key", [None, "a key"])
def test_a_lost_answer_to_an_insert_is_a_success(
    api: Api, user: str, record: dict[str, Any], lossy: list[str], key: str | None
) -> None:
    del record
    answer = ask(api, user, key and f"{key} {user}")

    assert answer.status == 201
    assert lossy
    listed = api("GET", "/notifications", query={"user": user})
    assert ids(listed) == ids(answer)
