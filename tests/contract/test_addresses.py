"""What every store of targets and of their users' records does."""

from dataclasses import replace
from uuid import uuid4

import pytest

from notification_core.domain.errors import (
    NameTaken,
    RecordExists,
    TargetInUse,
    UnknownRecord,
    UnknownTarget,
)
from notification_core.ports import Ports
from tests.builders import (
    a_record,
    a_target,
)
from tests.contract.steps import added
from tests.contract.test_other_stores import LATER


def test_a_target_is_read_back(ports: Ports) -> None:
    target = added(ports)

    assert target in ports.targets.all()


def test_a_store_accepts_a_targets_name_once(ports: Ports) -> None:
    target = added(ports)

    with pytest.raises(NameTaken):
        ports.targets.add(a_target(name=target.name))


def test_a_renamed_target_frees_its_name(ports: Ports) -> None:
    target = added(ports)
    renamed = replace(target, name=f"target-{uuid4()}")

    ports.targets.replace(target, renamed)
    ports.targets.add(a_target(name=target.name))

    assert renamed in ports.targets.all()
    assert target not in ports.targets.all()


def test_a_target_cannot_take_the_name_of_another(ports: Ports) -> None:
    one, other = added(ports), added(ports)

    with pytest.raises(NameTaken):
        ports.targets.replace(one, replace(one, name=other.name))
    assert one in ports.targets.all()


def test_a_target_keeps_its_own_name(ports: Ports) -> None:
    target = added(ports)

    ports.targets.replace(target, replace(target, updated_at=LATER))

    assert replace(target, updated_at=LATER) in ports.targets.all()


def test_a_target_that_is_not_there_cannot_be_changed(ports: Ports) -> None:
    target = a_target(name=f"target-{uuid4()}")

    with pytest.raises(UnknownTarget):
        ports.targets.replace(target, target)


def test_a_target_without_records_is_removed(ports: Ports, user: str) -> None:
    target = added(ports)
    record = a_record(user=user, target=target.id)
    ports.records.add(record)

    with pytest.raises(TargetInUse):
        ports.targets.remove(target)
    ports.records.remove(record)
    ports.targets.remove(target)

    assert target not in ports.targets.all()
    ports.targets.add(replace(target, id=str(uuid4())))


def test_a_record_is_read_back_by_id_and_by_user(ports: Ports, user: str) -> None:
    record = a_record(user=user, target=added(ports).id, description="home", active=False)

    ports.records.add(record)

    assert ports.records.get([record.id, str(uuid4())]) == {record.id: record}
    assert ports.records.list_by_user(user) == [record]


def test_the_records_of_many_users_are_read_at_once(ports: Ports, user: str) -> None:
    target = added(ports)
    later = a_record(user=user, target=target.id, target_user_id="2", created_at=LATER)
    first = a_record(user=user, target=target.id, target_user_id="1")
    other = a_record(user=f"other-{user}", target=target.id)
    moved_away = a_record(user=f"former-{user}", target=target.id)
    for record in (later, first, other, moved_away):
        ports.records.add(record)
    ports.records.remove(moved_away)

    found = ports.records.list_by_users([other.user, user, user, moved_away.user, f"no-{user}"])

    assert found == {user: [first, later], other.user: [other]}
    assert ports.records.list_by_users([]) == {}


def test_the_records_of_more_users_than_a_request_may_name_are_read(
    ports: Ports, user: str
) -> None:
    target = added(ports)
    records = [a_record(user=f"{user}-{number}", target=target.id) for number in (0, 104)]
    for record in records:
        ports.records.add(record)

    found = ports.records.list_by_users(f"{user}-{number}" for number in range(105))

    assert found == {record.user: [record] for record in records}


def test_a_change_of_this_store_is_among_the_recent_targets_at_once(ports: Ports) -> None:
    target = added(ports)
    assert target in ports.targets.recent()

    renamed = replace(target, name=f"target-{uuid4()}")
    ports.targets.replace(target, renamed)
    assert renamed in ports.targets.recent()
    assert target not in ports.targets.recent()

    ports.targets.remove(renamed)
    assert renamed not in ports.targets.recent()


def test_a_user_without_records_has_an_empty_list(ports: Ports, user: str) -> None:
    assert ports.records.list_by_user(user) == []


def test_a_record_needs_its_target(ports: Ports, user: str) -> None:
    with pytest.raises(UnknownTarget):
        ports.records.add(a_record(user=user, target=str(uuid4())))
    assert ports.records.list_by_user(user) == []


def test_an_address_is_registered_once_for_a_user_in_a_target(ports: Ports, user: str) -> None:
    target = added(ports)
    ports.records.add(a_record(user=user, target=target.id))

    with pytest.raises(RecordExists):
        ports.records.add(a_record(user=user, target=target.id))
    ports.records.add(a_record(user=user, target=target.id, target_user_id="456"))
    ports.records.add(a_record(user=user, target=added(ports).id))
    ports.records.add(a_record(user=f"other-{user}", target=target.id))

    assert len(ports.records.list_by_user(user)) == 3


def test_a_changed_address_frees_the_old_one(ports: Ports, user: str) -> None:
    target = added(ports)
    record = a_record(user=user, target=target.id)
    ports.records.add(record)

    moved = replace(record, target_user_id="456")
    ports.records.replace(record, moved)
    again = a_record(user=user, target=target.id, created_at=LATER)
    ports.records.add(again)

    assert ports.records.list_by_user(user) == [moved, again]


def test_a_changed_address_must_not_be_registered_already(ports: Ports, user: str) -> None:
    target = added(ports)
    one = a_record(user=user, target=target.id)
    other = a_record(user=user, target=target.id, target_user_id="456")
    ports.records.add(one)
    ports.records.add(other)

    with pytest.raises(RecordExists):
        ports.records.replace(one, replace(one, target_user_id="456"))


def test_a_removed_record_frees_its_address(ports: Ports, user: str) -> None:
    record = a_record(user=user, target=added(ports).id)
    ports.records.add(record)

    ports.records.remove(record)

    assert ports.records.list_by_user(user) == []
    with pytest.raises(UnknownRecord):
        ports.records.replace(record, record)
    ports.records.add(replace(record, id=str(uuid4())))
