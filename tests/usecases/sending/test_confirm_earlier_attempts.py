"""Delivery reports about an earlier message, while the next attempt is under way or has ended."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from notification_core.domain.consent import ConsentSource
from notification_core.domain.consent_scopes import EVERYTHING
from notification_core.domain.delivery import Accepted, Complained, Confirmed, Delivery, Outcome
from notification_core.domain.errors import StillSending, Unavailable
from notification_core.domain.failures import (
    DeliveryFailed,
    InvalidAddress,
    OutcomeUnknown,
    Rejected,
    RetryLater,
)
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.usecases.consent.opt_out import record_consent
from notification_core.usecases.sending.confirm import handle_report
from notification_core.usecases.sending.deliver import deliver
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import TELLING, World
from tests.usecases.sending.confirmations import ADDRESS, a_report
from tests.usecases.steps import (
    claimed,
    handed,
    racing,
    stored,
    tick,
    with_module,
)


def in_doubt(world: World) -> tuple[Notification, Notification]:
    """One that may have gone, and the same while its second attempt is under way."""
    with_module(world, confirmation=TELLING)
    notification = stored(world)
    world.provider.answers[ADDRESS] = [OutcomeUnknown("read-timeout")]
    handed(world, notification)
    retry = world.stored(notification)
    world.watch.forward(hours=1)
    return notification, retry


def test_a_retry_that_is_claimed_meanwhile_is_read_again_and_ends_by_itself(world: World) -> None:
    """B4: the report is of the first message, and the second may still go."""
    notification, retry = in_doubt(world)
    ports = racing(world, lambda: claimed(world, retry))

    with pytest.raises(Unavailable):
        handle_report(ports, a_report(notification, Confirmed(), attempt=1))
    assert world.stored(notification).status is Status.SENDING


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (Rejected("400"), Status.DELIVERY_FAILURE),
        (InvalidAddress("410"), Status.INACTIVE_DEVICE),
        (RetryLater("503"), Status.RETRY),
        (OutcomeUnknown("read-timeout"), Status.UNKNOWN),
        (Accepted("SM2"), Status.SENT),
    ],
)
@pytest.mark.parametrize("attempt", [1, None])
def test_a_report_of_an_earlier_message_is_taken_in_when_it_comes_again(
    world: World, end: DeliveryFailed | Accepted, status: Status, attempt: int | None
) -> None:
    """The queue of mail events hands it over again, however the second attempt has ended."""
    notification, retry = in_doubt(world)
    delivered = a_report(notification, Confirmed(), attempt=attempt)
    world.provider.answers[ADDRESS] = [end]

    def while_it_is_sent(deliveries: Sequence[Delivery], module: Module) -> list[list[Outcome]]:
        with pytest.raises(Unavailable):
            handle_report(world.ports, delivered)
        return world.provider(deliveries, module)

    deliver(world.ports, "pigeon", [wake_up_for(retry)], while_it_is_sent)
    assert world.stored(notification).status is status
    after = handle_report(world.ports, delivered)

    assert after is not None
    assert (after.status, after.provider_message_id) == (Status.DELIVERED, "SM1")
    world.watch.forward(hours=1)
    tick(world)
    handed(world, retry)
    assert len(world.provider.seen) == 2, "there is no third copy"


def test_a_report_does_not_let_a_stop_be_acknowledged_during_an_attempt(
    world: World,
) -> None:
    """B4, with an opt-out between the report and the send."""
    notification, retry = in_doubt(world)

    def while_it_is_sent(deliveries: Sequence[Delivery], module: Module) -> list[list[Outcome]]:
        with pytest.raises(Unavailable):
            handle_report(world.ports, a_report(notification, Confirmed(), attempt=1))
        with pytest.raises(StillSending):
            record_consent(
                world.ports,
                notification.user,
                [EVERYTHING],
                active=True,
                source=ConsentSource.API,
                evidence="caller",
                patience=timedelta(0),
            )
        return world.provider(deliveries, module)

    deliver(world.ports, "pigeon", [wake_up_for(retry)], while_it_is_sent)


def test_a_complaint_about_an_earlier_message_counts_at_once_and_comes_again(world: World) -> None:
    notification, retry = in_doubt(world)
    sending = claimed(world, retry)

    with pytest.raises(Unavailable):
        handle_report(world.ports, a_report(notification, Complained("Complaint"), attempt=1))

    assert world.opt_outs.stored["eggs"].active
    assert world.stored(notification) == sending
