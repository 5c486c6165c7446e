"""Administer targets and users' addresses in them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol
from uuid import uuid4

from notification_core.domain.addresses import Target, TargetUserRecord, find_target, is_id
from notification_core.domain.errors import NotFound, UnknownModule
from notification_core.domain.modules import Module
from notification_core.domain.transitions import RecordChanged
from notification_core.ports import HasModules, HasRecords, HasTargets
from notification_core.usecases.conflicts import retry_on_conflict
from notification_core.usecases.consent.suppression import SuppressionPorts, check_suppression

#: How often a record that changed between the read and the write is read again.
TRIES = 5


class AddressPorts(SuppressionPorts, HasTargets, Protocol):
    """The ports that these use cases need."""


def get_target(ports: HasTargets, target_id: str) -> Target:
    """Return a target by its id.

    Raises:
        NotFound: there is no target with this id.
    """
    for target in ports.targets.all():
        if target.id == target_id:
            return target
    raise NotFound(f"there is no target {target_id}")


def add_target(ports: AddressPorts, *, name: str, module_name: str) -> Target:
    """Add a target. Raises NameTaken, UnknownModule, InvalidInput."""
    now = ports.clock()
    target = Target(
        id=str(uuid4()),
        name=name,
        notification_module_name=get_module(ports, module_name).name,
        created_at=now,
        updated_at=now,
    )
    ports.targets.add(target)
    return target


def change_target(ports: AddressPorts, target_id: str, **changes: Any) -> Target:
    """Change `name` or `notification_module_name`. Raises as `add_target`, and NotFound."""
    before = get_target(ports, target_id)
    if "notification_module_name" in changes:
        get_module(ports, changes["notification_module_name"])
    after = replace(before, updated_at=ports.clock(), **changes)
    ports.targets.replace(before, after)
    return after


def remove_target(ports: HasTargets, target_id: str) -> None:
    """Remove a target. Raises NotFound, and TargetInUse while a record refers to it."""
    ports.targets.remove(get_target(ports, target_id))


def get_module(ports: HasModules, name: str) -> Module:
    """Return a deployed module.

    Raises:
        UnknownModule: no handler of this name is deployed.
    """
    module = ports.modules.get(name)
    if module is None:
        deployed = ", ".join(sorted(other.name for other in ports.modules.all())) or "none"
        raise UnknownModule(f"no handler named {name!r} is deployed; deployed are: {deployed}")
    return module


def get_record(ports: HasRecords, record_id: str) -> TargetUserRecord:
    """Return a target user record by its id.

    Raises:
        NotFound: there is no record with this id.
    """
    record = ports.records.get([record_id]).get(record_id) if is_id(record_id) else None
    if record is None:
        raise NotFound(f"there is no target user record {record_id}")
    return record


def add_record(
    ports: AddressPorts,
    *,
    user: str,
    target: str,
    target_user_id: str,
    description: str = "",
    active: bool = True,
) -> TargetUserRecord:
    """Add an address; `target` is a name or an id.

    Opt-outs of an erased person with this id or address are copied to the ledger before.

    Raises:
        BeingErased: the user is being erased.
        RecordExists: the user already has this address in this target.
        UnknownTarget: there is no such target.
        InvalidInput: the target cannot deliver to such an address.
    """
    stored_target = find_target(ports.targets.all(), target)
    get_module(ports, stored_target.notification_module_name).check_address(target_user_id)
    now = ports.clock()
    record = TargetUserRecord(
        id=str(uuid4()),
        user=user,
        target=stored_target.id,
        target_user_id=target_user_id,
        description=description,
        active=active,
        created_at=now,
        updated_at=now,
    )
    check_suppression(ports, user, target_user_id)
    ports.records.add(record)
    return record


def change_record(ports: AddressPorts, record_id: str, **changes: Any) -> TargetUserRecord:
    """Change `description`, `active` or `target_user_id`. Raises as `add_record`, and NotFound.

    Activating the record, or changing its address, resets its strikes and its deactivation.
    """
    before = get_record(ports, record_id)
    if "target_user_id" in changes:
        target = get_target(ports, before.target)
        module = get_module(ports, target.notification_module_name)
        module.check_address(changes["target_user_id"])
        check_suppression(ports, before.user, changes["target_user_id"])

    def replace_record() -> TargetUserRecord:
        nonlocal before
        try:
            return _replace(ports, before, changes)
        except RecordChanged:  # a provider's report has just changed it
            before = get_record(ports, record_id)
            raise

    return retry_on_conflict(replace_record, TRIES)


def _replace(
    ports: AddressPorts, before: TargetUserRecord, changes: Mapping[str, Any]
) -> TargetUserRecord:
    now = ports.clock()
    renewed = changes.get("active") or "target_user_id" in changes
    after = replace(before.cleared(now) if renewed else before, updated_at=now, **changes)
    ports.records.replace(before, after)
    return after


def remove_record(ports: HasRecords, record_id: str) -> None:
    """Remove an address; its waiting notifications end as INACTIVE DEVICE when they are due."""
    ports.records.remove(get_record(ports, record_id))
