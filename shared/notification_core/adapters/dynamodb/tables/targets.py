"""Targets in DynamoDB. An additional item per name keeps names unique."""

import time
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from notification_core.adapters.dynamodb.models import RecordItem, TargetItem, TargetNameItem
from notification_core.adapters.dynamodb.tables.conversions import with_epochs, with_moments
from notification_core.adapters.dynamodb.tables.writes import Transaction, put_if
from notification_core.adapters.recent import Recent
from notification_core.domain.addresses import Target
from notification_core.domain.clock import Clock, to_epoch_ms
from notification_core.domain.errors import (
    NameTaken,
    TargetInUse,
    Unavailable,
    UnknownTarget,
)

#: How long a removal waits for the index of records by target, which is eventually consistent. The
#: index usually needs milliseconds (Amazon DynamoDB Developer Guide, "Using Global Secondary
#: Indexes"). If it needs longer than this, a record may remain without its target; it is skipped.
SETTLED_AFTER = timedelta(seconds=2)

#: How long a target under removal rejects new records. This is longer than the time limit of a
#: request, and short enough that an interrupted removal blocks new records only briefly.
CLOSED_FOR = timedelta(minutes=1)


def takes_records(now: datetime) -> Any:
    """Return the condition that a target exists and is not being removed."""
    lapsed = TargetItem.closed_at < to_epoch_ms(now - CLOSED_FOR)
    return TargetItem.id.exists() & (TargetItem.closed_at.does_not_exist() | lapsed)


class DynamoTargets:
    """A TargetStore.

    Args:
        clock: the start time of a removal, and the age of cached targets.
        settled_after: how long a removal waits before it checks for records again.
    """

    def __init__(self, clock: Clock, settled_after: timedelta = SETTLED_AFTER) -> None:
        self._clock = clock
        self._settled_after = settled_after
        self._recent = Recent(self.all, clock)

    def add(self, target: Target) -> None:
        transaction = Transaction()
        free, absent = TargetNameItem.id.does_not_exist(), TargetItem.id.does_not_exist()
        transaction.put(_name_item(target), free, otherwise=NameTaken)
        transaction.put(_target_item(target), absent, otherwise=NameTaken)
        try:
            self._write(transaction)
        except NameTaken:
            if target not in self.all():  # otherwise an earlier attempt has succeeded
                raise

    def replace(self, before: Target, after: Target) -> None:
        transaction = Transaction()
        transaction.put(_target_item(after), TargetItem.id.exists(), otherwise=UnknownTarget)
        if after.name != before.name:
            free = TargetNameItem.id.does_not_exist()
            transaction.put(_name_item(after), free, otherwise=NameTaken)
            transaction.delete(_name_item(before))
        try:
            self._write(transaction)
        except NameTaken:
            if after not in self.all():
                raise

    def remove(self, target: Target) -> None:
        """Close the target to new records, wait for the index, check for records, and delete it."""
        if _is_in_use(target):
            raise TargetInUse
        item = _target_item(target)
        item.closed_at = closed_at = to_epoch_ms(self._clock())
        if not put_if(item, TargetItem.updated_at == to_epoch_ms(target.updated_at)):
            if any(current.id == target.id for current in self.all()):
                raise Unavailable
            return
        time.sleep(self._settled_after.total_seconds())
        still_closed = TargetItem.closed_at == closed_at
        if _is_in_use(target):
            put_if(_target_item(target), still_closed)
            raise TargetInUse

        transaction = Transaction()
        transaction.delete(item, condition=still_closed)
        transaction.delete(_name_item(target))
        self._write(transaction)

    def _write(self, transaction: Transaction) -> None:
        with self._recent.changing():
            transaction.write()

    def all(self) -> list[Target]:
        items = TargetItem.scan(consistent_read=True)
        targets = [_target(item) for item in items if "#" not in item.id]
        return sorted(targets, key=lambda target: target.name)

    def recent(self) -> list[Target]:
        return self._recent.get()


def _is_in_use(target: Target) -> bool:
    return any(True for _ in RecordItem.by_target.query(target.id, limit=1))


def _name_item(target: Target) -> TargetNameItem:
    return TargetNameItem(id=f"name#{target.name}", target=target.id)


def _target_item(target: Target) -> TargetItem:
    return TargetItem(**with_epochs(asdict(target)))


def _target(item: TargetItem) -> Target:
    values = {name: value for name, value in item.attribute_values.items() if name != "closed_at"}
    return Target(**with_moments(values))
