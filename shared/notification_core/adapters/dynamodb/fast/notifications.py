"""Notifications in DynamoDB. Every transition is conditional on the state that was read."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from notification_core.adapters.dynamodb.fast import indexes, polls
from notification_core.adapters.dynamodb.fast.batch_get import RawItem, read_items
from notification_core.adapters.dynamodb.fast.claims import claimed, claiming, current_of
from notification_core.adapters.dynamodb.fast.items import changing, from_raw, to_raw, typed
from notification_core.adapters.dynamodb.fast.statements import (
    PARALLEL,
    Response,
    StatementFailed,
    error_code,
    execute,
)
from notification_core.adapters.dynamodb.fast.transactions import Cancelled, record_update, update
from notification_core.adapters.dynamodb.tables.conditional_writes import CONDITION_FAILED
from notification_core.adapters.dynamodb.tables.models import (
    NotificationItem,
    RecordItem,
)
from notification_core.adapters.parallel import in_parallel
from notification_core.domain.changes import Change, ClaimRejected, RecordChanged
from notification_core.domain.claim import Claim
from notification_core.domain.due import WakeUp
from notification_core.domain.idempotency import conflicting_creation
from notification_core.domain.notification import Notification
from notification_core.domain.paging import FailureEntry, IndexEntry, Page
from notification_core.domain.polls import Poll

DUPLICATE = "DuplicateItem"


class DynamoNotifications:
    """A NotificationStore.

    Args:
        client: a DynamoDB client, of botocore or of `low_level_client.py`.
        due_shards: partitions of the due index per module for new items; existing items keep their
            partition.
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
        responses = execute(self._client, list(map(self._insertion, notifications)))
        for response in responses:
            if error_code(response) not in (None, DUPLICATE):
                raise StatementFailed(error_code(response))
        taken = [
            notification.id
            for notification, response in zip(notifications, responses, strict=True)
            if error_code(response) == DUPLICATE
        ]
        standing = dict(zip(taken, self.get(taken), strict=True)) if taken else {}
        return [
            conflicting_creation(standing.get(notification.id), notification)
            for notification in notifications
        ]

    def _insertion(self, notification: Notification) -> dict[str, Any]:
        raw = to_raw(notification, due_shards=self._due_shards, retention=self._retention)
        fields = ", ".join(f"'{name}': ?" for name in raw)
        return {
            "Statement": f'INSERT INTO "{self._table}" VALUE {{{fields}}}',
            "Parameters": list(raw.values()),
        }

    def get(self, ids: Sequence[str]) -> list[Notification | None]:
        items = read_items(self._client, self._table, "id", ids)
        by_id = {item["id"]["S"]: from_raw(item) for item in items if not polls.is_poll(item)}
        return [by_id.get(notification_id) for notification_id in ids]

    def list_by_user(self, user: str, limit: int, after: str | None = None) -> Page[Notification]:
        return self._newest("user", user, limit, after)

    def list_by_reference(
        self, reference: str, limit: int, after: str | None = None
    ) -> Page[Notification]:
        return self._newest("reference", reference, limit, after)

    def list_by_provider_id(
        self, message_id: str, limit: int, after: str | None = None
    ) -> Page[Notification]:
        return self._newest("provider_message_id", message_id, limit, after)

    def _newest(
        self, attribute: str, value: str, limit: int, after: str | None
    ) -> Page[Notification]:
        page = indexes.newest(self._client, self._table, attribute, value, limit, after)
        # The index may lag behind a change of the provider's id.
        return page.with_items(
            [
                notification if getattr(notification, attribute, None) == value else None
                for notification in self.get(page.items)
            ]
        )

    def created(self, user: str, before: IndexEntry, limit: int) -> list[IndexEntry]:
        return indexes.created(self._client, self._table, user, before, limit)

    def claim(
        self, wake_ups: Sequence[WakeUp], claim: Claim, now: datetime, module: str
    ) -> list[Notification | ClaimRejected | Exception]:
        statements = [claiming(self._table, wake_up, claim, now, module) for wake_up in wake_ups]
        return [claimed(claim, response) for response in execute(self._client, statements)]

    def advance(self, changes: Sequence[Change]) -> list[bool | Exception]:
        alone = {place: change for place, change in enumerate(changes) if change.record is None}
        responses = execute(self._client, [self._advancing(change) for change in alone.values()])
        results = {
            place: _advanced(change, response)
            for (place, change), response in zip(alone.items(), responses, strict=True)
        }
        paired = {place: change for place, change in enumerate(changes) if change.record}
        written = in_parallel(self._advance_with_record, list(paired.values()), PARALLEL)
        results |= dict(zip(paired, written, strict=True))
        return [results[place] for place in range(len(changes))]

    def _advancing(self, change: Change) -> dict[str, Any]:
        values, removed, held = self._difference(change)
        actions = [f'SET "{name}"=?' for name in values]
        actions += [f'REMOVE "{name}"' for name in removed]
        conditions = " AND ".join(f'"{name}"=?' for name in held)
        return {
            "Statement": f'UPDATE "{self._table}" {" ".join(actions)} WHERE {conditions}',
            "Parameters": [*values.values(), *held.values()],
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _advance_with_record(self, change: Change) -> bool | Exception:
        if change.record is None:
            raise ValueError("a change without a record is written with the others")
        values, removed, held = self._difference(change)
        key = {"id": {"S": change.before.id}}
        records = RecordItem.Meta.table_name
        try:
            self._client.transact_write_items(
                TransactItems=[
                    update(self._table, key, values, removed, held),
                    record_update(records, change.record.before, change.record.after),
                ]
            )
        except Cancelled as cancelled:
            return self._cancelled(change, cancelled)
        except Exception as error:  # noqa: BLE001 - the other changes may have been written
            return error
        return True

    def _cancelled(self, change: Change, cancelled: Cancelled) -> bool | Exception:
        mine, records = (*cancelled.reasons, "", "")[:2]
        if mine == CONDITION_FAILED:
            # The request may have been sent twice, and have succeeded the first time.
            [current] = self.get([change.before.id])
            return current is not None and current.timeline == change.after.timeline
        return RecordChanged() if records == CONDITION_FAILED else cancelled

    def _difference(self, change: Change) -> tuple[RawItem, list[str], RawItem]:
        """Return the new values, the attributes to remove, and the values that must hold."""
        before, after = self._changing(change.before), self._changing(change.after)
        values = {name: value for name, value in after.items() if value != before[name]}
        removed = [name for name, value in values.items() if value is None]
        return typed(values), removed, _held(change.before, before)

    def remove(self, notifications: Sequence[Notification]) -> list[bool | Exception]:
        # A DELETE of a missing item succeeds regardless of its other conditions. It counts as
        # removed, because the caller's request was carried out, now or before.
        responses = execute(self._client, list(map(self._removal, notifications)))
        return [_carried_out(response) for response in responses]

    def _removal(self, notification: Notification) -> dict[str, Any]:
        held = _held(notification, self._changing(notification))
        conditions = " AND ".join(f'"{name}"=?' for name in held)
        return {
            "Statement": f'DELETE FROM "{self._table}" WHERE {conditions}',
            "Parameters": list(held.values()),
        }

    def add_poll(self, poll: Poll) -> None:
        polls.add(self._client, self._table, poll, self._due_shards)

    def replace_poll(self, before: Poll, after: Poll | None) -> bool:
        return polls.replace(self._client, self._table, before, after)

    def oldest_due(self, shard: str) -> WakeUp | None:
        return indexes.oldest_due(self._client, self._table, shard)

    def due(self, shard: str, after: WakeUp, until: int) -> Iterator[list[WakeUp]]:
        return indexes.due(self._client, self._table, shard, after, until)

    def failed(
        self, shard: str, since: int, before: FailureEntry, limit: int
    ) -> list[FailureEntry]:
        return indexes.failed(self._client, self._table, shard, since, before, limit)

    def _changing(self, notification: Notification) -> dict[str, Any]:
        return changing(notification, due_shards=self._due_shards, retention=self._retention)


def _held(notification: Notification, values: Mapping[str, Any]) -> RawItem:
    """Return the attributes that must be unchanged since they were read.

    A claim has a token. Without a claim, `updated_at` reveals changes that affect no other
    attribute of the condition: a note, or a redrive that ended in the same status.
    """
    names = ["status", "due_at", "token" if notification.claim else "updated_at"]
    return {"id": {"S": notification.id}} | typed({name: values[name] for name in names})


def _carried_out(response: Response) -> bool | Exception:
    code = error_code(response)
    return StatementFailed(code) if code not in {None, CONDITION_FAILED} else code is None


def _advanced(change: Change, response: Response) -> bool | Exception:
    code = error_code(response)
    if code is None:
        return True
    if code != CONDITION_FAILED:
        return StatementFailed(code)
    current = current_of(response)
    return current is not None and current.timeline == change.after.timeline
