"""Notifications are found by reference, by the provider's id and by the time of creation."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from notification_core.adapters.dynamodb.fast.notifications import DynamoNotifications
from notification_core.domain.clock import LAST_MOMENT, to_epoch_ms
from notification_core.domain.errors import InvalidInput
from notification_core.domain.failures import MAX_MESSAGE_ID, RetryLater
from notification_core.domain.notification import Notification
from notification_core.domain.notification_attributes import MAX_REFERENCE
from notification_core.domain.paging import IndexEntry, Page
from notification_core.domain.transitions import Transition
from notification_core.ports import Ports
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import NOON, SHARDS, a_claim, a_notification, a_record, a_target
from tests.emulator import RETENTION

List = Callable[[str, int, str | None], Page[Notification]]


def created(ports: Ports, count: int, **changes: Any) -> list[Notification]:
    """Create so many, a second apart; the newest first."""
    moments = [NOON + timedelta(seconds=number) for number in range(count)]
    notifications = [a_notification(**changes, created_at=moment) for moment in moments]
    assert ports.notifications.create(notifications) == [None] * count
    return notifications[::-1]


def delivered(ports: Ports, notification: Notification, message_id: str) -> Notification:
    """Claim a notification and record that a provider delivered it."""
    [sending] = ports.notifications.claim([wake_up_for(notification)], a_claim(), NOON, "pigeon")
    assert isinstance(sending, Notification)
    after = sending.delivered(NOON, message_id)
    assert ports.notifications.advance([Transition(sending, after)]) == [True]
    return after


def pages_of(listing: List, value: str, limit: int) -> list[Page[Notification]]:
    """Follow `next` to the end."""
    pages = [listing(value, limit, None)]
    while pages[-1].next is not None:
        pages.append(listing(value, limit, pages[-1].next))
    return pages


@pytest.mark.parametrize("reference", [None, "order 4711", "\U0001f423" * MAX_REFERENCE])
def test_a_reference_is_read_back(ports: Ports, reference: str | None) -> None:
    [notification] = created(ports, 1, reference=reference)

    assert ports.notifications.get([notification.id]) == [notification]
    if reference is not None:
        assert notification in ports.notifications.list_by_reference(reference, 100).items


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_a_reference_lists_its_notifications_newest_first(ports: Ports, limit: int) -> None:
    reference = f"order {uuid4()}"
    notifications = created(ports, 7, reference=reference)
    created(ports, 1, reference=f"{reference}!")
    created(ports, 1)

    pages = pages_of(ports.notifications.list_by_reference, reference, limit)

    assert [each for page in pages for each in page.items] == notifications
    assert all(len(page.items) <= limit for page in pages)


def test_a_listing_by_reference_continues_after_any_of_its_entries(ports: Ports) -> None:
    reference = f"order {uuid4()}"
    notifications = created(ports, 4, reference=reference)

    page = ports.notifications.list_by_reference(reference, 100)

    for place, token in enumerate(page.tokens, 1):
        following = ports.notifications.list_by_reference(reference, 100, token)
        assert following.items == notifications[place:]


def test_a_removed_notification_is_not_found_by_its_reference(ports: Ports) -> None:
    reference = f"order {uuid4()}"
    newer, older = created(ports, 2, reference=reference)
    ports.notifications.remove([newer])

    assert ports.notifications.list_by_reference(reference, 100).items == [older]


@pytest.mark.parametrize("message_id", ["SM1", "\U0001f423" * MAX_MESSAGE_ID])
def test_a_notification_is_found_by_the_providers_id(ports: Ports, message_id: str) -> None:
    message_id = f"{uuid4()}{message_id}"[:MAX_MESSAGE_ID]
    [notification] = created(ports, 1)
    assert ports.notifications.list_by_provider_id(message_id, 100).items == []

    after = delivered(ports, notification, message_id)

    assert ports.notifications.list_by_provider_id(message_id, 100).items == [after]


def test_a_notification_that_was_sent_again_is_found_by_its_latest_id(ports: Ports) -> None:
    first, second = f"SM1-{uuid4()}", f"SM2-{uuid4()}"
    [notification] = created(ports, 1)
    retried = sent_and_retried(ports, notification, first)
    assert ports.notifications.list_by_provider_id(first, 100).items == [retried]

    again = delivered(ports, retried, second)

    assert ports.notifications.list_by_provider_id(first, 100).items == []
    assert ports.notifications.list_by_provider_id(second, 100).items == [again]


def sent_and_retried(ports: Ports, notification: Notification, message_id: str) -> Notification:
    """Record that a provider accepted a notification, and then that it failed."""
    [sending] = ports.notifications.claim([wake_up_for(notification)], a_claim(), NOON, "pigeon")
    assert isinstance(sending, Notification)
    sent = sending.sent(NOON, message_id, NOON + timedelta(minutes=1))
    retried = sent.retried(NOON, RetryLater("503"), NOON + timedelta(minutes=2))
    assert ports.notifications.advance([Transition(sending, sent)]) == [True]
    assert ports.notifications.advance([Transition(sent, retried)]) == [True]
    return retried


class LaggingIndex:
    """A DynamoDB client whose queries return what they returned first."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._answer: Any = None

    def query(self, **request: Any) -> Any:
        """Query, or repeat the first answer."""
        self._answer = self._answer or self._client.query(**request)
        return self._answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def test_an_index_that_lags_in_aws_returns_nothing_that_no_longer_matches(aws: Any) -> None:
    first = f"SM1-{uuid4()}"
    [notification] = created(aws, 1)
    store = DynamoNotifications(LaggingIndex(aws.notifications._client), SHARDS, RETENTION)
    retried = sent_and_retried(aws, notification, first)
    assert store.list_by_provider_id(first, 100).items == [retried]

    delivered(aws, retried, f"SM2-{uuid4()}")

    assert store.list_by_provider_id(first, 100).items == []


