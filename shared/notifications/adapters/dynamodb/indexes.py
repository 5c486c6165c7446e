"""The indexes of the notifications' table: a user's own, what is owed, what failed."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from notifications.adapters.dynamodb.reads import RawItem
from notifications.adapters.dynamodb.tables import DueIndex, FailedIndex, NotificationsByUser
from notifications.domain.clock import from_epoch_ms, to_epoch_ms
from notifications.domain.errors import InvalidInput
from notifications.ports import Failure, WakeUp

#: Entries of one page of the due index: what a dispatcher holds in memory at a time, per shard.
DUE_PAGE = 1000
#: Later than any due time: epoch milliseconds of the year 9999.
LATEST = 253_370_764_800_000


def of_user(
    client: Any, table: str, user: str, limit: int, after: str | None
) -> tuple[list[str], str | None]:
    """Return ids, newest first, and the token of the next page, if there is one.

    Raises:
        InvalidInput: `after` is no such token.
    """
    query: dict[str, Any] = {
        "TableName": table,
        "IndexName": NotificationsByUser.Meta.index_name,
        "KeyConditionExpression": "#user = :user",
        "ExpressionAttributeNames": {"#user": "user"},
        "ExpressionAttributeValues": {":user": {"S": user}},
        "ScanIndexForward": False,
        "Limit": limit,
    }
    if after is not None:
        query["ExclusiveStartKey"] = {"user": {"S": user}, **_from_token(after)}
    answer = client.query(**query)
    last = answer.get("LastEvaluatedKey")
    return [item["id"]["S"] for item in answer["Items"]], _to_token(last) if last else None


def due(
    client: Any, table: str, shard: str, after: WakeUp, until: int, size: int = DUE_PAGE
) -> Iterator[list[WakeUp]]:
    """Page through a shard of the due index, as `NotificationStore.due`."""
    if after.due_at > until:
        return
    query: dict[str, Any] = {
        "TableName": table,
        "IndexName": DueIndex.Meta.index_name,
        "KeyConditionExpression": "due_shard = :shard AND due_at BETWEEN :after AND :until",
        "ExpressionAttributeValues": {
            ":shard": {"S": shard},
            ":after": _number(after.due_at),
            ":until": _number(until),
        },
        "Limit": size,
    }
    if after.id:
        query["ExclusiveStartKey"] = {
            "due_shard": {"S": shard},
            "due_at": _number(after.due_at),
            "id": {"S": after.id},
        }
    while True:
        answer = client.query(**query)
        if answer["Items"]:
            yield [_wake_up(each) for each in answer["Items"]]
        if not (last := answer.get("LastEvaluatedKey")):
            return
        query["ExclusiveStartKey"] = last


def oldest_due(client: Any, table: str, shard: str) -> WakeUp | None:
    """Return the first entry of a shard of the due index: half a read unit."""
    pages = due(client, table, shard, WakeUp(0, ""), LATEST, size=1)
    return next((each for page in pages for each in page), None)


def failed(
    client: Any, table: str, shard: str, since: int, before: Failure, limit: int
) -> list[Failure]:
    """Return a page of a shard's failed notifications, as `NotificationStore.failed`."""
    if before.at < since:
        return []
    query: dict[str, Any] = {
        "TableName": table,
        "IndexName": FailedIndex.Meta.index_name,
        "KeyConditionExpression": "failed_shard = :shard AND updated_at BETWEEN :since AND :until",
        "ExpressionAttributeValues": {
            ":shard": {"S": shard},
            ":since": _number(since),
            ":until": _number(before.at),
        },
        "ScanIndexForward": False,
        "Limit": limit,
    }
    if before.id:
        query["ExclusiveStartKey"] = {
            "failed_shard": {"S": shard},
            "updated_at": _number(before.at),
            "id": {"S": before.id},
        }
    items = client.query(**query)["Items"]
    return [Failure(int(each["updated_at"]["N"]), each["id"]["S"]) for each in items]


def _wake_up(item: RawItem) -> WakeUp:
    return WakeUp(int(item["due_at"]["N"]), item["id"]["S"])


def _to_token(key: RawItem) -> str:
    place = [int(key["created_at"]["N"]), key["id"]["S"]]
    # Without padding: a caller may put it into a URL as it is.
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _from_token(token: str) -> RawItem:
    try:
        created_at, notification_id = json.loads(base64.urlsafe_b64decode(token + "==="))
        moment = to_epoch_ms(from_epoch_ms(created_at))
        return {"created_at": _number(moment), "id": {"S": str(UUID(notification_id))}}
    except (ValueError, TypeError, AttributeError, OverflowError, OSError) as error:
        raise InvalidInput.of("next", "is not a token of this listing") from error


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}
