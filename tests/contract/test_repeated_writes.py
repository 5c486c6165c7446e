"""A conditional write that is repeated because its response was lost recognises its own success.

The clients repeat a request below the adapters, so the second attempt meets what the first has
written. Here the same call is made twice.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from notification_core.domain.addresses import Target, TargetUserRecord
from notification_core.domain.claim import Origin
from notification_core.domain.content import Content
from notification_core.domain.errors import NameTaken, RecordExists
from notification_core.domain.failures import OutcomeUnknown, Rejected, RetryLater
from notification_core.domain.notification import Notification
from notification_core.domain.transitions import ClaimRejected, Transition
from notification_core.ports import Ports
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import (
    NOON,
    a_claim,
    a_module,
    a_notification,
    a_pause,
    a_record,
    a_target,
)
from tests.contract.steps import claimed, created

LATER = NOON + timedelta(minutes=1)


@pytest.mark.parametrize(
    "made",
    [
        {},
        {"origin": Origin("f" * 32)},
        {"content": Content(title="", body="", key="soon/user/object.json")},
        {
            "content": Content(title="Ünïcode ✓", body="a\nb", extra={"a": [1.0, None, {"b": 2}]}),
            "category": "news",
            "deliver_before": LATER,
        },
    ],
)
def test_a_creation_that_is_repeated_has_created(ports: Ports, made: dict[str, object]) -> None:
    notification, other = a_notification(**made), a_notification()

    assert ports.notifications.create([notification, other]) == [None, None]
    assert ports.notifications.create([notification, other]) == [None, None]

    assert ports.notifications.get([notification.id]) == [notification]


def test_a_creation_that_is_repeated_leaves_what_became_of_it_meanwhile(ports: Ports) -> None:
    notification = created(ports)
    [sending] = ports.notifications.claim([wake_up_for(notification)], a_claim(), NOON, "pigeon")

    assert ports.notifications.create([notification]) == [None]

    assert ports.notifications.get([notification.id]) == [sending]


@pytest.mark.parametrize(
    "other",
    [
        {"user": "somebody else"},
        {"target_user_record": "another record"},
        {"created_at": NOON},
        {"origin": Origin("e" * 32)},
        {"content": Content(title="", body="", key="soon/user/another.json")},
        {"content": Content(title="Other", body="Other")},
        {"scheduled_delivery": LATER, "due_at": LATER},
    ],
)
def test_the_creation_of_another_request_has_not(ports: Ports, other: dict[str, object]) -> None:
    first = created(ports)

    assert ports.notifications.create([replace(first, **other)]) == [first]  # type: ignore[arg-type]


def test_a_claim_that_is_repeated_is_held(ports: Ports) -> None:
    wake_ups = [wake_up_for(created(ports)), wake_up_for(created(ports))]

    first = ports.notifications.claim(wake_ups, a_claim(), NOON, "pigeon")
    again = ports.notifications.claim(wake_ups, a_claim(), NOON, "pigeon")

    assert all(isinstance(each, Notification) for each in first)
    assert again == first


@pytest.mark.parametrize("token", ["another's", ""])
def test_the_claim_of_another_is_not(ports: Ports, token: str) -> None:
    sending = claimed(ports, created(ports))

    [result] = ports.notifications.claim(
        [wake_up_for(sending)], a_claim(token=token), NOON, "pigeon"
    )

    assert result == ClaimRejected(sending)


End = Callable[[Notification], Notification]


@pytest.mark.parametrize(
    "end",
    [
        lambda sending: sending.delivered(LATER, "SM1"),
        lambda sending: sending.sent(LATER, "SM1", LATER + timedelta(minutes=1)),
        lambda sending: sending.sent(
            LATER, "SM1", None, awaited_until=LATER + timedelta(minutes=1)
        ),
        lambda sending: sending.retried(LATER, RetryLater("503"), LATER),
        lambda sending: sending.possibly_sent(LATER, OutcomeUnknown("cut"), LATER),
        lambda sending: sending.failed(LATER, Rejected("21617")),
        lambda sending: sending.unknown(LATER, OutcomeUnknown("cut")),
        lambda sending: sending.opted_out(LATER, "the user opted out"),
        lambda sending: sending.expired(LATER),
    ],
)
def test_an_outcome_that_is_repeated_is_stored(ports: Ports, end: End) -> None:
    sending = claimed(ports, created(ports))
    change = Transition(sending, end(sending))

    assert ports.notifications.advance([change]) == [True]
    assert ports.notifications.advance([change]) == [True]

    assert ports.notifications.get([sending.id]) == [change.after]


def test_another_outcome_of_the_same_attempt_is_not(ports: Ports) -> None:
    sending = claimed(ports, created(ports))
    delivered = Transition(sending, sending.delivered(LATER, "SM1"))
    assert ports.notifications.advance([delivered]) == [True]

    other = Transition(sending, sending.failed(LATER, Rejected("21617")))

    assert ports.notifications.advance([other]) == [False]


def test_a_removal_that_is_repeated_has_removed(ports: Ports) -> None:
    notification = created(ports)

    assert ports.notifications.remove([notification]) == [True]
    assert ports.notifications.remove([notification]) == [True]


def a_registered_target(ports: Ports) -> Target:
    """Add a target."""
    target = a_target(name=f"target-{uuid4()}")
    ports.targets.add(target)
    return target


def a_registered_record(ports: Ports, user: str) -> TargetUserRecord:
    """Register an address in a target of its own."""
    record = a_record(user=user, target=a_registered_target(ports).id, target_user_id=f"{uuid4()}")
    ports.records.add(record)
    return record


def test_a_target_that_is_added_changed_and_removed_twice(ports: Ports) -> None:
    target = a_registered_target(ports)
    ports.targets.add(target)
    renamed = replace(target, name=f"{target.name}!", updated_at=LATER)
    ports.targets.replace(target, renamed)
    ports.targets.replace(target, renamed)
    assert renamed in ports.targets.all()

    ports.targets.remove(renamed)
    ports.targets.remove(renamed)

    assert target.id not in {each.id for each in ports.targets.all()}


def test_the_name_of_another_target_is_taken_all_the_same(ports: Ports) -> None:
    target, other = a_registered_target(ports), a_registered_target(ports)

    with pytest.raises(NameTaken):
        ports.targets.add(replace(target, id=str(uuid4())))
    with pytest.raises(NameTaken):
        ports.targets.replace(target, replace(target, name=other.name))


@pytest.mark.parametrize("changes", [{"active": False}, {"target_user_id": "456"}])
def test_a_record_that_is_added_changed_and_removed_twice(
    ports: Ports, user: str, changes: dict[str, Any]
) -> None:
    record = a_registered_record(ports, user)
    ports.records.add(record)
    after = replace(record, updated_at=LATER, **changes)
    ports.records.replace(record, after)
    ports.records.replace(record, after)
    assert ports.records.list_by_user(user) == [after]

    ports.records.remove(after)
    ports.records.remove(after)

    assert ports.records.list_by_user(user) == []


def test_an_address_of_another_record_is_registered_all_the_same(ports: Ports, user: str) -> None:
    record = a_registered_record(ports, user)
    other = replace(record, id=str(uuid4()), target_user_id="456")
    ports.records.add(other)

    with pytest.raises(RecordExists):
        ports.records.add(replace(record, id=str(uuid4())))
    with pytest.raises(RecordExists):
        ports.records.replace(record, replace(record, target_user_id="456"))


def test_a_pause_that_is_repeated_has_paused_and_that_of_another_has_not(ports: Ports) -> None:
    name = f"module-{uuid4()}"
    ports.modules.put(a_module(name=name))

    assert ports.modules.pause(name, a_pause())
    assert ports.modules.pause(name, a_pause())
    assert not ports.modules.pause(name, a_pause(since=LATER))
