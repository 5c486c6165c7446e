"""Register many addresses at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import uuid4

from notification_core.domain.addresses import Address, Target, TargetUserRecord, find_target
from notification_core.domain.errors import (
    NotificationError,
    RecordExists,
    Unavailable,
    UnknownModule,
)
from notification_core.domain.modules import Module
from notification_core.ports import HasRecords, HasTargets
from notification_core.usecases.consent.suppression import SuppressionPorts, check_suppressions
from notification_core.usecases.deployed import read_deployed


class RegistrationPorts(SuppressionPorts, HasTargets, Protocol):
    """The ports that these use cases need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAddress:
    """A request to register an address."""

    user: str
    target: str  #: a name or an id
    target_user_id: str
    description: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class Registration:
    """The record of an address; `created` is false if the user already had the address."""

    record: TargetUserRecord
    created: bool


def register_all(
    ports: RegistrationPorts, addresses: Sequence[NewAddress]
) -> list[Registration | NotificationError]:
    """Register addresses; return one result for each, in order. Errors do not affect others.

    An address that the user already has is returned unchanged. The errors are those of
    `add_record`, apart from RecordExists.
    """
    targets, modules = read_deployed(ports, {request.target for request in addresses})
    results: dict[int, Registration | NotificationError] = {}
    wanted: dict[int, TargetUserRecord] = {}
    for place, request in enumerate(addresses):
        try:
            wanted[place] = _record(ports, request, targets, modules)
        except NotificationError as error:
            results[place] = error
    existing = find_existing(ports, wanted.values())
    new = {Address.of(record): record for record in reversed(wanted.values())}
    missing = [record for address, record in new.items() if address not in existing]
    added = dict(zip(map(Address.of, missing), add_new(ports, missing), strict=True))
    for place, record in wanted.items():
        address = Address.of(record)
        results[place] = (
            Registration(existing[address], created=False)
            if address in existing
            else _own(added[address], record)
        )
    return [results[place] for place in range(len(addresses))]


def _own(
    result: Registration | NotificationError, record: TargetUserRecord
) -> Registration | NotificationError:
    """Return the result for one of several requests for the same address."""
    if isinstance(result, Registration) and result.record.id != record.id:
        return Registration(result.record, created=False)
    return result


def find_existing(
    ports: HasRecords, records: Iterable[TargetUserRecord]
) -> dict[Address, TargetUserRecord]:
    """Return the stored records of the users of these records, by address."""
    by_user = ports.records.list_by_users({record.user for record in records})
    return {Address.of(record): record for listed in by_user.values() for record in listed}


def add_new(
    ports: RegistrationPorts, records: Sequence[TargetUserRecord]
) -> list[Registration | NotificationError]:
    """Store records with distinct addresses.

    A record that another request has registered since is returned instead.
    """
    if not records:
        return []
    refused = check_suppressions(
        ports, [(record.user, record.target_user_id) for record in records]
    )
    accepted = [record for record, error in zip(records, refused, strict=True) if error is None]
    errors: dict[str, NotificationError | None] = dict(
        zip((record.id for record in records), refused, strict=True)
    )
    added = ports.records.add_all(accepted)
    errors |= dict(zip((record.id for record in accepted), added, strict=True))
    raced = [record for record in accepted if isinstance(errors[record.id], RecordExists)]
    existing = find_existing(ports, raced) if raced else {}
    return [_result(record, errors[record.id], existing) for record in records]


def _result(
    record: TargetUserRecord,
    error: NotificationError | None,
    existing: dict[Address, TargetUserRecord],
) -> Registration | NotificationError:
    if error is None:
        return Registration(record, created=True)
    if not isinstance(error, RecordExists):
        return error
    stored = existing.get(Address.of(record))
    # Without a stored record, it was removed at the same moment.
    return Unavailable() if stored is None else Registration(stored, created=False)


def _record(
    ports: RegistrationPorts,
    request: NewAddress,
    targets: Mapping[str, Target],
    modules: Mapping[str, Module],
) -> TargetUserRecord:
    target = find_target(targets.values(), request.target)
    module_of(target, modules).check_address(request.target_user_id)
    now = ports.clock()
    return TargetUserRecord(
        id=str(uuid4()),
        user=request.user,
        target=target.id,
        target_user_id=request.target_user_id,
        description=request.description,
        active=request.active,
        created_at=now,
        updated_at=now,
    )


def module_of(target: Target, modules: Mapping[str, Module]) -> Module:
    """Return the module of a target.

    Raises:
        UnknownModule: no handler of this name is deployed.
    """
    module = modules.get(target.notification_module_name)
    if module is None:
        raise UnknownModule(
            f"the target {target.name!r} has the handler {target.notification_module_name!r},"
            " which is not deployed"
        )
    return module
