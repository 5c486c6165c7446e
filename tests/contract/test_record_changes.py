"""A notification's end and what it makes of its record: both are stored, or neither."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from notification_core.domain.addresses import Deactivation, TargetUserRecord
from notification_core.domain.failures import InvalidAddress, RetryLater
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.transitions import RecordChange, RecordChanged, Transition
from notification_core.ports import Ports
from tests.builders import NOON, a_record, a_target
from tests.contract.steps import claimed, created

LATER = NOON + timedelta(minutes=1)
GONE = InvalidAddress("21211", "not a number")
SOFT = InvalidAddress("552", "mailbox full", soft=True)


@pytest.fixture
def record(ports: Ports, user: str) -> TargetUserRecord:
    """A record of a user of its own."""
    target = a_target(name=f"target-{uuid4()}")
    ports.targets.add(target)
    record = a_record(user=user, target=target.id, description="home", target_user_id=f"{uuid4()}")
    ports.records.add(record)
    return record


def ending(ports: Ports, before: TargetUserRecord, after: TargetUserRecord) -> Transition:
    """An end that changes a record."""
    tried = claimed(ports, created(ports))
    return Transition(tried, tried.inactive_device(LATER, GONE), record=RecordChange(before, after))


def stored(ports: Ports, change: Transition) -> Notification:
    """Read the notification of a change."""
    [found] = ports.notifications.get([change.before.id])
    assert found is not None
    return found


def kept(ports: Ports, record: TargetUserRecord) -> TargetUserRecord:
    """Read the record."""
    return ports.records.get([record.id])[record.id]


def test_a_record_is_switched_off_in_the_same_write(ports: Ports, record: TargetUserRecord) -> None:
    off = record.deactivated(GONE, LATER)
    change = ending(ports, record, off)

    assert ports.notifications.advance([change]) == [True]

    assert stored(ports, change) == change.after
    assert kept(ports, record) == off
    assert off.deactivation == Deactivation("not a number", "21211", LATER)
    assert ports.records.list_by_user(record.user) == [off]


def test_strikes_are_counted_and_cleared(ports: Ports, record: TargetUserRecord) -> None:
    struck = record.struck(SOFT, 2, LATER)
    off = struck.struck(SOFT, 2, LATER + timedelta(seconds=1))
    on = replace(off.cleared(LATER + timedelta(seconds=2)), active=True)

    for before, after in [(record, struck), (struck, off), (off, on)]:
        assert ports.notifications.advance([ending(ports, before, after)]) == [True]
        assert kept(ports, record) == after

    assert (struck.strikes, off.active, on.strikes, on.deactivation) == (1, False, 0, None)


def test_a_record_that_moved_meanwhile_keeps_the_end_from_being_stored(
    ports: Ports, record: TargetUserRecord
) -> None:
    change = ending(ports, record, record.deactivated(GONE, LATER))
    moved = replace(record, description="the coop", updated_at=LATER)
    ports.records.replace(record, moved)

    [result] = ports.notifications.advance([change])

    assert isinstance(result, RecordChanged)
    assert stored(ports, change) == change.before
    assert kept(ports, record) == moved


def test_an_address_that_was_corrected_meanwhile_is_not_switched_off(
    ports: Ports, record: TargetUserRecord
) -> None:
    change = ending(ports, record, record.deactivated(GONE, LATER))
    corrected = replace(record, target_user_id=f"{uuid4()}")
    ports.records.replace(record, corrected)

    [result] = ports.notifications.advance([change])

    assert isinstance(result, RecordChanged)
    assert kept(ports, record) == corrected


def test_a_record_that_was_removed_meanwhile_does_not_come_back(
    ports: Ports, record: TargetUserRecord
) -> None:
    change = ending(ports, record, record.deactivated(GONE, LATER))
    ports.records.remove(record)

    [result] = ports.notifications.advance([change])

    assert isinstance(result, RecordChanged)
    assert ports.records.get([record.id]) == {}
    assert stored(ports, change) == change.before


def test_an_end_that_another_consumer_recorded_leaves_the_record_as_it_is(
    ports: Ports, record: TargetUserRecord
) -> None:
    change = ending(ports, record, record.deactivated(GONE, LATER))
    other = change.before.retried(LATER, RetryLater("503"), LATER)
    assert ports.notifications.advance([Transition(change.before, other)]) == [True]

    assert ports.notifications.advance([change]) == [False]

    assert stored(ports, change) == other
    assert kept(ports, record) == record


def test_changes_with_and_without_a_record_go_together_and_keep_their_order(
    ports: Ports, record: TargetUserRecord
) -> None:
    plain, other = claimed(ports, created(ports)), claimed(ports, created(ports))
    lost = replace(record, id=str(uuid4()))
    changes = [
        Transition(plain, plain.delivered(LATER, "SM1")),
        ending(ports, record, record.deactivated(GONE, LATER)),
        ending(ports, lost, lost.deactivated(GONE, LATER)),
        Transition(other, other.delivered(LATER, "SM2")),
    ]

    first, second, third, fourth = ports.notifications.advance(changes)

    assert (first, second, fourth) == (True, True, True)
    assert isinstance(third, RecordChanged)
    assert [stored(ports, each).status for each in changes] == [
        Status.DELIVERED,
        Status.INACTIVE_DEVICE,
        Status.SENDING,
        Status.DELIVERED,
    ]


def test_one_of_many_simultaneous_ends_of_a_record_is_stored_and_the_others_are_errors(
    ports: Ports, record: TargetUserRecord
) -> None:
    changes = [ending(ports, record, record.struck(SOFT, 9, LATER)) for _ in range(4)]

    results = ports.notifications.advance(changes)

    assert results.count(True) == 1
    assert all(isinstance(each, Exception) for each in results if each is not True)
    assert kept(ports, record).strikes == 1
    ended = [stored(ports, each).status for each in changes]
    assert ended.count(Status.INACTIVE_DEVICE) == 1


def test_two_simultaneous_writers_of_the_same_end_change_the_record_once(
    ports: Ports, record: TargetUserRecord
) -> None:
    change = ending(ports, record, record.struck(SOFT, 9, LATER))

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: ports.notifications.advance([change])[0], range(4)))

    assert any(each is True for each in results)
    assert kept(ports, record).strikes == 1
    assert stored(ports, change) == change.after


def test_an_end_whose_answer_was_lost_is_known_as_stored_when_it_is_repeated(
    ports: Ports, record: TargetUserRecord
) -> None:
    struck = record.struck(SOFT, 9, LATER)
    change = ending(ports, record, struck)
    assert ports.notifications.advance([change]) == [True]

    assert ports.notifications.advance([change]) == [True]

    assert kept(ports, record) == struck


def test_records_are_found_by_the_address_they_hold(ports: Ports, user: str) -> None:
    target, address = a_target(name=f"target-{uuid4()}"), f"address-{uuid4()}"
    ports.targets.add(target)
    one = a_record(user=user, target=target.id, target_user_id=address)
    other = a_record(user=f"other-{user}", target=target.id, target_user_id=address)
    assert ports.records.find_by_address(address) == []

    ports.records.add(one)
    ports.records.add(other)

    found = ports.records.find_by_address(address)
    assert sorted(found, key=lambda each: each.user) == sorted(
        [one, other], key=lambda each: each.user
    )


def test_a_record_is_found_by_its_new_address_and_no_more_by_its_old_one(
    ports: Ports, record: TargetUserRecord
) -> None:
    moved = replace(record, target_user_id=f"address-{uuid4()}")
    ports.records.replace(record, moved)

    assert ports.records.find_by_address(record.target_user_id) == []
    assert ports.records.find_by_address(moved.target_user_id) == [moved]


def test_a_changed_record_is_found_as_it_is_now(ports: Ports, record: TargetUserRecord) -> None:
    off = replace(record, active=False, description="the coop")
    ports.records.replace(record, off)

    assert ports.records.find_by_address(record.target_user_id) == [off]


def test_a_removed_record_is_found_no_more(ports: Ports, record: TargetUserRecord) -> None:
    ports.records.remove(record)

    assert ports.records.find_by_address(record.target_user_id) == []


def test_a_record_that_could_not_be_added_is_not_found(ports: Ports, user: str) -> None:
    address = f"address-{uuid4()}"
    with pytest.raises(Exception, match="no target"):
        ports.records.add(a_record(user=user, target=str(uuid4()), target_user_id=address))

    assert ports.records.find_by_address(address) == []


def test_an_address_as_long_as_one_can_be_is_found(ports: Ports, user: str) -> None:
    target, address = a_target(name=f"target-{uuid4()}"), f"{uuid4()}" + "ü" * 2000
    ports.targets.add(target)
    record = a_record(user=user, target=target.id, target_user_id=address)

    ports.records.add(record)

    assert ports.records.find_by_address(address) == [record]


def test_a_deactivation_and_strikes_are_read_back(ports: Ports, user: str) -> None:
    target = a_target(name=f"target-{uuid4()}")
    ports.targets.add(target)
    off = Deactivation('not a "number" | ü', "21|211", LATER)
    record = a_record(user=user, target=target.id, active=False, deactivation=off, strikes=3)

    ports.records.add(record)

    assert ports.records.list_by_user(user) == [record]
    on = replace(record, active=True, deactivation=None, strikes=0)
    ports.records.replace(record, on)
    assert ports.records.list_by_user(user) == [on]
