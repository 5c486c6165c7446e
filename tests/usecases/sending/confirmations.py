"""A message that the provider accepted, and the delivery reports about it."""

from notification_core.domain.delivery import Accepted, DeliveryReport, ReportContent
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from tests.builders import TELLING, World
from tests.usecases.steps import (
    handed,
    stored,
    with_module,
)

ADDRESS = "123"


def a_report(
    notification: Notification,
    content: ReportContent,
    message_id: str = "SM1",
    attempt: int | None = None,
) -> DeliveryReport:
    """A delivery report about a notification's message."""
    return DeliveryReport(
        notification_id=notification.id,
        provider_message_id=message_id,
        attempt=attempt,
        content=content,
    )


def sent(world: World, **changes: object) -> Notification:
    """A notification that the provider accepted and has not confirmed."""
    module = world.modules.get("pigeon")
    if module is not None and module.confirmation is None:
        with_module(world, confirmation=TELLING)
    notification = stored(world, **changes)
    world.provider.answers[ADDRESS] = [Accepted("SM1")]
    handed(world, notification)
    after = world.stored(notification)
    assert after.status is Status.SENT
    return after
