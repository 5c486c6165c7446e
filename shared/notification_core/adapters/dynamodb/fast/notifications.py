"""Notifications in DynamoDB. Every transition is conditional on the state that was read."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from notification_core.adapters.dynamodb.fast import indexes, polls
from notification_core.adapters.dynamodb.fast.batch_get import RawItem, read_items
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
from notification_core.adapters.dynamodb.tables.models import NotificationItem, RecordItem
from notification_core.adapters.parallel import in_parallel
from notification_core.domain.claim import Claim
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.due import WakeUp
from notification_core.domain.idempotency import conflicting_creation
from notification_core.domain.notification import Notification
from notification_core.domain.paging import FailureEntry, Page
from notification_core.domain.polls import Poll
from notification_core.domain.status import Status
from notification_core.domain.transitions import ClaimRejected, RecordChanged, Transition

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
        page = indexes.list_by_user(self._client, self._table, user, limit, after)
        return page.with_items(self.get(page.items))

    def claim(
        self, wake_ups: Sequence[WakeUp], claim: Claim, now: datetime, module: str
    ) -> list[Notification | ClaimRejected | Exception]:
        statements = [self._claiming(wake_up, claim, now, module) for wake_up in wake_ups]
        return [_claimed(claim, response) for response in execute(self._client, statements)]

    def _claiming(
        self, wake_up: WakeUp, claim: Claim, now: datetime, module: str
    ) -> dict[str, Any]:
        moment = _number(to_epoch_ms(now))
        return {
            "Statement": (
                f'UPDATE "{self._table}" SET "status"=? SET "token"=? SET "lease_until"=?'
                ' SET "attempted_delivery"=? SET "updated_at"=?'
                ' WHERE "id"=? AND "due_at"=? AND "status" IN [?, ?] AND "module"=?'
                " RETURNING ALL NEW *"
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
                {"S": module},
            ],
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def advance(self, transitions: Sequence[Transition]) -> list[bool | Exception]:
        alone = {place: change for place, change in enumerate(transitions) if change.record is None}
        responses = execute(self._client, [self._advancing(change) for change in alone.values()])
        results = {
            place: _advanced(change, response)
            for (place, change), response in zip(alone.items(), responses, strict=True)
        }
        paired = {place: change for place, change in enumerate(transitions) if change.record}
        written = in_parallel(self._advance_with_record, list(paired.values()), PARALLEL)
        results |= dict(zip(paired, written, strict=True))
        return [results[place] for place in range(len(transitions))]

    def _advancing(self, change: Transition) -> dict[str, Any]:
        values, removed, held = self._difference(change)
        actions = [f'SET "{name}"=?' for name in values]
        actions += [f'REMOVE "{name}"' for name in removed]
        conditions = " AND ".join(f'"{name}"=?' for name in held)
        return {
            "Statement": f'UPDATE "{self._table}" {" ".join(actions)} WHERE {conditions}',
            "Parameters": [*values.values(), *held.values()],
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _advance_with_record(self, change: Transition) -> bool | Exception:
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

    def _cancelled(self, change: Transition, cancelled: Cancelled) -> bool | Exception:
        mine, records = (*cancelled.reasons, "", "")[:2]
        if mine == CONDITION_FAILED:
            # The request may have been sent twice, and have succeeded the first time.
            [current] = self.get([change.before.id])
            return current is not None and current.timeline == change.after.timeline
        return RecordChanged() if records == CONDITION_FAILED else cancelled

    def _difference(self, change: Transition) -> tuple[RawItem, list[str], RawItem]:
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


def _claimed(claim: Claim, response: Response) -> Notification | ClaimRejected | Exception:
    code = error_code(response)
    if code is None:
        return from_raw(response["Item"])
    if code != CONDITION_FAILED:
        return StatementFailed(code)
    item = response["Error"].get("Item")
    if item and polls.is_poll(item):
        return ClaimRejected(None, polls.poll_of(item))
    current = _current(response)
    # The SDK repeats a request whose response was lost: the first request may have succeeded.
    return current if current is not None and current.claim == claim else ClaimRejected(current)


def _advanced(change: Transition, response: Response) -> bool | Exception:
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
