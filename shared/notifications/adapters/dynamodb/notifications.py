"""Notifications in DynamoDB. A condition on what was read makes every transition a lock."""

import base64
import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from notifications.adapters.dynamodb.items import changing_to_raw, from_raw, to_raw
from notifications.adapters.dynamodb.partiql import Response, StatementFailed, error_code, execute
from notifications.adapters.dynamodb.reads import RawItem, read_items
from notifications.adapters.dynamodb.tables import DueIndex, NotificationItem, NotificationsByUser
from notifications.adapters.dynamodb.writes import CONDITION_FAILED
from notifications.domain.clock import from_epoch_ms, to_epoch_ms
from notifications.domain.errors import InvalidInput
from notifications.domain.notification import Claim, Notification
from notifications.domain.status import Status
from notifications.ports import Change, Page, Refused, WakeUp

#: Entries of one page of the due index: what a dispatcher holds in memory at a time, per shard.
DUE_PAGE = 1000

DUPLICATE = "DuplicateItem"


class DynamoNotifications:
    """A NotificationStore.

    Args:
        client: a DynamoDB client, botocore's or `wire.py`'s.
        due_shards: partitions of the due index per module; may grow, must never shrink while
            notifications wait.
        retention: how long a finished notification is kept.
    """

    def __init__(self, client: Any, due_shards: int, retention: timedelta) -> None:
        self._client = client
        self._due_shards = due_shards
        self._retention = retention

    @property
    def _table(self) -> str:
        return NotificationItem.Meta.table_name

    def create(self, notifications: Sequence[Notification]) -> list[Notification | None]:
        responses = execute(self._client, [self._insertion(each) for each in notifications])
        for response in responses:
            if error_code(response) not in (None, DUPLICATE):
                raise StatementFailed(error_code(response))
        taken = [
            each.id
            for each, response in zip(notifications, responses, strict=True)
            if error_code(response) == DUPLICATE
        ]
        standing = dict(zip(taken, self.get(taken), strict=True)) if taken else {}
        return [standing.get(each.id) for each in notifications]

    def _insertion(self, notification: Notification) -> dict[str, Any]:
        raw = to_raw(notification, due_shards=self._due_shards, retention=self._retention)
        fields = ", ".join(f"'{name}': ?" for name in raw)
        return {
            "Statement": f'INSERT INTO "{self._table}" VALUE {{{fields}}}',
            "Parameters": list(raw.values()),
        }

    def get(self, ids: Sequence[str]) -> list[Notification | None]:
        items = read_items(self._client, self._table, "id", ids)
        found = {item["id"]["S"]: from_raw(item) for item in items}
        return [found.get(each) for each in ids]

    def of_user(self, user: str, limit: int, after: str | None = None) -> Page[Notification]:
        query: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": NotificationsByUser.Meta.index_name,
            "KeyConditionExpression": "#user = :user",
            "ExpressionAttributeNames": {"#user": "user"},
            "ExpressionAttributeValues": {":user": {"S": user}},
            "ScanIndexForward": False,
            "Limit": limit,
        }
        if after is not None:
            query["ExclusiveStartKey"] = {"user": {"S": user}, **_from_token(after)}
        answer = self._client.query(**query)
        ids = [item["id"]["S"] for item in answer["Items"]]
        items = [each for each in self.get(ids) if each is not None]
        last = answer.get("LastEvaluatedKey")
        return Page(items, _to_token(last) if last else None)

    def claim(
        self, wake_ups: Sequence[WakeUp], claim: Claim, now: datetime
    ) -> list[Notification | Refused | Exception]:
        statements = [self._claiming(each, claim, now) for each in wake_ups]
        return [_claimed(claim, each) for each in execute(self._client, statements)]

    def _claiming(self, wake_up: WakeUp, claim: Claim, now: datetime) -> dict[str, Any]:
        moment = _number(to_epoch_ms(now))
        return {
            "Statement": (
                f'UPDATE "{self._table}" SET "status"=? SET "token"=? SET "lease_until"=?'
                ' SET "attempted_delivery"=? SET "updated_at"=?'
                ' WHERE "id"=? AND "due_at"=? AND "status" IN [?, ?] RETURNING ALL NEW *'
            ),
            "Parameters": [
                {"S": Status.SENDING.value},
                {"S": claim.token},
                _number(to_epoch_ms(claim.lease_until)),
                moment,
                moment,
                {"S": wake_up.id},
                _number(wake_up.due_at),
                {"S": Status.SCHEDULED.value},
                {"S": Status.RETRY.value},
            ],
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def advance(self, changes: Sequence[Change]) -> list[bool | Exception]:
        statements = [self._advancing(each) for each in changes]
        responses = execute(self._client, statements)
        return [
            _advanced(change, response) for change, response in zip(changes, responses, strict=True)
        ]

    def _advancing(self, change: Change) -> dict[str, Any]:
        before, after = self._changing(change.before), self._changing(change.after)
        changed = {name: value for name, value in after.items() if value != before.get(name)}
        actions = [f'SET "{name}"=?' for name in changed]
        actions += [f'REMOVE "{name}"' for name in before if name not in after]
        held = {"id": {"S": change.before.id}}
        held |= {name: before[name] for name in ("status", "due_at", "token") if name in before}
        conditions = " AND ".join(f'"{name}"=?' for name in held)
        return {
            "Statement": f'UPDATE "{self._table}" {" ".join(actions)} WHERE {conditions}',
            "Parameters": [*changed.values(), *held.values()],
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def due(self, shard: str, after: WakeUp, until: int) -> Iterator[list[WakeUp]]:
        query: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": DueIndex.Meta.index_name,
            "KeyConditionExpression": "due_shard = :shard AND due_at BETWEEN :after AND :until",
            "ExpressionAttributeValues": {
                ":shard": {"S": shard},
                ":after": _number(after.due_at),
                ":until": _number(until),
            },
            "Limit": DUE_PAGE,
        }
        if after.id:
            query["ExclusiveStartKey"] = {
                "due_shard": {"S": shard},
                "due_at": _number(after.due_at),
                "id": {"S": after.id},
            }
        if after.due_at > until:
            return
        while True:
            answer = self._client.query(**query)
            if answer["Items"]:
                yield [WakeUp(int(i["due_at"]["N"]), i["id"]["S"]) for i in answer["Items"]]
            if not (last := answer.get("LastEvaluatedKey")):
                return
            query["ExclusiveStartKey"] = last

    def _changing(self, notification: Notification) -> RawItem:
        return changing_to_raw(notification, due_shards=self._due_shards, retention=self._retention)


def _claimed(claim: Claim, response: Response) -> Notification | Refused | Exception:
    code = error_code(response)
    if code is None:
        return from_raw(response["Item"])
    if code != CONDITION_FAILED:
        return StatementFailed(code)
    current = _current(response)
    # The SDK sends a request again whose answer was lost: the first one may have been carried out.
    return current if current is not None and current.claim == claim else Refused(current)


def _advanced(change: Change, response: Response) -> bool | Exception:
    code = error_code(response)
    if code is None:
        return True
    if code != CONDITION_FAILED:
        return StatementFailed(code)
    current = _current(response)
    return current is not None and current.timeline == change.after.timeline


def _current(response: Response) -> Notification | None:
    item = response["Error"].get("Item")
    return from_raw(item) if item else None


def _number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def _to_token(key: RawItem) -> str:
    place = [int(key["created_at"]["N"]), key["id"]["S"]]
    # Without padding: a caller may put it into a URL as it is.
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _from_token(token: str) -> RawItem:
    try:
        created_at, notification_id = json.loads(base64.urlsafe_b64decode(token + "==="))
        moment = from_epoch_ms(created_at)
        return {"created_at": _number(to_epoch_ms(moment)), "id": {"S": str(UUID(notification_id))}}
    except (ValueError, TypeError, AttributeError, OverflowError, OSError) as error:
        raise InvalidInput.of("next", "is not a token of this listing") from error
