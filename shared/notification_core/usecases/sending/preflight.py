"""Between the claim and the send: consent, address and expiry, read as they stand now."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from notification_core.domain.addresses import TargetUserRecord
from notification_core.domain.attempt_policy import end_if_blocked, postpone
from notification_core.domain.content import Content
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.outcomes import Delivery, Rejected, RetryLater, Throttled, Unsent
from notification_core.domain.schedule import has_expired
from notification_core.ports import Ports
from notification_core.usecases.sending.outcomes import Transition

logger = logging.getLogger(__name__)

#: A notification that nothing stands against, and what its handler is given of it.
Ready = tuple[Notification, Delivery]


def check(
    ports: Ports, module: Module, claimed: list[Notification]
) -> tuple[list[Ready], list[Transition]]:
    """Part what may be sent from what must not; what cannot be read is not sent, and waits."""
    if not claimed:
        return [], []
    try:
        return _read_and_object(ports, module, claimed)
    except Exception as error:
        logger.exception("could not check before sending")
        now = ports.clock()
        reason = RetryLater("not-checked", type(error).__name__)
        return [], [Transition(each, postpone(each, reason, now)) for each in claimed]


def _read_and_object(
    ports: Ports, module: Module, claimed: list[Notification]
) -> tuple[list[Ready], list[Transition]]:
    with ThreadPoolExecutor(1) as pool:
        reading_records = pool.submit(
            ports.records.get, {each.target_user_record for each in claimed}
        )
        opt_outs = ports.opt_outs.get({each.user for each in claimed})
        records = reading_records.result()
    now = ports.clock()
    ready, objected = [], []
    for notification in claimed:
        address = records.get(notification.target_user_record)
        ended = end_if_blocked(notification, opt_outs.get(notification.user), address, module, now)
        if ended is not None:
            objected.append(Transition(notification, ended))
        elif address is not None:
            ready.append((notification, _delivery(notification, address, module)))
    return ready, objected


def _delivery(notification: Notification, record: TargetUserRecord, module: Module) -> Delivery:
    category, content = notification.category, notification.content
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
        due_at=notification.due_at,
        deliver_before=notification.deliver_before,
        content_key=content.key,
        possibly_sent_at=notification.possibly_sent_at,
    )


def recheck_before_send(ports: Ports, deliveries: Sequence[Delivery]) -> list[Delivery | Unsent]:
    """Load what is large, and keep back what must not go now. One each, in order.

    Called when nothing but the send itself is left to wait for, because a lane may wait for its
    pace, and its contents together may be larger than the memory.
    """
    away = [
        Content(title="", body="", key=each.content_key) for each in deliveries if _is_away(each)
    ]
    loaded = iter(_loaded(ports, away))
    contents = [next(loaded) if _is_away(each) else None for each in deliveries]
    now = ports.clock()
    return [
        Unsent() if has_expired(each.deliver_before, now) else _with_content(each, content)
        for each, content in zip(deliveries, contents, strict=True)
    ]


def _is_away(delivery: Delivery) -> bool:
    return delivery.content_key is not None


def _loaded(ports: Ports, away: Sequence[Content]) -> Sequence[Content | Exception]:
    try:
        return ports.contents.load(away) if away else ()
    except Exception as error:  # noqa: BLE001 - told with each notification
        return [error] * len(away)


def _with_content(delivery: Delivery, content: Content | Exception | None) -> Delivery | Unsent:
    if content is None:
        return delivery
    if isinstance(content, Exception):
        logger.error("could not load a content: %s", type(content).__name__)
        return Unsent(Throttled("not-checked", type(content).__name__))
    if content.lost:
        logger.error("a content is gone: %s", delivery.id)
        return Unsent(Rejected("content-lost", "its content is no longer stored"))
    return replace(
        delivery,
        title=content.title,
        body=content.body,
        extra=dict(content.extra),
        content_key=None,
    )
