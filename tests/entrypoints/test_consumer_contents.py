"""Large contents are loaded just before their send, each by itself and few at once."""

from collections.abc import Sequence
from threading import Lock

import pytest

from notification_core.domain.content import Content
from notification_core.domain.delivery import Accepted, Delivery
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.entrypoints import consumer as edge
from notification_core.entrypoints.consumer import LOADING, batch_consumer, consumer
from notification_core.entrypoints.rate_limiter import RESERVE
from notification_core.runtime.wiring import CONTENT_CONFIG
from tests.builders import World, a_notification
from tests.entrypoints.events import Context, body, refusing, run

pytestmark = pytest.mark.usefixtures("log")

TEXT = "lorem ipsum " * 100


def kept(world: World, count: int) -> list[Notification]:
    """Store so many whose contents are put away."""
    made = [
        a_notification(
            target_user_record=world.record.id,
            content=Content(title=f"title {n}", body=TEXT, extra={"perch": str(n)}),
        )
        for n in range(count)
    ]
    contents = world.ports.contents.put(made)
    stored = [
        a_notification(id=each.id, target_user_record=world.record.id, content=content)
        for each, content in zip(made, contents, strict=True)
    ]
    world.notifications.create(stored)
    assert all(each.content.body == "" for each in stored)
    return stored


def test_a_handler_is_given_the_content_that_was_put_away(world: World) -> None:
    [notification] = kept(world, 1)
    seen: list[Delivery] = []

    def send(delivery: Delivery) -> None:
        seen.append(delivery)

    run(consumer(send), body(notification))

    [delivery] = seen
    assert (delivery.title, delivery.body, delivery.extra) == ("title 0", TEXT, {"perch": "0"})
    assert delivery.content_key is None


def test_a_lost_content_fails_its_notification_and_no_other(world: World) -> None:
    gone, here = kept(world, 2)
    del world.contents.stored[gone.content.key or ""]

    again = run(consumer(lambda _: "SM1"), body(gone, here))

    after = world.stored(gone)
    assert again == []
    assert (after.status, after.due_at) == (Status.DELIVERY_FAILURE, None)
    assert after.last_error is not None
    assert (after.last_error.error_class, after.last_error.code) == ("message", "content-lost")
    assert world.stored(here).status is Status.DELIVERED


def test_a_content_that_cannot_be_read_waits_alone_and_spends_no_attempt(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    unread, here = kept(world, 2)
    load = world.contents.load

    def failing(contents: Sequence[Content]) -> list[Content | Exception]:
        return [
            ConnectionError() if each.key == unread.content.key else load([each])[0]
            for each in contents
        ]

    monkeypatch.setattr(world.contents, "load", failing)

    run(
        batch_consumer(lambda them: [Accepted("1") for _ in them], size=10, parallel=2),
        body(unread, here),
    )

    after = world.stored(unread)
    assert (after.status, after.retry_attempts) == (Status.RETRY, 0)
    assert (after.timeline[-1].event, after.timeline[-1].code) == ("postponed", "not-checked")
    assert world.stored(here).status is Status.DELIVERED


def test_a_request_of_which_nothing_can_be_loaded_is_not_made(world: World) -> None:
    notifications = kept(world, 3)
    world.contents.stored.clear()

    run(
        batch_consumer(refusing(AssertionError("sent")), size=10, parallel=1),  # type: ignore[arg-type]
        body(*notifications),
    )

    assert {world.stored(each).status for each in notifications} == {Status.DELIVERY_FAILURE}


@pytest.mark.parametrize(("size", "parallel"), [(1, 20), (10, 4)])
def test_no_more_large_contents_are_in_memory_at_once_than_may_be(
    world: World, monkeypatch: pytest.MonkeyPatch, size: int, parallel: int
) -> None:
    monkeypatch.setattr(edge, "LARGE_AT_ONCE", 5)
    notifications = kept(world, 60)
    load, lock, held, most = world.contents.load, Lock(), [0], [0]

    def counting(contents: Sequence[Content]) -> list[Content | Exception]:
        with lock:
            held[0] += len(contents)
            most[0] = max(most[0], held[0])
        return load(contents)

    def send_many(deliveries: Sequence[Delivery]) -> Sequence[Accepted]:
        with lock:
            held[0] -= len(deliveries)
        return [Accepted(each.id) for each in deliveries]

    monkeypatch.setattr(world.contents, "load", counting)

    run(batch_consumer(send_many, size=size, parallel=parallel), body(*notifications))

    assert {world.stored(each).status for each in notifications} == {Status.DELIVERED}
    assert 0 < most[0] <= 5


def test_a_notification_without_time_to_load_is_put_back_without_an_attempt(world: World) -> None:
    [large] = kept(world, 1)
    small = a_notification(target_user_record=world.record.id)
    world.notifications.create([small])
    context = Context()
    context.remaining = 25_000  # five seconds before the reserve: enough for a send

    run(consumer(lambda _: "SM1"), body(large, small), context=context)

    after = world.stored(large)
    assert (after.status, after.retry_attempts) == (Status.RETRY, 0)
    assert after.timeline[-1].code == "out-of-time"
    assert world.stored(small).status is Status.DELIVERED


def test_a_load_that_begins_at_the_last_moment_ends_with_time_to_put_it_back() -> None:
    tries = CONTENT_CONFIG.retries["total_max_attempts"]
    longest = tries * (CONTENT_CONFIG.connect_timeout + CONTENT_CONFIG.read_timeout)
    waits = 2 ** (tries - 1)  # at most, between the tries: botocore, "Retries", standard mode

    assert longest + waits < LOADING + RESERVE / 2
