"""What a store cannot keep it refuses, in every store alike, and keeps what came with it."""

from notification_core.domain.notification import Notification
from notification_core.domain.transitions import Transition
from notification_core.ports import Ports
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import NOON, a_claim, a_notification


def test_half_of_a_surrogate_pair_is_refused_alone(ports: Ports) -> None:
    """A provider that cuts a text in the middle of an emoji says so."""
    changes = []
    for message_id in ("SM1", "half \ud83d of an emoji", "SM3"):
        waiting = a_notification()
        assert ports.notifications.create([waiting]) == [None]
        [sending] = ports.notifications.claim([wake_up_for(waiting)], a_claim(), NOON, "pigeon")
        assert isinstance(sending, Notification)
        changes.append(Transition(sending, sending.delivered(NOON, message_id)))

    results = ports.notifications.advance(changes)

    assert [each is True for each in results] == [True, False, True]
    assert isinstance(results[1], Exception)
    assert ports.notifications.get([each.before.id for each in changes]) == [
        changes[0].after,
        changes[1].before,
        changes[2].after,
    ]
