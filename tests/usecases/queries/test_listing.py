"""Reading notifications, contents included."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from notification_core.adapters.memory.contents import MemoryContents
from notification_core.domain.content import Content
from notification_core.domain.errors import InvalidInput, NotFound, UnknownTarget
from notification_core.domain.failures import Rejected
from notification_core.domain.notification import Notification
from notification_core.domain.paging import Page
from notification_core.domain.status import Status
from notification_core.ports import Ports
from notification_core.usecases.queries.listing import (
    FAILURE_READS,
    READ_SIZE,
    USER_ROUNDS,
    get_notification,
    list_failures,
    list_notifications,
    page_of,
)
from tests.builders import NOON, SHARDS, World
from tests.usecases.steps import claimed, stored


def by_age(world: World, count: int, **changes: Any) -> list[Notification]:
    """Store so many, a second apart; the newest first."""
    made = [stored(world, created_at=NOON + timedelta(seconds=n), **changes) for n in range(count)]
    return made[::-1]


def read_all(ports: Ports, status: Status | None, limit: int) -> list[Page[Notification]]:
    """Follow `next` to the end."""
    pages: list[Page[Notification]] = []
    after = None
    while not pages or after is not None:
        page = list_notifications(ports, "eggs", status, limit, after)
        pages.append(page)
        after = page.next
    return pages


def test_one_is_read_by_its_id(world: World) -> None:
    notification = stored(world)

    assert get_notification(world.ports, notification.id) == notification


def test_an_unknown_notification_is_not_found(world: World) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        get_notification(world.ports, "nowhere")


@pytest.mark.parametrize(("limit", "pages"), [(1, 7), (3, 3), (7, 1), (100, 1)])
def test_a_users_notifications_come_newest_first_page_by_page(
    world: World, limit: int, pages: int
) -> None:
    everything = by_age(world, 7)
    stored(world, user="spam")

    read = read_all(world.ports, None, limit)

    assert [each for page in read for each in page.items] == everything
    assert len(read) == pages
    assert all(len(page.items) <= limit for page in read)


@pytest.mark.parametrize("every", [2, 3, 7])
def test_a_status_chooses_among_them(world: World, every: int) -> None:
    everything = by_age(world, 30)
    chosen = [each for place, each in enumerate(everything) if place % every != 1]
    cancelled = [each.cancelled(NOON) for each in chosen]
    world.notifications.stored |= {each.id: each for each in cancelled}

    read = read_all(world.ports, Status.CANCELLED, 2)

    assert [each for page in read for each in page.items] == cancelled
    assert all(len(page.items) <= 2 for page in read)


def test_a_status_that_is_rare_does_not_read_everything_for_one_page(world: World) -> None:
    oldest = by_age(world, (USER_ROUNDS + 1) * READ_SIZE)[-1]
    world.notifications.stored[oldest.id] = oldest.cancelled(NOON)

    first = list_notifications(world.ports, "eggs", Status.CANCELLED, 1, None)
    second = list_notifications(world.ports, "eggs", Status.CANCELLED, 1, first.next)

    assert first.items == []
    assert first.next is not None
    assert [each.id for each in second.items] == [oldest.id]


def test_a_user_without_notifications_has_an_empty_page(world: World) -> None:
    assert list_notifications(world.ports, "nobody", None, 50, None) == Page([], None, [])


class Elsewhere(MemoryContents):
    """Contents that were put away, by key."""

    def load(self, contents: Sequence[Content]) -> list[Content | Exception]:
        return [replace(each, body=f"the text of {each.key}") for each in contents]


def test_a_content_that_was_put_away_is_fetched(world: World) -> None:
    away = stored(world, content=Content(title="", body="", key="soon/1"))
    ports = replace(world.ports, contents=Elsewhere())

    listed = list_notifications(ports, "eggs", None, 50, None).items

    assert get_notification(ports, away.id).content.body == "the text of soon/1"
    assert [each.content.body for each in listed] == ["the text of soon/1"]


def test_a_removed_content_is_listed_as_lost(world: World) -> None:
    gone = stored(world, content=Content(title="", body="", key="soon/1"))
    here = stored(world)

    listed = list_notifications(world.ports, "eggs", None, 50, None).items

    assert {each.id: each.content.lost for each in listed} == {gone.id: True, here.id: False}


def test_a_store_of_contents_that_does_not_answer_is_not_taken_for_a_loss(world: World) -> None:
    class Unreadable(MemoryContents):
        def load(self, contents: Sequence[Content]) -> list[Content | Exception]:
            return [ConnectionError("to the bucket") for _ in contents]

    stored(world)

    with pytest.raises(ConnectionError):
        list_notifications(replace(world.ports, contents=Unreadable()), "eggs", None, 50, None)


@pytest.mark.parametrize(
    ("limit", "after", "items", "following"),
    [
        (3, None, [0, 1, 2], "3"),
        (3, "3", [3, 4, 5], "6"),
        (3, "6", [6], None),
        (7, None, [0, 1, 2, 3, 4, 5, 6], None),
        (3, "7", [], None),
        (3, "100", [], None),
    ],
)
def test_a_listing_that_is_read_whole_is_returned_in_pages(
    limit: int, after: str | None, items: list[int], following: str | None
) -> None:
    assert page_of(list(range(7)), limit, after) == Page(items, following)


@pytest.mark.parametrize("token", ["", "-1", "x", "1.0", "1 ", "²"])
def test_an_invalid_page_token_is_refused(token: str) -> None:
    with pytest.raises(InvalidInput, match="next"):
        page_of([1, 2, 3], 1, token)


def failed(world: World, count: int, **changes: Any) -> list[Notification]:
    """So many that failed, a second apart; the newest first."""
    made = []
    for _ in range(count):
        world.watch.forward(seconds=1)
        after = claimed(world, stored(world, **changes)).failed(world.watch(), Rejected("21617"))
        world.notifications.stored[after.id] = after
        made.append(after)
    return made[::-1]


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_the_failures_of_a_target_are_listed_newest_first_over_all_users(
    world: World, limit: int
) -> None:
    lost = failed(world, 4) + failed(world, 3, user="spam")
    lost.sort(key=lambda each: each.updated_at, reverse=True)
    stored(world)
    failed(world, 2, target="other")

    read, after = list[Notification](), None
    while True:
        page = list_failures(world.ports, "Pigeon", None, limit, after)
        assert len(page.items) <= limit
        read += page.items
        if (after := page.next) is None:
            break

    assert read == lost


def test_failures_of_one_status_are_listed_alone(world: World) -> None:
    lost = failed(world, 2)

    assert list_failures(world.ports, "Pigeon", Status.DELIVERY_FAILURE, 9, None).items == lost
    assert list_failures(world.ports, "Pigeon", Status.UNKNOWN, 9, None).items == []


def test_a_listing_of_failures_is_of_failures_in_a_target(world: World) -> None:
    with pytest.raises(UnknownTarget):
        list_failures(world.ports, "Owl", None, 9, None)
    with pytest.raises(InvalidInput, match="status"):
        list_failures(world.ports, "Pigeon", Status.DELIVERED, 9, None)
    for token in ("", "7", "x.y", "1.ü", "1." + "a" * 65):
        with pytest.raises(InvalidInput, match="next"):
            list_failures(world.ports, "Pigeon", None, 9, token)


def test_failures_of_another_target_do_not_make_a_page_read_for_ever(world: World) -> None:
    [oldest] = failed(world, 1)
    failed(world, FAILURE_READS * READ_SIZE * SHARDS, target="other")

    pages = [list_failures(world.ports, "Pigeon", None, 1, None)]
    while pages[-1].next is not None:
        pages.append(list_failures(world.ports, "Pigeon", None, 1, pages[-1].next))

    assert [page.items for page in pages[:2]] == [[], []]
    assert [each for page in pages for each in page.items] == [oldest]
    assert len(pages) <= 2 * SHARDS
