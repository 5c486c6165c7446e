"""The segments of an SMS are stored with its notification, through every state."""

from dataclasses import replace

import pytest

from notification_content.sms_segments import SmsSegments, segments
from notification_core.domain.notification import Notification
from notification_core.domain.transitions import Transition
from notification_core.ports import Ports
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import NOON, a_claim, a_notification


@pytest.mark.parametrize("sms", [None, segments("a" * 161), replace(segments("😀"), culprits=())])
def test_the_segments_are_read_back(ports: Ports, sms: SmsSegments | None) -> None:
    notification = a_notification(sms=sms)
    ports.notifications.create([notification])

    assert ports.notifications.get([notification.id]) == [notification]


def test_the_segments_outlast_a_delivery(ports: Ports) -> None:
    sms = segments("a" * 161)
    notification = a_notification(sms=sms)
    ports.notifications.create([notification])

    [sending] = ports.notifications.claim([wake_up_for(notification)], a_claim(), NOON, "pigeon")
    assert isinstance(sending, Notification)
    assert ports.notifications.advance([Transition(sending, sending.delivered(NOON, "SM1"))])

    [delivered] = ports.notifications.get([notification.id])
    assert delivered is not None
    assert (sending.sms, delivered.sms) == (sms, sms)
