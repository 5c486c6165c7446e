"""A request's lead is written first: it decides between two requests with one key.

And it names the records of the others, so that a repeat writes what the first did not live to.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from notification_core.adapters.memory.notifications import MemoryNotifications
from notification_core.domain.errors import IdempotencyMismatch
from notification_core.domain.notification import Notification
from notification_core.ports import Ports
from notification_core.usecases.administration.addresses import change_record, remove_record
from notification_core.usecases.sending.draft import Draft
from notification_core.usecases.sending.schedule import COMPLETED_WITHIN, ScheduleResult, schedule
from tests.builders import NOON, SHARDS, World, a_draft, an_opt_out
from tests.usecases.steps import messages

OLD, NEW = "the old text", "the new text"


def keyed(body: str = OLD, **changes: Any) -> Draft:
    """A request with a key to all of a user's addresses."""
    return a_draft(idempotency_key="key", body=body, **changes)


class Died(Exception):
    """The process ended."""


class Store(MemoryNotifications):
    """Does something before a write of notifications, once for each time that it is told."""

    def __init__(self, world: World) -> None:
        super().__init__(SHARDS, world.records)
        self.before_write: list[Callable[[], object]] = []

    def create(self, notifications: Sequence[Notification]) -> list[Notification | None]:
        if self.before_write:
            self.before_write.pop(0)()
        return super().create(notifications)

    @property
    def bodies(self) -> dict[str, str]:
        """What is stored for each record."""
        return {each.target_user_record: each.content.body for each in self.stored.values()}


def nothing() -> None:
    """Go on."""


def die() -> None:
    """End the process."""
    raise Died


@pytest.fixture
def store(world: World) -> Store:
    """A store of a world whose user has a second address."""
    world.add_record(id="second", target_user_id="456", created_at=NOON + timedelta(seconds=1))
    return Store(world)


@pytest.fixture
def ports(world: World, store: Store) -> Ports:
    """The ports over that store."""
    return replace(world.ports, notifications=store)


def ask(ports: Ports, draft: Draft) -> ScheduleResult:
    """Ask as one caller."""
    return schedule(ports, "caller", draft)


def died_midway(ports: Ports, store: Store, draft: Draft) -> None:
    """Ask, and die between the lead and the others."""
    store.before_write = [nothing, die]
    with pytest.raises(Died):
        ask(ports, draft)
    assert len(store.stored) == 1


def records(scheduled: ScheduleResult) -> list[str]:
    """Whom an answer is about."""
    return [each.target_user_record for each in scheduled.notifications]


def test_a_request_that_died_midway_is_completed_by_its_repetition(
    world: World, store: Store, ports: Ports
) -> None:
    died_midway(ports, store, keyed())
    [lead] = store.stored.values()
    messages(world)
    world.watch.forward(minutes=5)

    again, later = ask(ports, keyed()), ask(ports, keyed())

    assert (again.created, records(again)) == (False, [world.record.id, "second"])
    assert again.notifications[0] == lead
    assert list(store.stored.values()) == again.notifications == later.notifications
    assert [each.created_at for each in again.notifications] == [lead.created_at] * 2
    assert messages(world).keys() == {again.notifications[1].id}


def test_the_same_request_that_dies_before_anything_is_written_is_a_new_one(
    world: World, store: Store, ports: Ports
) -> None:
    store.before_write = [die]
    with pytest.raises(Died):
        ask(ports, keyed())

    again = ask(ports, keyed())

    assert (again.created, records(again)) == (True, [world.record.id, "second"])


@pytest.mark.parametrize("removed", ["first", "second"])
def test_an_address_that_was_removed_meanwhile_makes_no_other_one_double(
    world: World, store: Store, ports: Ports, removed: str
) -> None:
    third = world.add_record(target_user_id="789", created_at=NOON + timedelta(seconds=2))
    died_midway(ports, store, keyed())
    remove_record(ports, removed if removed == "second" else world.record.id)

    answers = [ask(ports, keyed()) for _ in range(2)]

    wanted = {world.record.id, "second", third.id} - ({"second"} & {removed})
    assert [set(records(each)) for each in answers] == [wanted] * 2
    assert answers[0].notifications == answers[1].notifications
    assert sorted(each.target_user_record for each in store.stored.values()) == sorted(wanted)