@pytest.mark.parametrize("token", ["nonsense", "e30=", "WzEsImEiXQ", "é"])
def test_a_token_of_another_listing_is_refused(ports: Ports, token: str) -> None:
    for listing in (ports.notifications.list_by_reference, ports.notifications.list_by_provider_id):
        with pytest.raises(InvalidInput, match="next"):
            listing("x", 3, token)


def entry_of(notification: Notification) -> IndexEntry:
    """Return a notification's entry by the time of its creation."""
    return IndexEntry(to_epoch_ms(notification.created_at), notification.id)


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
def test_entries_by_creation_are_complete_and_in_order(ports: Ports, user: str, limit: int) -> None:
    """Five notifications are of one millisecond: an index may have them in any order."""
    seconds = [0, 1, 1, 1, 1, 1, 2, 3, 3]
    moments = [NOON + timedelta(seconds=number) for number in seconds]
    notifications = [a_notification(user=user, created_at=moment) for moment in moments]
    ports.notifications.create(notifications)
    expected = sorted(map(entry_of, notifications), reverse=True)

    for place in range(len(expected) + 1):
        before = expected[place - 1] if place else IndexEntry(LAST_MOMENT, "")
        entries = ports.notifications.created(user, before, limit)
        assert entries == expected[place:][: len(entries)]
        assert len(entries) >= min(limit, len(expected) - place)
        if len(entries) < len(expected) - place:
            assert entries[-1].at > expected[place + len(entries)].at


def test_records_are_found_by_any_of_several_addresses(ports: Ports, user: str) -> None:
    target = a_target(name=f"target-{uuid4()}")
    ports.targets.add(target)
    addresses = [f"{user}-{number}" for number in range(3)]
    records = [a_record(user=user, target=target.id, target_user_id=each) for each in addresses]
    for record in records:
        ports.records.add(record)

    found = ports.records.find_by_addresses([*addresses[:2], addresses[0], f"{user}-nowhere"])

    assert sorted(found, key=lambda record: record.target_user_id) == records[:2]
    assert ports.records.find_by_addresses([]) == []
