"""The indexes of the notifications table: by creation, due and failed notifications."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from notification_core.adapters.dynamodb.fast.attributes import RawItem, number, string
from notification_core.adapters.dynamodb.fast.client import LowLevelClient
from notification_core.adapters.dynamodb.models.notifications import (
    DueIndex,
    FailedIndex,
    NotificationsByProviderId,
    NotificationsByReference,
    NotificationsByUser,
)
from notification_core.domain.clock import LAST_MOMENT, from_epoch_ms, to_epoch_ms
from notification_core.domain.due import BEGINNING, DUE_PAGE, WakeUp
from notification_core.domain.errors import InvalidInput
from notification_core.domain.paging import FailureEntry, IndexEntry, Page

#: The indexes by the time of creation, by their hash key.
BY_CREATION = {
    "user": NotificationsByUser,
    "reference": NotificationsByReference,
    "provider_message_id": NotificationsByProviderId,
}


def newest(
    client: LowLevelClient, table: str, attribute: str, value: str, limit: int, after: str | None
) -> Page[str]:
    """Return a page of ids of the notifications with this value, newest first.

    Raises:
        InvalidInput: `after` is not a token of this listing.
    """
    query: dict[str, Any] = {
        "TableName": table,
        "IndexName": BY_CREATION[attribute].Meta.index_name,
        "KeyConditionExpression": "#key = :value",
        "ExpressionAttributeNames": {"#key": attribute},
        "ExpressionAttributeValues": {":value": string(value)},
        "ScanIndexForward": False,
        "Limit": limit,
    }
    if after is not None:
        query["ExclusiveStartKey"] = {attribute: string(value), **_from_token(after)}
    answer = client.query(**query)
    last = answer.get("LastEvaluatedKey")
    items = answer["Items"]
    ids = [item["id"]["S"] for item in items]
    return Page(ids, _to_token(last) if last else None, [_to_token(item) for item in items])


def created(
    client: LowLevelClient, table: str, user: str, before: IndexEntry, limit: int
) -> list[IndexEntry]:
    """Implement `NotificationStore.created`.

    DynamoDB does not define the order of the entries of one millisecond, so they are sorted here,
    and a millisecond that a query has not read completely is left for the next query.
    """
    query = {
        "TableName": table,
        "IndexName": NotificationsByUser.Meta.index_name,
        "ScanIndexForward": False,
        "Limit": limit + 1,
        **_in_shard("#user", user, "created_at", 0, before.at),
        "ExpressionAttributeNames": {"#user": "user"},
    }
    entries: list[IndexEntry] = []
    while True:
        answer = client.query(**query)
        entries += [
            IndexEntry(int(item["created_at"]["N"]), item["id"]["S"]) for item in answer["Items"]
        ]
        last = answer.get("LastEvaluatedKey")
        oldest = int(last["created_at"]["N"]) if last else -1
        complete = [entry for entry in entries if entry.at > oldest and entry < before]
        if last is None or len(complete) >= limit:
            return sorted(complete, reverse=True)
        query["ExclusiveStartKey"] = last


def due(
    client: LowLevelClient, table: str, shard: str, after: WakeUp, until: int, size: int = DUE_PAGE
) -> Iterator[list[WakeUp]]:
    """Implement `NotificationStore.due`: page through a shard of the due index."""
    if after.due_at > until:
        return
    query = {
        "TableName": table,
        "IndexName": DueIndex.Meta.index_name,
        "Limit": size,
        **_in_shard("due_shard", shard, "due_at", after.due_at, until),
    }
    if after.id:
        query["ExclusiveStartKey"] = _place("due_shard", shard, "due_at", after.due_at, after.id)
    while True:
        answer = client.query(**query)
        if answer["Items"]:
            yield [_wake_up(item) for item in answer["Items"]]
        if not (last := answer.get("LastEvaluatedKey")):
            return
        query["ExclusiveStartKey"] = last


def oldest_due(client: LowLevelClient, table: str, shard: str) -> WakeUp | None:
    """Return the first entry of a shard of the due index, at the price of half a read unit."""
    pages = due(client, table, shard, BEGINNING, LAST_MOMENT, size=1)
    return next((wake_up for page in pages for wake_up in page), None)


def failed(
    client: LowLevelClient, table: str, shard: str, since: int, before: FailureEntry, limit: int
) -> list[FailureEntry]:
    """Implement `NotificationStore.failed`: return a page of a shard's failed notifications."""
    if before.at < since:
        return []
    query = {
        "TableName": table,
        "IndexName": FailedIndex.Meta.index_name,
        "ScanIndexForward": False,
        "Limit": limit,
        **_in_shard("failed_shard", shard, "updated_at", since, before.at),
    }
    if before.id:
        query["ExclusiveStartKey"] = _place(
            "failed_shard", shard, "updated_at", before.at, before.id
        )
    items = client.query(**query)["Items"]
    return [FailureEntry(int(item["updated_at"]["N"]), item["id"]["S"]) for item in items]


def _in_shard(hash_key: str, shard: str, range_key: str, first: int, last: int) -> dict[str, Any]:
    """Return the conditions of a query for a shard's entries between two times, both inclusive."""
    return {
        "KeyConditionExpression": f"{hash_key} = :shard AND {range_key} BETWEEN :after AND :until",
        "ExpressionAttributeValues": {
            ":shard": string(shard),
            ":after": number(first),
            ":until": number(last),
        },
    }


def _place(hash_key: str, shard: str, range_key: str, at: int, notification_id: str) -> RawItem:
    return {
        hash_key: string(shard),
        range_key: number(at),
        "id": string(notification_id),
    }


def _wake_up(item: RawItem) -> WakeUp:
    return WakeUp(int(item["due_at"]["N"]), item["id"]["S"])


def _to_token(key: RawItem) -> str:
    place = [int(key["created_at"]["N"]), key["id"]["S"]]
    # Without padding, so that a caller can put the token into a URL unchanged.
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _from_token(token: str) -> RawItem:
    try:
        created_at, notification_id = json.loads(base64.urlsafe_b64decode(token + "==="))
        moment = to_epoch_ms(from_epoch_ms(created_at))
        return {"created_at": number(moment), "id": string(str(UUID(notification_id)))}
    except (ValueError, TypeError, AttributeError, OverflowError, OSError) as error:
        raise InvalidInput.of("next", "is not a token of this listing") from error
