"""The checks between claim and send: the current consent, address and expiry."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Protocol

from notification_core.domain.addresses import TargetUserRecord
from notification_core.domain.attempt_policy import end_if_blocked, postpone
from notification_core.domain.content import Content
from notification_core.domain.delivery import Delivery, Unsent
from notification_core.domain.failures import Rejected, RetryLater, Throttled
from notification_core.domain.modules import Channel, Module
from notification_core.domain.notification import Notification
from notification_core.domain.schedule import has_expired
from notification_core.domain.transitions import Transition
from notification_core.ports import (
    HasClock,
    HasContents,
    HasOptOuts,
    HasRecords,
    HasTemplates,
    HasUserSettings,
)
from notification_core.usecases.sending.rendering import (
    Variables,
    no_variables,
    prefetch_versions,
    render_all,
)

logger = logging.getLogger(__name__)

#: A notification that may be sent, and the input of its handler.
Ready = tuple[Notification, Delivery]


class PreflightPorts(
    HasClock, HasContents, HasOptOuts, HasRecords, HasTemplates, HasUserSettings, Protocol
):
    """The ports that these use cases need."""


def check(
    ports: PreflightPorts, module: Module, claimed: list[Notification]
) -> tuple[list[Ready], list[Transition]]:
    """Separate notifications that may be sent from those that must not.

    A notification whose consent or address cannot be read is postponed.
    """
    if not claimed:
        return [], []
    try:
        return _read_and_check(ports, module, claimed)
    except Exception as error:
        logger.exception("could not check before sending")
        now = ports.clock()
        reason = RetryLater("not-checked", type(error).__name__)
        return [], [Transition(before, postpone(before, reason, now)) for before in claimed]


def _read_and_check(
    ports: PreflightPorts, module: Module, claimed: list[Notification]
) -> tuple[list[Ready], list[Transition]]:
    uses = [use for notification in claimed if (use := notification.content.template) is not None]
    with ThreadPoolExecutor(3) as pool:
        if uses:
            pool.submit(prefetch_versions, ports, uses)
        reading_records = pool.submit(
            ports.records.get, {notification.target_user_record for notification in claimed}
        )
        reading_locales = pool.submit(_user_locales, ports, module, claimed)
        opt_outs = ports.opt_outs.get({notification.user for notification in claimed})
        records, locales = reading_records.result(), reading_locales.result()
    now = ports.clock()
    ready, blocked = [], []
    for notification in claimed:
        record = records.get(notification.target_user_record)
        ended = end_if_blocked(notification, opt_outs.get(notification.user), record, module, now)
        if ended is not None:
            blocked.append(Transition(notification, ended))
        elif record is not None:
            delivery = _delivery(notification, record, module)
            delivery = replace(delivery, user_locale=locales.get(notification.user))
            ready.append((notification, delivery))
    return ready, blocked


def _user_locales(
    ports: HasUserSettings, module: Module, claimed: Sequence[Notification]
) -> dict[str, str | None]:
    """Return the languages of the users whose e-mails get a footer that no template translates.

    An error is logged only, because the footer may be in the default language.
    """
    users = {
        notification.user
        for notification in claimed
        if module.channel == Channel.EMAIL
        and notification.content.template is None
        and _is_unsubscribable(notification, module)
    }
    try:
        settings = ports.user_settings.get(users) if users else {}
    except Exception:
        logger.exception("could not read the languages of users")
        return {}
    return {user: setting.locale for user, setting in settings.items()}


def _is_unsubscribable(notification: Notification, module: Module) -> bool:
    category = notification.category
    return category is not None and not module.is_mandatory(category)


def _delivery(notification: Notification, record: TargetUserRecord, module: Module) -> Delivery:
    content = notification.content
    return Delivery(
        id=notification.id,
        attempt=notification.attempt,
        user=notification.user,
        target=notification.target,
        address=record.target_user_id,
        title=content.title,
        body=content.body,
        extra=dict(content.extra),
        category=notification.category,
        unsubscribable=_is_unsubscribable(notification, module),
        deployment=module.deployment,
        scheduled_delivery=notification.scheduled_delivery,
        due_at=notification.due_at,
        deliver_before=notification.deliver_before,
        content_key=content.key,
        template=content.template,
        possibly_sent_at=notification.possibly_sent_at,
    )


def recheck_before_send(
    ports: PreflightPorts,
    deliveries: Sequence[Delivery],
    module: Module,
    variables: Variables = no_variables,
) -> list[Delivery | Unsent]:
    """Load large contents, render templates, and hold back deliveries that must not be sent.

    It is called directly before the send, because a lane may wait for its rate limit, and all its
    contents together may be larger than the memory. Returns one result for each delivery, in order.
    """
    unloaded = [
        Content(title="", body="", key=delivery.content_key, template=delivery.template)
        for delivery in deliveries
        if _is_unloaded(delivery)
    ]
    loaded = iter(_loaded(ports, unloaded))
    contents = [next(loaded) if _is_unloaded(delivery) else None for delivery in deliveries]
    now = ports.clock()
    checked = [
        Unsent() if has_expired(delivery.deliver_before, now) else _with_content(delivery, content)
        for delivery, content in zip(deliveries, contents, strict=True)
    ]
    return render_all(ports, checked, module, variables)


def _is_unloaded(delivery: Delivery) -> bool:
    return delivery.content_key is not None


def _loaded(ports: HasContents, unloaded: Sequence[Content]) -> Sequence[Content | Exception]:
    try:
        return ports.contents.load(unloaded) if unloaded else ()
    except Exception as error:  # noqa: BLE001 - logged with each notification
        return [error] * len(unloaded)


def _with_content(delivery: Delivery, content: Content | Exception | None) -> Delivery | Unsent:
    if content is None:
        return delivery
    if isinstance(content, Exception):
        logger.error("could not load a content: %s", type(content).__name__)
        return Unsent(Throttled("not-checked", type(content).__name__))
    if content.lost:
        logger.error("a content is no longer stored: %s", delivery.id)
        return Unsent(Rejected("content-lost", "its content is no longer stored"))
    return replace(
        delivery,
        title=content.title,
        body=content.body,
        extra=dict(content.extra),
        template=content.template,
        content_key=None,
    )
