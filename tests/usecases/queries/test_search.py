"""Notifications are found by an address, the provider's id and a reference."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notification_core.adapters.memory.notifications import MemoryNotifications
from notification_core.domain.content import Content
from notification_core.domain.errors import InvalidInput
from notification_core.domain.notification import Notification
from notification_core.domain.notification_attributes import SearchIndex
from notification_core.domain.paging import IndexEntry, Page
from notification_core.ports import Ports
from notification_core.usecases.queries import search as search_module
from notification_core.usecases.queries.search import MAX_USERS, READS, search
from tests.builders import NOON, SHARDS, World
from tests.usecases.steps import claimed, stored

ADDRESS = {"address": "123"}


def pages_of(ports: Ports, terms: Mapping[str, str | None], limit: int) -> list[Page[Notification]]:
    """Follow `next` to the end."""
    pages = [search(ports, terms, limit, None)]
    while pages[-1].next is not None:
        pages.append(search(ports, terms, limit, pages[-1].next))
    return pages


def found(world: World, **terms: str | None) -> list[Notification]:
    """Return everything that a search finds."""
    return [each for page in pages_of(world.ports, terms, 100) for each in page.items]


def test_a_reference_finds_its_notifications_newest_first(world: World) -> None:
    moments = [NOON + timedelta(seconds=number) for number in range(5)]
    notifications = [stored(world, reference="order 1", created_at=each) for each in moments]
    stored(world, reference="order 2")
    stored(world)

    pages = pages_of(world.ports, {"reference": "order 1"}, 2)

    assert [each for page in pages for each in page.items] == notifications[::-1]
    assert [len(page.items) for page in pages] == [2, 2, 1]


def test_the_providers_id_finds_its_notification(world: World) -> None:
    sent = claimed(world, stored(world)).delivered(NOON, "SM1")
    world.notifications.stored[sent.id] = sent
    stored(world)

    assert found(world, provider_id="SM1") == [sent]
    assert found(world, provider_id="SM2") == []


def test_an_address_finds_the_notifications_to_its_records(world: World) -> None:
    other = world.add_record(target_user_id="456")
    stored(world, target_user_record=other.id)
    notification = stored(world)

    assert found(world, **ADDRESS) == [notification]
    assert found(world, address="789") == []


def test_an_address_that_users_share_finds_all_their_notifications(world: World) -> None:
    shared = world.add_record(user="spam")
    notifications = [
        stored(world, created_at=NOON + timedelta(seconds=number), **changes)
        for number, changes in enumerate(
            [{}, {"user": "spam", "target_user_record": shared.id}, {}] * 3
        )
    ]

    for limit in (1, 2, 4, 100):
        pages = pages_of(world.ports, ADDRESS, limit)
        assert [each for page in pages for each in page.items] == notifications[::-1]
        assert all(len(page.items) <= limit for page in pages)


@pytest.mark.parametrize(
    ("registered", "searched"),
    [
        ("ann@example.com", " Ann@Example.COM "),
        ("+15551234567", "+1 (555) 123-4567"),
        ("+15551234567", " 15551234567"),
        ("+15551234567", "0015551234567"),
        ("123", "123"),
        ("Ann@example.com", "Ann@example.com"),
        ("ExponentPushToken[aB1]", "ExponentPushToken[aB1]"),
    ],
)
def test_an_address_is_found_as_given_and_normalised(
    world: World, registered: str, searched: str
) -> None:
    record = world.add_record(user="spam", target_user_id=registered)
    notification = stored(world, user="spam", target_user_record=record.id)

    assert found(world, address=searched) == [notification]


@pytest.mark.parametrize("searched", ["ann@example.com", "ExponentPushToken[ab1]"])
def test_an_address_that_is_registered_in_capitals_needs_them(world: World, searched: str) -> None:
    for address in ("Ann@example.com", "ExponentPushToken[aB1]"):
        stored(world, target_user_record=world.add_record(target_user_id=address).id)

    assert found(world, address=searched) == []


def test_a_large_content_is_loaded(world: World) -> None:
    class Stored(type(world.contents)):  # type: ignore[misc]
        def load(self, contents: Sequence[Content]) -> list[Content | Exception]:
            return [replace(content, body="the text", key=None) for content in contents]

    stored(world, reference="r", content=Content(title="", body="", key="soon/1"))
    ports = replace(world.ports, contents=Stored())

    for terms in ({"reference": "r"}, ADDRESS):
        [notification] = search(ports, terms, 9, None).items
        assert notification.content.body == "the text"


@pytest.mark.parametrize(
    ("terms", "fields"),
    [
        ({}, ["address", "provider_id", "reference"]),
        ({"address": None, "reference": None}, ["address", "provider_id", "reference"]),
        ({"address": "1", "reference": "2"}, ["address", "reference"]),
        (
            {"address": "1", "provider_id": "2", "reference": "3"},
            ["address", "provider_id", "reference"],
        ),
    ],
)
def test_a_search_has_exactly_one_term(
    world: World, terms: dict[str, str | None], fields: list[str]
) -> None:
    with pytest.raises(InvalidInput, match="exactly one of address, provider_id, reference") as no:
        search(world.ports, terms, 9, None)

    assert [each.field for each in no.value.fields] == fields


@pytest.mark.parametrize(
    ("index", "parameter"),
    [(SearchIndex.REFERENCE, "ReferenceIndex"), (SearchIndex.PROVIDER_ID, "ProviderIdIndex")],
)
def test_a_search_without_its_index_names_the_parameter(
    world: World, index: SearchIndex, parameter: str
) -> None:
    ports = replace(world.ports, search_indexes=frozenset(SearchIndex) - {index})

    with pytest.raises(InvalidInput, match=parameter) as refused:
        search(ports, {index.value: "1"}, 9, None)

    assert [each.field for each in refused.value.fields] == [index.value]
    others = frozenset(SearchIndex) - {index}
    assert all(search(ports, {other.value: "1"}, 9, None).items == [] for other in others)
    assert search(ports, ADDRESS, 9, None).items == []


def test_an_address_of_too_many_users_is_refused_with_their_number(world: World) -> None:
    for number in range(MAX_USERS - 1):
        world.add_record(user=f"user-{number}")
    assert search(world.ports, ADDRESS, 9, None).items == []

    world.add_record(user="one more")

    with pytest.raises(InvalidInput, match=f"of {MAX_USERS + 1} users"):
        search(world.ports, ADDRESS, 9, None)


@pytest.mark.parametrize("token", ["", "7", "x.y", "1.ü"])
def test_a_token_of_another_listing_is_refused(world: World, token: str) -> None:
    with pytest.raises(InvalidInput, match="next"):
        search(world.ports, ADDRESS, 9, token)


class Counted(MemoryNotifications):
    """Counts the reads of notifications."""

    def __init__(self, world: World) -> None:
        super().__init__(SHARDS, world.records)
        self.stored = world.notifications.stored
        self.reads = 0
        self.lists = 0

    def created(self, user: str, before: IndexEntry, limit: int) -> list[IndexEntry]:
        self.lists += 1
        return super().created(user, before, limit)

    def get(self, ids: Sequence[str]) -> list[Notification | None]:
        self.reads += 1
        return super().get(ids)


#: User, whether it goes to the address, and seconds after the notification before.
ENTRIES = st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.integers(0, 2)), max_size=40)


@given(entries=ENTRIES, limit=st.integers(1, 6), size=st.integers(1, 6))
def test_a_search_by_address_neither_skips_nor_repeats(
    entries: Sequence[tuple[str, bool, int]], limit: int, size: int
) -> None:
    """Several may be of one millisecond, and a new one arrives after the first page."""
    world, moment = World(), NOON
    records: dict[tuple[str, bool], Any] = {
        (user, is_wanted): world.add_record(user=user, target_user_id="1" if is_wanted else user)
        for user in "abc"
        for is_wanted in (True, False)
    }
    wanted = []
    for user, is_wanted, seconds in entries:
        moment += timedelta(seconds=seconds)
        record = records[user, is_wanted]
        made = stored(world, user=user, target_user_record=record.id, created_at=moment)
        wanted += [made] if is_wanted else []
    store = Counted(world)
    ports = replace(world.ports, notifications=store)

    def read(after: str | None) -> Page[Notification]:
        store.reads = store.lists = 0
        page = search(ports, {"address": "1"}, limit, after)
        assert store.reads <= READS
        assert store.lists == len("abc")
        assert len(page.items) <= limit
        return page

    with patch.object(search_module, "READ_SIZE", size):
        pages = [read(None)]
        newer = moment + timedelta(seconds=1)
        stored(world, user="a", target_user_record=records["a", True].id, created_at=newer)
        while pages[-1].next is not None:
            pages.append(read(pages[-1].next))

    wanted.sort(key=lambda each: (each.created_at, each.id), reverse=True)
    assert [each for page in pages for each in page.items] == wanted
