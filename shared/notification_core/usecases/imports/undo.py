"""Undo an import: remove what has not changed since."""

from collections.abc import Sequence
from typing import Protocol

from notification_core.domain.imports import ImportKey, ImportKind, UndoResult
from notification_core.domain.timeline import EventKind
from notification_core.ports import HasNotifications, HasRecords


class UndoPorts(HasNotifications, HasRecords, Protocol):
    """The ports that these use cases need."""


def undo_notifications(ports: UndoPorts, source: str, keys: Sequence[str]) -> list[UndoResult]:
    """Remove imported notifications to which nothing has happened here."""
    ids = [ImportKey(source, ImportKind.NOTIFICATION, key).id for key in keys]
    stored = dict(zip(ids, ports.notifications.get(ids), strict=True))
    unchanged = {
        id_: notification
        for id_, notification in stored.items()
        if notification is not None and notification.timeline[-1].event == EventKind.IMPORTED
    }
    removed = dict(
        zip(unchanged, ports.notifications.remove(list(unchanged.values())), strict=True)
    )
    for result in removed.values():
        if isinstance(result, Exception):
            raise result
    return [
        UndoResult.ABSENT
        if stored[id_] is None
        else UndoResult.REMOVED
        if removed.get(id_)
        else UndoResult.CHANGED_SINCE
        for id_ in ids
    ]


def undo_records(ports: UndoPorts, source: str, keys: Sequence[str]) -> list[UndoResult]:
    """Remove imported records that have not changed since."""
    ids = [ImportKey(source, ImportKind.RECORD, key).id for key in keys]
    stored = ports.records.get(ids)
    results = list[UndoResult]()
    for id_ in ids:
        record = stored.pop(id_, None)
        if record is None:
            results.append(UndoResult.ABSENT)
        elif record.updated_at != record.created_at:
            results.append(UndoResult.CHANGED_SINCE)
        else:
            ports.records.remove(record)
            results.append(UndoResult.REMOVED)
    return results
