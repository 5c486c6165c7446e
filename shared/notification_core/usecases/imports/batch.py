"""Import a batch of entities of every kind, and undo one."""

from collections.abc import Sequence
from typing import Protocol

from notification_core.domain.imports import (
    ImportedNotification,
    ImportedOptOut,
    ImportedRecord,
    ImportKind,
    ImportOutcome,
    UndoResult,
)
from notification_core.usecases.imports.notifications import (
    ImportNotificationPorts,
    check_notifications,
    import_notifications,
)
from notification_core.usecases.imports.opt_outs import (
    check_opt_outs,
    import_opt_outs,
    undo_opt_out,
)
from notification_core.usecases.imports.records import check_records, import_records
from notification_core.usecases.imports.undo import undo_notifications, undo_records

Imported = ImportedRecord | ImportedOptOut | ImportedNotification


class ImportPorts(ImportNotificationPorts, Protocol):
    """The ports that these use cases need."""


def import_batch(ports: ImportPorts, source: str, items: Sequence[Imported]) -> list[ImportOutcome]:
    """Import a batch; return one outcome for each item, in order.

    Opt-outs come first, so that no notification of their users is accepted; then records, which the
    notifications of the batch may name.

    Raises:
        Unavailable, StillSending: nothing is lost, and the same request may be repeated.
    """
    outcomes: dict[int, ImportOutcome] = {}
    opt_outs = {n: item for n, item in enumerate(items) if isinstance(item, ImportedOptOut)}
    records = {n: item for n, item in enumerate(items) if isinstance(item, ImportedRecord)}
    others = {n: item for n, item in enumerate(items) if isinstance(item, ImportedNotification)}
    outcomes |= zip(opt_outs, import_opt_outs(ports, source, [*opt_outs.values()]), strict=True)
    outcomes |= zip(records, import_records(ports, source, [*records.values()]), strict=True)
    outcomes |= zip(others, import_notifications(ports, source, [*others.values()]), strict=True)
    return [outcomes[place] for place in range(len(items))]


def check_batch(ports: ImportPorts, source: str, items: Sequence[Imported]) -> list[ImportOutcome]:
    """Return the outcomes that an import of these items would have, and store nothing.

    The items do not affect each other: an opt-out of the batch does not end its notifications, and
    of a notification whose record does not exist yet, only the fields are checked.
    """
    outcomes: dict[int, ImportOutcome] = {}
    opt_outs = {n: item for n, item in enumerate(items) if isinstance(item, ImportedOptOut)}
    records = {n: item for n, item in enumerate(items) if isinstance(item, ImportedRecord)}
    outcomes |= zip(opt_outs, check_opt_outs(ports, [*opt_outs.values()]), strict=True)
    outcomes |= zip(records, check_records(ports, source, [*records.values()]), strict=True)
    others = {n: item for n, item in enumerate(items) if isinstance(item, ImportedNotification)}
    outcomes |= zip(others, check_notifications(ports, source, [*others.values()]), strict=True)
    return [outcomes[place] for place in range(len(items))]


def undo_batch(
    ports: ImportPorts, source: str, items: Sequence[tuple[ImportKind, str, str]]
) -> list[UndoResult]:
    """Undo the import of items: kind, key and, for an opt-out, the user's id.

    Notifications are removed before the records that they name.

    Raises:
        Unavailable: the same request may be repeated.
    """
    results: dict[int, UndoResult] = {}
    keys = {
        wanted: {place: key for place, (kind, key, _) in enumerate(items) if kind is wanted}
        for wanted in ImportKind
    }
    notifications, records = keys[ImportKind.NOTIFICATION], keys[ImportKind.RECORD]
    undone = undo_notifications(ports, source, list(notifications.values()))
    results |= zip(notifications, undone, strict=True)
    results |= zip(records, undo_records(ports, source, list(records.values())), strict=True)
    for place, (kind, key, user) in enumerate(items):
        if kind is ImportKind.OPT_OUT:
            results[place] = undo_opt_out(ports, source, key, user)
    return [results[place] for place in range(len(items))]