def test_an_address_that_was_added_meanwhile_is_not_part_of_the_request(
    world: World, store: Store, ports: Ports
) -> None:
    died_midway(ports, store, keyed())
    world.add_record(target_user_id="789")

    assert records(ask(ports, keyed())) == [world.record.id, "second"]


def test_a_change_of_an_address_is_left_to_the_check_before_the_send(
    world: World, store: Store, ports: Ports
) -> None:
    died_midway(ports, store, keyed())
    change_record(ports, "second", active=False)
    world.opt_outs.put(an_opt_out())
    first = ask(ports, keyed())
    change_record(ports, "second", active=True)

    assert first.notifications == ask(ports, keyed()).notifications
    assert records(first) == [world.record.id, "second"]


def test_a_notification_that_is_missing_after_a_long_time_has_expired_and_is_not_sent_again(
    world: World, store: Store, ports: Ports
) -> None:
    _, sibling = ask(ports, keyed()).notifications
    del store.stored[sibling.id]
    world.watch.forward(seconds=COMPLETED_WITHIN.total_seconds())

    assert records(ask(ports, keyed())) == [world.record.id]
    assert sibling.id not in store.stored


def test_a_request_with_other_content_sends_nothing_after_one_that_died_midway(
    world: World, store: Store, ports: Ports
) -> None:
    died_midway(ports, store, keyed(OLD))

    with pytest.raises(IdempotencyMismatch):
        ask(ports, keyed(NEW))

    assert store.bodies == {world.record.id: OLD}
    assert ask(ports, keyed(OLD)).notifications == list(store.stored.values())
    assert store.bodies == {world.record.id: OLD, "second": OLD}


@pytest.mark.parametrize("place", [0, 1])
def test_of_two_requests_with_other_content_beside_each_other_one_is_refused_whole(
    world: World, store: Store, ports: Ports, place: int
) -> None:
    """B runs whole before A's lead is written, or between A's lead and A's siblings."""
    answers: dict[str, Any] = {}

    def other() -> None:
        try:
            answers[NEW] = ask(ports, keyed(NEW))
        except IdempotencyMismatch as error:
            answers[NEW] = error

    store.before_write = [*[nothing] * place, other]
    try:
        answers[OLD] = ask(ports, keyed(OLD))
    except IdempotencyMismatch as error:
        answers[OLD] = error

    sent, refused = (NEW, OLD) if place == 0 else (OLD, NEW)
    assert isinstance(answers[refused], IdempotencyMismatch)
    assert answers[sent].created
    assert {each.content.body for each in answers[sent].notifications} == {sent}
    assert store.bodies == {world.record.id: sent, "second": sent}


def test_a_repeat_beside_the_first_request_is_answered_with_the_same(
    store: Store, ports: Ports
) -> None:
    answers = list[ScheduleResult]()
    store.before_write = [nothing, lambda: answers.append(ask(ports, keyed()))]

    answers.append(ask(ports, keyed()))

    repeat, first = answers
    assert (first.created, repeat.created) == (True, False)
    assert first.notifications == repeat.notifications == list(store.stored.values())


def test_a_request_for_one_address_is_one_write_and_carries_no_list(
    world: World, ports: Ports
) -> None:
    [lead] = ask(
        ports, keyed(targets=None, user=None, target_user_record=world.record.id)
    ).notifications

    assert lead.origin is not None
    assert lead.origin.sibling_records == ()


class Lossy(MemoryNotifications):
    """Writes everything twice, because the response to the first write was lost."""

    def create(self, notifications: Sequence[Notification]) -> list[Notification | None]:
        super().create(notifications)
        return super().create(notifications)


@pytest.mark.parametrize("key", [None, "key"])
def test_a_creation_whose_response_was_lost_is_enqueued(world: World, key: str | None) -> None:
    world.add_record(target_user_id="456")
    ports = replace(world.ports, notifications=Lossy(SHARDS, world.records))

    made = ask(ports, a_draft(idempotency_key=key))

    assert made.created
    assert len(made.notifications) == 2
    assert messages(world).keys() == {each.id for each in made.notifications}
