"""A conditional write that is repeated because its response was lost recognises its own success.

The clients repeat a request below the adapters, so the second attempt meets what the first has
written. Here the same call is made twice.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from notifications.domain.claim import Origin
from notifications.domain.content import Content
from notifications.domain.notification import Notification
from notifications.domain.outcome import MayHaveGone, Rejected, RetryLater
from notifications.ports import Change, Ports, Refused
from notifications.usecases.enqueue import wake_up_of
from tests.builders import NOON, a_claim, a_notification

LATER = NOON + timedelta(minutes=1)


def created(ports: Ports) -> Notification:
    """Create one that is due."""
    notification = a_notification()
    assert ports.notifications.create([notification]) == [None]
    return notification


def claimed(ports: Ports) -> Notification:
    """Create and claim one."""
    [result] = ports.notifications.claim([wake_up_of(created(ports))], a_claim(), NOON, "pigeon")
    assert isinstance(result, Notification)
    return result


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
    [sending] = ports.notifications.claim([wake_up_of(notification)], a_claim(), NOON, "pigeon")

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
    wake_ups = [wake_up_of(created(ports)), wake_up_of(created(ports))]

    first = ports.notifications.claim(wake_ups, a_claim(), NOON, "pigeon")
    again = ports.notifications.claim(wake_ups, a_claim(), NOON, "pigeon")

    assert all(isinstance(each, Notification) for each in first)
    assert again == first


@pytest.mark.parametrize("token", ["another's", ""])
def test_the_claim_of_another_is_not(ports: Ports, token: str) -> None:
    sending = claimed(ports)

    [result] = ports.notifications.claim(
        [wake_up_of(sending)], a_claim(token=token), NOON, "pigeon"
    )

    assert result == Refused(sending)


End = Callable[[Notification], Notification]


@pytest.mark.parametrize(
    "end",
    [
        lambda sending: sending.delivered(LATER, "SM1"),
        lambda sending: sending.sent(LATER, "SM1", LATER + timedelta(minutes=1)),
        lambda sending: sending.retried(LATER, RetryLater("503"), LATER),
        lambda sending: sending.may_have_gone(LATER, MayHaveGone("cut"), LATER),
        lambda sending: sending.failed(LATER, Rejected("21617")),
        lambda sending: sending.unknown(LATER, MayHaveGone("cut")),
        lambda sending: sending.opted_out(LATER, "the user opted out"),
        lambda sending: sending.expired(LATER),
    ],
)
def test_an_outcome_that_is_repeated_is_stored(ports: Ports, end: End) -> None:
    sending = claimed(ports)
    change = Change(sending, end(sending))

    assert ports.notifications.advance([change]) == [True]
    assert ports.notifications.advance([change]) == [True]

    assert ports.notifications.get([sending.id]) == [change.after]


def test_another_outcome_of_the_same_attempt_is_not(ports: Ports) -> None:
    sending = claimed(ports)
    assert ports.notifications.advance([Change(sending, sending.delivered(LATER, "SM1"))]) == [True]

    other = Change(sending, sending.failed(LATER, Rejected("21617")))

    assert ports.notifications.advance([other]) == [False]


def test_a_removal_that_is_repeated_has_removed(ports: Ports) -> None:
    notification = created(ports)

    assert ports.notifications.remove([notification]) == [True]
    assert ports.notifications.remove([notification]) == [True]
