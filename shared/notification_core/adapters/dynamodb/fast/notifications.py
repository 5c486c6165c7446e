"""Notifications in DynamoDB. Every transition is conditional on the state that was read."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from notification_core.adapters.dynamodb.errors import CONDITION_FAILED, DUPLICATE, DynamoDBError
from notification_core.adapters.dynamodb.fast import indexes, polls
from notification_core.adapters.dynamodb.fast.attributes import RawItem, number, string
from notification_core.adapters.dynamodb.fast.batch_get import read_items
from notification_core.adapters.dynamodb.fast.client import LowLevelClient, Response, Statement
from notification_core.adapters.dynamodb.fast.items import (
    OF_FAILURE,
    changing,
    decided,
    failed_from_raw,
    from_raw,
    is_failed,
    is_notification,
    to_raw,
    typed,
)
from notification_core.adapters.dynamodb.fast.record_update import record_update
from notification_core.adapters.dynamodb.fast.statements import (
    PARALLEL,
    error_code,
    execute,
    succeeded,
)
from notification_core.adapters.dynamodb.fast.writes import Condition, Update, deletion, insertion
from notification_core.adapters.dynamodb.models.notifications import NotificationItem
from notification_core.adapters.dynamodb.models.records import RecordItem
from notification_core.adapters.parallel import in_parallel
from notification_core.domain.claim import Claim
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.due import DUE_PAGE, WakeUp
from notification_core.domain.failed_notification import FailedNotification
from notification_core.domain.idempotency import conflicting_creation
from notification_core.domain.notification import Notification
from notification_core.domain.paging import FailureEntry, IndexEntry, Page
from notification_core.domain.polls import Poll
from notification_core.domain.status import Status
from notification_core.domain.transitions import ClaimRejected, RecordChanged, Transition


class DynamoNotifications:
    """A NotificationStore.

    Args:
        client: the DynamoDB client.
        due_shards: partitions of the due index per module for new items; existing items keep their
            partition.
        retention: how long a finished notification is kept.
    """

    def __init__(self, client: LowLevelClient, due_shards: int, retention: timedelta) -> None:
        self._client = client
        self._due_shards = due_shards
        self._retention = retention

    @property
    def _table(self) -> str:
        return NotificationItem.Meta.table_name

    def create(self, notifications: Sequence[Notification]) -> list[Notification | None]:
        responses = execute(self._client, list(map(self._insertion, notifications)))
        for response in responses:
            if isinstance(result := succeeded(response, DUPLICATE), DynamoDBError):
                raise result
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

    def _insertion(self, notification: Notification) -> Statement:
        raw = to_raw(notification, due_shards=self._due_shards, retention=self._retention)
        return insertion(self._table, raw)

    def get(self, ids: Sequence[str]) -> list[Notification | None]:
        items = read_items(self._client, self._table, "id", ids)
        by_id = {item["id"]["S"]: from_raw(item) for item in items if is_notification(item)}
        return [by_id.get(notification_id) for notification_id in ids]

    def failures(self, ids: Sequence[str]) -> list[FailedNotification | None]:
        # The index of failures is not consistent either, and such a read costs half.
        items = read_items(self._client, self._table, "id", ids, only=OF_FAILURE)
        failed = {item["id"]["S"]: failed_from_raw(item) for item in items if is_failed(item)}
        if silent := [failed_id for failed_id, failure in failed.items() if failure is None]:
            read = zip(silent, self.get(silent), strict=True)
            failed |= {failed_id: item and FailedNotification.of(item) for failed_id, item in read}
        return [failed.get(notification_id) for notification_id in ids]

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
        statements = [self._claiming(wake_up, claim, now, module) for wake_up in wake_ups]
        return [_claimed(claim, response) for response in execute(self._client, statements)]

    def _claiming(self, wake_up: WakeUp, claim: Claim, now: datetime, module: str) -> Statement:
        moment = number(to_epoch_ms(now))
        values = {
            "status": string(Status.SENDING.value),
            "token": string(claim.token),
            "lease_until": number(to_epoch_ms(claim.lease_until)),
            "attempted_delivery": moment,
            "updated_at": moment,
        }
        held: Condition = {
            "id": string(wake_up.id),
            "due_at": number(wake_up.due_at),
            "status": [string(Status.SCHEDULED.value), string(Status.RETRY.value)],
            "module": string(module),
        }
        return Update(self._table, values, held).statement("RETURNING ALL NEW *")

    def advance(self, transitions: Sequence[Transition]) -> list[bool | Exception]:
        alone = {place: change for place, change in enumerate(transitions) if change.record is None}
        responses = execute(
            self._client, [self._update(change).statement() for change in alone.values()]
        )
        results = {
            place: _advanced(change, response)
            for (place, change), response in zip(alone.items(), responses, strict=True)
        }
        paired = {place: change for place, change in enumerate(transitions) if change.record}
        written = in_parallel(self._advance_with_record, list(paired.values()), PARALLEL)
        results |= dict(zip(paired, written, strict=True))
        return [results[place] for place in range(len(transitions))]

    def _advance_with_record(self, change: Transition) -> bool | Exception:
        if change.record is None:
            raise ValueError("a change without a record is written with the others")
        table = RecordItem.Meta.table_name
        record = record_update(table, change.record.before, change.record.after)
        try:
            self._client.transact_write_items(
                TransactItems=[self._update(change).in_transaction(), record.in_transaction()]
            )
        except DynamoDBError as error:
            return self._cancelled(change, error)
        except Exception as error:  # noqa: BLE001 - the other changes may have been written
            return error
        return True

    def _cancelled(self, change: Transition, error: DynamoDBError) -> bool | Exception:
        mine, records = (*error.reasons, "", "")[:2]
        if mine == CONDITION_FAILED:
            # The request may have been sent twice, and have succeeded the first time.
            [current] = self.get([change.before.id])
            return current is not None and change.is_stored_as(current)
        return RecordChanged() if records == CONDITION_FAILED else error

    def _update(self, change: Transition) -> Update:
        """Return the write of the attributes that a change affects."""
        before, after = self._changing(change.before), self._changing(change.after)
        if change.is_edit:
            before, after = before | decided(change.before), after | decided(change.after)
        values = {name: value for name, value in after.items() if value != before[name]}
        removed = [name for name, value in values.items() if value is None]
        return Update(self._table, typed(values), _held(change.before, before), removed)

    def remove(self, notifications: Sequence[Notification]) -> list[bool | Exception]:
        # A DELETE of a missing item succeeds regardless of its other conditions. It counts as
        # removed, because the caller's request was carried out, now or before.
        responses = execute(self._client, list(map(self._removal, notifications)))
        return [succeeded(response, CONDITION_FAILED) for response in responses]

    def _removal(self, notification: Notification) -> Statement:
        return deletion(self._table, _held(notification, self._changing(notification)))

    def add_poll(self, poll: Poll) -> None:
        polls.add(self._client, self._table, poll, self._due_shards)

    def replace_poll(self, before: Poll, after: Poll | None) -> bool:
        return polls.replace(self._client, self._table, before, after)

    def oldest_due(self, shard: str) -> WakeUp | None:
        return indexes.oldest_due(self._client, self._table, shard)

    def due(
        self, shard: str, after: WakeUp, until: int, size: int = DUE_PAGE
    ) -> Iterator[list[WakeUp]]:
        return indexes.due(self._client, self._table, shard, after, until, size)

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


def _claimed(claim: Claim, response: Response) -> Notification | ClaimRejected | Exception:
    code = error_code(response)
    if code is None:
        return from_raw(response["Item"])
    if code != CONDITION_FAILED:
        return DynamoDBError(code)
    item = response["Error"].get("Item")
    if item and polls.is_poll(item):
        return ClaimRejected(None, polls.poll_of(item))
    current = _current(response)
    # The SDK repeats a request whose response was lost: the first request may have succeeded.
    return current if current is not None and current.claim == claim else ClaimRejected(current)


def _advanced(change: Transition, response: Response) -> bool | Exception:
    if result := succeeded(response, CONDITION_FAILED):
        return result
    current = _current(response)
    return current is not None and change.is_stored_as(current)


def _current(response: Response) -> Notification | None:
    item = response["Error"].get("Item")
    return from_raw(item) if item and is_notification(item) else None
