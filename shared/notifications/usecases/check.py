"""Between the claim and the send: consent, address and expiry, read as they stand now."""

import logging
from concurrent.futures import ThreadPoolExecutor

from notifications.domain.content import Content
from notifications.domain.modules import Module
from notifications.domain.notification import Notification
from notifications.domain.outcome import Delivery, RetryLater
from notifications.domain.recipients import TargetUserRecord
from notifications.domain.settle import objection, postpone
from notifications.ports import Ports
from notifications.usecases.record import Settled

logger = logging.getLogger(__name__)

#: A notification that nothing stands against, and what its handler is given of it.
Ready = tuple[Notification, Delivery]


def check(
    ports: Ports, module: Module, claimed: list[Notification]
) -> tuple[list[Ready], list[Settled]]:
    """Part what may be sent from what must not; what cannot be read is not sent, and waits."""
    if not claimed:
        return [], []
    try:
        return _read_and_object(ports, module, claimed)
    except Exception as error:
        logger.exception("could not check before sending")
        now = ports.clock()
        reason = RetryLater("not-checked", type(error).__name__)
        return [], [Settled(each, postpone(each, reason, now)) for each in claimed]


def _read_and_object(
    ports: Ports, module: Module, claimed: list[Notification]
) -> tuple[list[Ready], list[Settled]]:
    with ThreadPoolExecutor(2) as pool:
        reading_contents = pool.submit(ports.contents.load, [each.content for each in claimed])
        reading_records = pool.submit(
            ports.records.get, {each.target_user_record for each in claimed}
        )
        opt_outs = ports.opt_outs.get({each.user for each in claimed})
        records, contents = reading_records.result(), reading_contents.result()
    now = ports.clock()
    ready, objected = [], []
    for notification, content in zip(claimed, contents, strict=True):
        address = records.get(notification.target_user_record)
        ended = objection(notification, opt_outs.get(notification.user), address, module, now)
        if ended is not None:
            objected.append(Settled(notification, ended))
        elif address is not None:
            ready.append((notification, _delivery(notification, content, address, module)))
    return ready, objected


def _delivery(
    notification: Notification, content: Content, record: TargetUserRecord, module: Module
) -> Delivery:
    category = notification.category
    return Delivery(
        id=notification.id,
        attempt=notification.attempt,
        user=notification.user,
        target=notification.target,
        address=record.target_user_id,
        title=content.title,
        body=content.body,
        extra=dict(content.extra),
        category=category,
        unsubscribable=category is not None and not module.is_mandatory(category),
        scheduled_delivery=notification.scheduled_delivery,
        may_have_gone_at=notification.may_have_gone_at,
    )
