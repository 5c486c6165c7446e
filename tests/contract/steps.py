"""What the contract tests do with every kind of store: add, claim and read back."""

from uuid import uuid4

from notification_core.domain.addresses import Target
from notification_core.domain.notification import Notification
from notification_core.ports import Ports
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import NOON, a_claim, a_notification, a_target


def added(ports: Ports) -> Target:
    """Add a target whose name no other test has."""
    target = a_target(name=f"target-{uuid4()}")
    ports.targets.add(target)
    return target


def created(ports: Ports, **changes: object) -> Notification:
    """Create a notification."""
    notification = a_notification(**changes)
    assert ports.notifications.create([notification]) == [None]
    return notification


def claimed(ports: Ports, notification: Notification) -> Notification:
    """Claim a notification."""
    [result] = ports.notifications.claim([wake_up_for(notification)], a_claim(), NOON, "pigeon")
    assert isinstance(result, Notification)
    return result


def stored(ports: Ports, notification: Notification) -> Notification:
    """Read a notification back."""
    [found] = ports.notifications.get([notification.id])
    assert found is not None
    return found
