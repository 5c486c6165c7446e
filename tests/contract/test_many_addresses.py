"""What every store of records does with many addresses at once."""

from dataclasses import replace
from uuid import uuid4

import pytest

from notification_core.domain.addresses import TargetUserRecord
from notification_core.domain.errors import RecordExists, UnknownTarget
from notification_core.ports import Ports
from tests.builders import a_record
from tests.contract.steps import added


def records(ports: Ports, count: int) -> list[TargetUserRecord]:
    """Records of as many users, with as many addresses, in one target."""
    target, prefix = added(ports).id, uuid4()
    return [
        a_record(user=f"{prefix}-{number}", target=target, target_user_id=f"{prefix}+{number}")
        for number in range(count)
    ]


def read(ports: Ports, listed: list[TargetUserRecord]) -> list[TargetUserRecord | None]:
    """Read each record back."""
    stored = ports.records.get(record.id for record in listed)
    return [stored.get(record.id) for record in listed]


def test_no_records_are_added_without_an_error(ports: Ports) -> None:
    assert ports.records.add_all([]) == []


def test_a_hundred_records_are_added_with_their_users_and_addresses(ports: Ports) -> None:
    many = records(ports, 100)

    assert ports.records.add_all(many) == [None] * 100

    assert read(ports, many) == many
    assert ports.records.list_by_user(many[70].user) == [many[70]]
    assert ports.records.find_by_address(many[99].target_user_id) == [many[99]]


def test_records_of_one_user_and_of_one_address_are_added_together(ports: Ports) -> None:
    first, second, third = records(ports, 3)
    same_user = replace(second, user=first.user)
    same_address = replace(third, target_user_id=first.target_user_id)

    assert ports.records.add_all([first, same_user, same_address]) == [None] * 3

    assert {record.id for record in ports.records.list_by_user(first.user)} == {
        first.id,
        same_user.id,
    }
    holders = ports.records.find_by_address(first.target_user_id)
    assert {record.id for record in holders} == {first.id, same_address.id}


def test_a_refused_record_does_not_affect_the_others(ports: Ports) -> None:
    first, second, third, fourth = records(ports, 4)
    ports.records.add(second)
    repeated = replace(second, id=str(uuid4()))
    orphan = replace(third, target=str(uuid4()))

    errors = ports.records.add_all([first, repeated, orphan, fourth])

    assert [type(error) for error in errors] == [
        type(None),
        RecordExists,
        UnknownTarget,
        type(None),
    ]
    assert read(ports, [first, repeated, orphan, fourth]) == [first, None, None, fourth]


def test_several_addresses_are_found_at_once(ports: Ports) -> None:
    first, second, third = records(ports, 3)
    ports.records.add_all([first, second, third])

    holders = ports.records.find_by_addresses([first.target_user_id, third.target_user_id, "none"])

    assert {record.id for record in holders} == {first.id, third.id}
    assert ports.records.find_by_addresses([]) == []


def test_a_repeated_call_adds_nothing_and_reports_no_error(
    ports: Ports, request: pytest.FixtureRequest
) -> None:
    if request.node.callspec.params["ports"] == "memory":
        pytest.skip("a call over the network is repeated by its client")
    many = records(ports, 3)

    assert ports.records.add_all(many) == [None] * 3
    assert ports.records.add_all(many) == [None] * 3
