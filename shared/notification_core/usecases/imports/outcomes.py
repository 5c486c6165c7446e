"""The outcomes of items that are not imported."""

from notification_core.domain.errors import (
    BeingErased,
    NoActiveRecords,
    NotificationError,
    OptedOut,
    Unavailable,
)
from notification_core.domain.imports import ImportOutcome, ImportResult

#: Errors of the state here. The item itself is valid.
OF_THE_STATE = (BeingErased, NoActiveRecords, OptedOut)


def not_imported(error: NotificationError) -> ImportOutcome:
    """Return the outcome of an item with an error. Raises the error if the item may be repeated."""
    if isinstance(error, Unavailable):
        raise error
    skipped = isinstance(error, OF_THE_STATE)
    return ImportOutcome(ImportResult.SKIPPED if skipped else ImportResult.INVALID, None, error)
