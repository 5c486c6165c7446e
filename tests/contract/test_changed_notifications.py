"""What every NotificationStore does with a caller's change of a waiting notification."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from notification_content.sms_segments import segments
from notification_core.domain.content import Content
from notification_core.domain.due import shard_of
from notification_core.domain.notification import Notification
from notification_core.domain.transitions import ClaimRejected, Transition
from notification_core.ports import Ports
from notification_core.usecases.sending.change import ChangeResult, change_notification
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import NOON, SHARDS, a_claim, a_module, a_notification, a_record
from tests.contract.steps import added, claimed, created, stored

LATER = NOON + timedelta(hours=1)
SMALL = Content(title="New", body="text", extra={"a": [1, {"b": None}]})
SHORT = replace(segments("Ünïcode"), culprits=())
AWAY = Content(title="", body="", key="soon/eggs/new.json")


def change(before: Notification, at: datetime = NOON, **values: Any) -> Transition:
    """A caller's change."""
    return Transition(before, before.changed(at, sorted(values), **values))


@pytest.mark.parametrize("old", [Content(title="t", body="b", extra={"c": 1}), AWAY])
@pytest.mark.parametrize(
    "values",
    [
        {"content": SMALL},
        {"content": Content(title="", body="text"), "sms": None},
        {"content": AWAY},
        {"scheduled_delivery": LATER, "due_at": LATER},
        {"scheduled_delivery": NOON - timedelta(minutes=1), "due_at": NOON - timedelta(minutes=1)},
        {"deliver_before": None, "category": None, "max_retries": 9},
        {"deliver_before": LATER, "category": "other", "sms": SHORT},
        {},
    ],
)
def test_a_change_is_stored_whole(ports: Ports, old: Content, values: dict[str, Any]) -> None:
    before = created(
        ports, content=old, category="news", deliver_before=LATER, sms=segments("text")
    )

    assert ports.notifications.advance([change(before, **values)]) == [True]

    assert stored(ports, before) == change(before, **values).after


def test_true_in_place_of_1_is_stored(ports: Ports) -> None:
    before = created(ports, content=Content(title="t", body="b", extra={"data": {"paid": 1}}))
    after = Content(title="t", body="b", extra={"data": {"paid": True}})

    assert ports.notifications.advance([change(before, content=after)]) == [True]

    assert stored(ports, before).content.extra["data"]["paid"] is True


def test_a_moved_notification_is_due_at_its_new_time_only(ports: Ports) -> None:
    before = created(ports)
    after = change(before, scheduled_delivery=LATER, due_at=LATER).after
    ports.notifications.advance([Transition(before, after)])

    [refused] = ports.notifications.claim([wake_up_for(before)], a_claim(), NOON, "pigeon")
    shard = shard_of(before.module, before.id, SHARDS)
    entries = [
        entry
        for page in ports.notifications.due(shard, wake_up_for(before), wake_up_for(after).due_at)
        for entry in page
    ]

    assert refused == ClaimRejected(after)
    assert wake_up_for(after) in entries
    assert claimed(ports, after).due_at == LATER


def test_a_claim_after_a_change_has_the_new_content_and_all_of_it(ports: Ports) -> None:
    before = created(ports)
    ports.notifications.advance([change(before, content=SMALL, category="news")])

    sending = claimed(ports, before)

    assert (sending.content, sending.category) == (SMALL, "news")


def test_a_change_after_a_claim_is_refused(ports: Ports) -> None:
    before = created(ports)
    sending = claimed(ports, before)

    assert ports.notifications.advance([change(before, content=SMALL)]) == [False]

    assert stored(ports, before) == sending


def test_a_cancellation_by_what_was_read_before_a_change_is_refused(ports: Ports) -> None:
    before = created(ports)
    ports.notifications.advance([change(before, category="news")])

    assert ports.notifications.advance([Transition(before, before.cancelled(NOON))]) == [False]


def test_a_change_that_is_repeated_is_stored(ports: Ports) -> None:
    before = created(ports)
    for _ in range(2):
        assert ports.notifications.advance([change(before, content=SMALL)]) == [True]


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("content", SMALL, AWAY),
        ("category", "news", "other"),
        ("max_retries", 5, 6),
        ("deliver_before", LATER, None),
    ],
)
def test_another_change_of_the_same_field_in_the_same_millisecond_is_not(
    ports: Ports, name: str, one: Any, other: Any
) -> None:
    before = created(ports, deliver_before=LATER + timedelta(days=1))
    first = change(before, **{name: one})
    assert ports.notifications.advance([first]) == [True]

    assert ports.notifications.advance([change(before, **{name: other})]) == [False]

    assert stored(ports, before) == first.after


def test_the_use_case_moves_a_content_to_the_bucket_and_back(ports: Ports) -> None:
    target = added(ports)
    record = a_record(target=target.id)
    ports.modules.put(a_module())
    ports.records.add(record)
    before = created(ports, target=target.id, target_user_record=record.id)

    for body in ("x" * 5_000, "small", "y" * 5_000, "z" * 5_000):
        result, after = change_notification(ports, before.id, {"body": body})

        assert (result, after.content.body) == (ChangeResult.CHANGED, body)
        [content] = ports.contents.load([stored(ports, before).content])
        assert isinstance(content, Content)
        assert (content.title, content.body) == (before.content.title, body)


def test_a_large_content_that_is_needed_for_longer_moves_to_the_folder_that_is_kept(
    aws: Ports,
) -> None:
    target = added(aws)
    record = a_record(target=target.id)
    aws.modules.put(a_module())
    aws.records.add(record)
    draft = a_notification(content=Content(title="t", body="x" * 5_000))
    [content] = aws.contents.put([draft])
    before = created(aws, content=content, target=target.id, target_user_record=record.id)
    assert (content.key or "").startswith("soon/")

    change_notification(aws, before.id, {"scheduled_delivery": NOON + timedelta(days=20)})
    assert stored(aws, before).content.key != content.key
    assert (stored(aws, before).content.key or "").startswith("soon/")
    change_notification(aws, before.id, {"scheduled_delivery": NOON + timedelta(days=40)})

    moved = stored(aws, before).content
    assert (moved.key or "").startswith("later/")
    assert aws.contents.load([moved]) == [
        Content(title="t", body="x" * 5_000, key=moved.key, template=None)
    ]
