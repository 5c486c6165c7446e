"""`send_many` splits its items into batches, and returns one result for each in order."""

from collections.abc import Callable
from typing import Any

import pytest

from notification_system import (
    Forbidden,
    InvalidInput,
    NotificationSummary,
    SendInterrupted,
    Status,
    Unavailable,
)
from notification_system.requests import BATCH_BYTES, batches, to_bytes
from tests.client.api_server import ApiServer, Reply


def created(number: int) -> dict[str, Any]:
    notification = {
        "id": f"n-{number}",
        "user": f"user-{number}",
        "target": "t-1",
        "target_user_record": "r-1",
        "status": "SCHEDULED",
        "scheduled_delivery": "2027-01-31T08:00:00.000Z",
    }
    return {"status": 201, "notifications": [notification], "problem": None}


def refused(status: int, code: str) -> dict[str, Any]:
    problem = {
        "type": f"urn:notifications:problem:{code}",
        "title": code,
        "status": status,
        "detail": "title: write a title",
        "errors": [{"field": "title", "message": "write a title"}],
    }
    return {"status": status, "notifications": None, "problem": problem}


def item(number: int) -> dict[str, Any]:
    return {
        "user": f"user-{number}",
        "title": "Hi",
        "body": "Hello",
        "idempotency_key": f"{number}",
    }


def test_the_results_have_the_order_of_the_items(api: ApiServer, call: Callable[..., Any]) -> None:
    numbers = range(250)
    batches_of_numbers = [numbers[:100], numbers[100:200], numbers[200:]]
    api.replies = [
        Reply(200, {"items": [created(number) for number in batch]}) for batch in batches_of_numbers
    ]
    progress: list[int] = []

    results = call("send_many", (item(number) for number in numbers), progress=progress.append)

    assert [result.notifications[0].user for result in results] == [
        f"user-{number}" for number in numbers
    ]
    assert isinstance(results[0].notifications[0], NotificationSummary)
    assert results[0].notifications[0].status is Status.SCHEDULED
    assert progress == [100, 200, 250]


def test_an_invalid_item_does_not_affect_the_others(
    api: ApiServer, call: Callable[..., Any]
) -> None:
    items = [created(0), refused(422, "invalid-input"), created(2)]
    api.replies = [Reply(200, {"items": items})]

    first, second, third = call("send_many", [item(0), item(1), item(2)])

    assert first.error is None
    assert isinstance(second.error, InvalidInput)
    assert second.error.errors[0].field == "title"
    assert third.error is None


def test_notifications_of_an_earlier_request_with_the_key_are_marked(
    api: ApiServer, call: Callable[..., Any]
) -> None:
    api.replies = [Reply(200, {"items": [created(0), created(1) | {"status": 200}]})]

    results = call("send_many", [item(0), item(1)])

    assert [result.repeated for result in results] == [False, True]
    assert [result.notifications[0].id for result in results] == ["n-0", "n-1"]


def test_an_item_that_failed_temporarily_is_sent_again(
    api: ApiServer, call: Callable[..., Any]
) -> None:
    api.replies = [
        Reply(200, {"items": [created(0), refused(503, "unavailable"), created(2)]}),
        Reply(200, {"items": [created(1)]}),
    ]

    results = call("send_many", [item(0), item(1), item(2)])

    assert [result.notifications[0].id for result in results] == ["n-0", "n-1", "n-2"]
    assert [sent["idempotency_key"] for sent in api.requests[1].body["items"]] == ["1"]


def test_an_item_that_keeps_failing_has_the_error(api: ApiServer, call: Callable[..., Any]) -> None:
    api.replies = [Reply(200, {"items": [refused(503, "unavailable")]})] * 4

    [result] = call("send_many", [item(0)])

    assert isinstance(result.error, Unavailable)


def test_an_interruption_keeps_the_results_and_names_the_remaining_items(
    api: ApiServer, call: Callable[..., Any]
) -> None:
    api.replies = [
        Reply(200, {"items": [created(number) for number in range(100)]}),
        Reply(403, {"message": "The security token included in the request is expired"}),
    ]
    items = [{name: value for name, value in item(number).items() if name != "idempotency_key"}
             for number in range(150)]  # fmt: skip

    with pytest.raises(SendInterrupted) as raised:
        call("send_many", items)

    assert isinstance(raised.value.__cause__, Forbidden)
    assert len(raised.value.results) == 100
    assert [remaining["user"] for remaining in raised.value.remaining] == [
        f"user-{number}" for number in range(100, 150)
    ]
    sent = [sent["idempotency_key"] for sent in api.requests[1].body["items"]]
    assert [remaining["idempotency_key"] for remaining in raised.value.remaining] == sent


def test_a_batch_stays_below_the_size_of_a_request() -> None:
    large = {"title": "Hi", "body": "x" * 200_000}

    split = list(batches([large] * 10))

    assert [len(batch) for batch in split] == [4, 4, 2]
    assert all(len(to_bytes(batch)) <= BATCH_BYTES + 1000 for batch in split)


def test_addresses_are_added_in_batches_and_an_interruption_names_the_rest(
    api: ApiServer, call: Callable[..., Any]
) -> None:
    added = {"status": 422, "record": None, "problem": refused(422, "invalid-input")["problem"]}
    api.replies = [
        Reply(200, {"items": [added] * 100}),
        Reply(403, {"message": "The security token included in the request is expired"}),
    ]
    records = [
        {"user": f"user-{number}", "target": "Email", "target_user_id": "ann@example.com"}
        for number in range(150)
    ]

    with pytest.raises(SendInterrupted) as raised:
        call("add_records", records)

    assert [type(result.error) for result in raised.value.results] == [InvalidInput] * 100
    assert raised.value.remaining == records[100:]
