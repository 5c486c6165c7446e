"""What support does on the deployed stack: find a notification by what somebody knows of it."""

from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

import pytest

from tests.system.conftest import System

pytestmark = pytest.mark.stack


def found(system: System, **query: str) -> list[dict[str, Any]]:
    """Search; return the items."""
    answer = system.api("GET", f"/search?{urlencode(query, quote_via=quote)}")
    assert answer.status == 200, answer
    items: list[dict[str, Any]] = answer.body["items"]
    return items


def test_a_sent_notification_is_found_in_all_three_ways(system: System, user: str) -> None:
    address, reference = f"+1555{uuid4().int % 10**7:07d}", f"order {uuid4()}"
    system.register(user, "Twilio", address)
    [asked] = system.notify(user=user, reference=reference)

    ended = system.ended(asked)

    assert ended["status"] == "DELIVERED"
    assert found(system, reference=reference) == [ended]
    assert found(system, provider_id=ended["provider_message_id"]) == [ended]
    assert found(system, address=address) == [ended]
    assert found(system, address=f" {address[1:5]} {address[5:]}") == [ended]


def test_the_stack_has_the_indexes_that_its_parameters_ask_for(system: System) -> None:
    table = system.access["outputs"]["NotificationsTable"]
    described = system.client("dynamodb").describe_table(TableName=table)["Table"]

    names = {index["IndexName"] for index in described["GlobalSecondaryIndexes"]}
    assert {"by_reference", "by_provider_id"} < names
