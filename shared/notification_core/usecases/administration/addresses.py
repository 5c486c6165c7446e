"""Administer targets and users' addresses in them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from notification_core.domain.addresses import Target, TargetUserRecord, find_target, is_id
from notification_core.domain.errors import NotFound, Unavailable, UnknownModule
from notification_core.domain.modules import Module
from notification_core.ports import Ports, RecordChanged
from notification_core.usecases.consent.suppression import check_suppression

#: How often a record that moved between the read and the write is read anew.
TRIES = 5


def get_target(ports: Ports, target_id: str) -> Target:
    """Return a target by its id.

    Raises:
        NotFound: there is none.
    """
    for target in ports.targets.all():
        if target.id == target_id:
            return target
    raise NotFound(f"there is no target {target_id}")


def add_target(ports: Ports, *, name: str, module_name: str) -> Target:
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


def change_target(ports: Ports, target_id: str, **changes: Any) -> Target:
    """Change `name`, `notification_module_name`. Raises as `add_target`, and NotFound."""
    before = get_target(ports, target_id)
    if "notification_module_name" in changes:
        get_module(ports, changes["notification_module_name"])
    after = replace(before, updated_at=ports.clock(), **changes)
    ports.targets.replace(before, after)
    return after


def remove_target(ports: Ports, target_id: str) -> None:
    """Remove a target. Raises NotFound, and TargetInUse while a record points at it."""
    ports.targets.remove(get_target(ports, target_id))


def get_module(ports: Ports, name: str) -> Module:
    """Return a deployed module.

    Raises:
        UnknownModule: no handler of this name is deployed.
    """
    module = ports.modules.get(name)
    if module is None:
        deployed = ", ".join(sorted(each.name for each in ports.modules.all())) or "none"
        raise UnknownModule(f"no handler named {name!r} is deployed; deployed are: {deployed}")
    return module


def get_record(ports: Ports, record_id: str) -> TargetUserRecord:
    """Return a target user record by its id.

    Raises:
        NotFound: there is none.
    """
    found = ports.records.get([record_id]).get(record_id) if is_id(record_id) else None
    if found is None:
        raise NotFound(f"there is no target user record {record_id}")
    return found


def add_record(
    ports: Ports,
    *,
    user: str,
    target: str,
    target_user_id: str,
    description: str = "",
    active: bool = True,
) -> TargetUserRecord:
    """Add an address; `target` by name or id.

    What an erased person of this id or this address had said no to is in the ledger before.

    Raises:
        BeingErased: the user is being erased at this moment.
        RecordExists: the user has this address in this target already.
        UnknownTarget: there is no such target.
        InvalidInput: the target cannot deliver to such an address.
    """
    found = find_target(ports.targets.all(), target)
    get_module(ports, found.notification_module_name).check_address(target_user_id)
    now = ports.clock()
    record = TargetUserRecord(
        id=str(uuid4()),
        user=user,
        target=found.id,
        target_user_id=target_user_id,
        description=description,
        active=active,
        created_at=now,
        updated_at=now,
    )
    check_suppression(ports, user, target_user_id)
    ports.records.add(record)
    return record


def change_record(ports: Ports, record_id: str, **changes: Any) -> TargetUserRecord:
    """Change `description`, `active`, `target_user_id`. Raises as `add_record`, and NotFound.

    Switching it on, or giving it another address, forgets its strikes and why it was off.
    """
    before = get_record(ports, record_id)
    if "target_user_id" in changes:
        target = get_target(ports, before.target)
        module = get_module(ports, target.notification_module_name)
        module.check_address(changes["target_user_id"])
        check_suppression(ports, before.user, changes["target_user_id"])
    for _ in range(TRIES):
        try:
            return _replace(ports, before, changes)
        except RecordChanged:  # a provider has just said something of its address
            before = get_record(ports, record_id)
    raise Unavailable


def _replace(
    ports: Ports, before: TargetUserRecord, changes: Mapping[str, Any]
) -> TargetUserRecord:
    now = ports.clock()
    renewed = changes.get("active") or "target_user_id" in changes
    after = replace(before.cleared(now) if renewed else before, updated_at=now, **changes)
    ports.records.replace(before, after)
    return after


def remove_record(ports: Ports, record_id: str) -> None:
    """Remove an address; what waits for it ends as INACTIVE DEVICE when it comes due."""
    ports.records.remove(get_record(ports, record_id))
