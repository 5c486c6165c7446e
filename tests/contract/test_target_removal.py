"""A target goes, and no record stays behind that points at nothing."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from notification_core.adapters.dynamodb.models import RecordItem
from notification_core.adapters.dynamodb.tables.targets import CLOSED_FOR
from notification_core.domain.addresses import Target, TargetUserRecord
from notification_core.domain.errors import TargetInUse, Unavailable, UnknownTarget
from notification_core.ports import Ports
from tests.builders import NOON, a_record
from tests.contract.steps import added


def test_a_removed_target_takes_no_record_and_can_be_removed_again(ports: Ports, user: str) -> None:
    target = added(ports)
    ports.targets.remove(target)
    ports.targets.remove(target)

    with pytest.raises(UnknownTarget):
        ports.records.add(a_record(user=user, target=target.id))
    assert ports.records.list_by_user(user) == []


def test_a_target_whose_removal_was_refused_takes_records_as_before(
    ports: Ports, user: str
) -> None:
    target = added(ports)
    ports.records.add(a_record(user=user, target=target.id))

    with pytest.raises(TargetInUse):
        ports.targets.remove(target)

    other = a_record(user=user, target=target.id, target_user_id="456")
    ports.records.add(other)
    assert other in ports.records.list_by_user(user)
    assert target in ports.targets.all()


def test_beside_a_removal_a_record_is_registered_or_refused_and_never_orphaned(
    ports: Ports, user: str
) -> None:
    for _ in range(8):
        target, barrier = added(ports), Barrier(2)
        record = a_record(user=user, target=target.id)

        def at_once(work: Callable[[], None], barrier: Barrier = barrier) -> None:
            barrier.wait()
            with suppress(TargetInUse, UnknownTarget, Unavailable):
                work()

        def add(record: TargetUserRecord = record) -> None:
            ports.records.add(record)

        def remove(target: Target = target) -> None:
            ports.targets.remove(target)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(at_once, [add, remove]))

        stands = target in ports.targets.all()
        assert stands or ports.records.get([record.id]) == {}


class Index:
    """The index by target, which shows a record only after a while."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.meanwhile: list[Callable[[], object]] = []
        self.waits = 0
        query = RecordItem.by_target.query

        def lagging(*args: Any, **named: Any) -> Iterator[Any]:
            return query(*args, **named) if self.waits else iter(())

        def sleep(_seconds: float) -> None:
            self.waits += 1
            for each in self.meanwhile:
                each()

        monkeypatch.setattr(RecordItem.by_target, "query", lagging)
        monkeypatch.setattr("notification_core.adapters.dynamodb.tables.targets.time.sleep", sleep)


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Index:
    """That index."""
    return Index(monkeypatch)


def test_a_record_that_the_index_does_not_show_yet_keeps_its_target(
    aws: Ports, user: str, index: Index
) -> None:
    target = added(aws)
    record = a_record(user=user, target=target.id)
    aws.records.add(record)

    with pytest.raises(TargetInUse):
        aws.targets.remove(target)

    assert target in aws.targets.all()
    aws.records.add(a_record(user=user, target=target.id, target_user_id="456"))
    assert len(aws.records.list_by_user(user)) == 2
    assert index.waits


def test_a_record_is_refused_from_the_first_moment_of_a_removal(
    aws: Ports, user: str, index: Index
) -> None:
    target = added(aws)

    def register() -> None:
        with pytest.raises(UnknownTarget):
            aws.records.add(a_record(user=user, target=target.id))

    index.meanwhile = [register]
    aws.targets.remove(target)

    assert index.waits
    assert target not in aws.targets.all()
    assert aws.records.list_by_user(user) == []


def test_a_removal_that_died_holds_registrations_up_for_a_minute_only(
    aws: Ports, user: str, index: Index
) -> None:
    target = added(aws)

    def die() -> None:
        raise KeyboardInterrupt

    index.meanwhile = [die]
    with pytest.raises(KeyboardInterrupt):
        aws.targets.remove(target)

    with pytest.raises(UnknownTarget):
        aws.records.add(a_record(user=user, target=target.id, created_at=NOON + CLOSED_FOR))
    later = NOON + CLOSED_FOR + timedelta(milliseconds=1)
    aws.records.add(a_record(user=user, target=target.id, created_at=later))
    assert len(aws.records.list_by_user(user)) == 1


def test_a_target_that_was_changed_meanwhile_stays(aws: Ports, index: Index) -> None:
    target = added(aws)
    changed = replace(target, name=f"{target.name}!")
    index.meanwhile = [lambda: aws.targets.replace(target, changed)]

    with pytest.raises(Unavailable):
        aws.targets.remove(target)

    assert changed in aws.targets.all()
    index.meanwhile = []
    aws.targets.remove(changed)
    assert changed not in aws.targets.all()
