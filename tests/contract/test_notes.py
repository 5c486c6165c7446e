"""What every NotificationStore does with notes: of two who add one, the second reads anew."""

from datetime import timedelta

from notification_core.domain.failures import Rejected
from notification_core.domain.notification import Notification
from notification_core.domain.timeline import EventKind
from notification_core.domain.transitions import Transition
from notification_core.ports import Ports
from tests.builders import NOON
from tests.contract.steps import claimed, created, stored

LATER = NOON + timedelta(hours=1)


def sent(ports: Ports) -> Notification:
    """Store one that the provider took."""
    sending = claimed(ports, created(ports))
    after = sending.sent(NOON, "SM1", LATER)
    assert ports.notifications.advance([Transition(sending, after)]) == [True]
    return after


def test_the_second_of_two_notes_from_the_same_read_is_refused_and_none_is_lost(
    ports: Ports,
) -> None:
    """Neither changes the status or the due time; at the same moment, at that."""
    before = sent(ports)
    one = before.noted(NOON, EventKind.DELAYED, "mailbox full")
    other = before.noted(NOON, EventKind.DELAYED, "greylisted")

    assert ports.notifications.advance([Transition(before, one)]) == [True]
    assert ports.notifications.advance([Transition(before, other)]) == [False]
    again = stored(ports, before).noted(NOON, EventKind.DELAYED, "greylisted")
    assert ports.notifications.advance([Transition(one, again)]) == [True]

    details = [each.detail for each in stored(ports, before).timeline[-2:]]
    assert details == ["mailbox full", "greylisted"]


def test_neither_a_poll_nor_an_end_from_an_older_read_removes_a_note(ports: Ports) -> None:
    before = sent(ports)
    noted = before.noted(NOON, EventKind.DELAYED, "mailbox full")
    assert ports.notifications.advance([Transition(before, noted)]) == [True]

    for stale in (
        before.poll_rescheduled(NOON, LATER + timedelta(hours=1)),
        before.failed(NOON, Rejected("552")),
        before.unconfirmed(NOON),
    ):
        assert ports.notifications.advance([Transition(before, stale)]) == [False]
    assert ports.notifications.remove([before]) == [False]
    assert stored(ports, before) == noted
