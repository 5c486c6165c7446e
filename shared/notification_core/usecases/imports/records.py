"""Import target user records."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from notification_core.domain.addresses import Address, Target, TargetUserRecord, find_target
from notification_core.domain.errors import NotificationError
from notification_core.domain.imports import (
    ImportedRecord,
    ImportKey,
    ImportKind,
    ImportOutcome,
    ImportResult,
)
from notification_core.domain.modules import Module
from notification_core.usecases.administration.registration import (
    Registration,
    RegistrationPorts,
    add_new,
    find_existing,
    module_of,
)
from notification_core.usecases.deployed import read_deployed
from notification_core.usecases.imports.outcomes import not_imported


def import_records(
    ports: RegistrationPorts, source: str, items: Sequence[ImportedRecord]
) -> list[ImportOutcome]:
    """Import records; return one outcome for each, in order.

    An address that the user already has here is left as it is, and its record's id is returned.
    """
    wanted, outcomes = _checked(ports, source, items)
    existing = find_existing(ports, wanted.values())
    new = {Address.of(record): record for record in reversed(wanted.values())}
    missing = [record for address, record in new.items() if address not in existing]
    added = dict(zip(map(Address.of, missing), add_new(ports, missing), strict=True))
    for place, record in wanted.items():
        address = Address.of(record)
        if address in existing:
            outcomes[place] = ImportOutcome(ImportResult.UNCHANGED, existing[address].id)
        else:
            outcomes[place] = _outcome(record, added[address])
    return [outcomes[place] for place in range(len(items))]


def check_records(
    ports: RegistrationPorts, source: str, items: Sequence[ImportedRecord]
) -> list[ImportOutcome]:
    """Return the outcomes that an import of these records would have, and store nothing."""
    wanted, outcomes = _checked(ports, source, items)
    existing = find_existing(ports, wanted.values())
    for place, record in wanted.items():
        stored = existing.get(Address.of(record))
        result = ImportResult.IMPORTED if stored is None else ImportResult.UNCHANGED
        outcomes[place] = ImportOutcome(result, record.id if stored is None else stored.id)
    return [outcomes[place] for place in range(len(items))]


def _checked(
    ports: RegistrationPorts, source: str, items: Sequence[ImportedRecord]
) -> tuple[dict[int, TargetUserRecord], dict[int, ImportOutcome]]:
    """Return the records of the valid items, and the outcomes of the others, by place."""
    targets, modules = read_deployed(ports, {item.target for item in items})
    records: dict[int, TargetUserRecord] = {}
    outcomes: dict[int, ImportOutcome] = {}
    now = ports.clock()
    for place, item in enumerate(items):
        try:
            records[place] = _record(source, item, targets, modules, now)
        except NotificationError as error:
            outcomes[place] = not_imported(error)
    return records, outcomes


def _outcome(record: TargetUserRecord, result: Registration | NotificationError) -> ImportOutcome:
    if isinstance(result, NotificationError):
        return not_imported(result)
    is_own = result.created and result.record.id == record.id
    return ImportOutcome(
        ImportResult.IMPORTED if is_own else ImportResult.UNCHANGED, result.record.id
    )


def _record(
    source: str,
    item: ImportedRecord,
    targets: Mapping[str, Target],
    modules: Mapping[str, Module],
    now: datetime,
) -> TargetUserRecord:
    target = find_target(targets.values(), item.target)
    module_of(target, modules).check_address(item.target_user_id)
    # Equal times say that the record has not changed since: see `undo`.
    created_at = min(item.created_at or now, now)
    return TargetUserRecord(
        id=ImportKey(source, ImportKind.RECORD, item.key).id,
        user=item.user,
        target=target.id,
        target_user_id=item.target_user_id,
        description=item.description,
        active=item.active,
        created_at=created_at,
        updated_at=created_at,
    )
