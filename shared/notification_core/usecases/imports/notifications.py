"""Import notifications that wait, and notifications that have ended."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from notification_core.domain.addresses import TargetUserRecord
from notification_core.domain.content import Content
from notification_core.domain.errors import (
    InvalidInput,
    NotificationError,
    UnknownModule,
    UnknownRecord,
)
from notification_core.domain.imports import (
    ImportedNotification,
    ImportKey,
    ImportKind,
    ImportOutcome,
    ImportResult,
)
from notification_core.domain.notification import Notification
from notification_core.domain.schedule import check_retries, check_schedule
from notification_core.domain.status import WAITING
from notification_core.usecases.imports.outcomes import not_imported
from notification_core.usecases.sending.builder import NotificationBuilder
from notification_core.usecases.sending.draft import Draft
from notification_core.usecases.sending.enqueue import enqueue_if_soon
from notification_core.usecases.sending.schedule import SchedulePorts


class ImportNotificationPorts(SchedulePorts, Protocol):
    """The ports that this use case needs."""


def import_notifications(
    ports: ImportNotificationPorts, source: str, items: Sequence[ImportedNotification]
) -> list[ImportOutcome]:
    """Import notifications; return one outcome for each, in order.

    One that waits passes the checks of a new notification, keeps its attempts, and is sent when it
    is due. One that has ended is history: it is never due, and no filter selects it for a retry.
    """
    planned, errors = _plan(ports, source, items)
    outcomes = {place: not_imported(error) for place, error in errors.items()}
    for place, is_new in zip(planned, _stored(ports, list(planned.values())), strict=True):
        result = ImportResult.IMPORTED if is_new else ImportResult.UNCHANGED
        outcomes[place] = ImportOutcome(result, planned[place].id)
    return [outcomes[place] for place in range(len(items))]


def check_notifications(
    ports: ImportNotificationPorts, source: str, items: Sequence[ImportedNotification]
) -> list[ImportOutcome]:
    """Return the outcomes that an import of these notifications would have, and store nothing.

    If the record of a notification does not exist yet, only what does not depend on its user and
    target is checked.
    """
    planned, errors = _plan(ports, source, items)
    ids = [ImportKey(source, ImportKind.NOTIFICATION, item.key).id for item in items]
    stored = ports.notifications.get(ids)
    outcomes = list[ImportOutcome]()
    for place, (item, id_) in enumerate(zip(items, ids, strict=True)):
        if place in planned:
            result = ImportResult.UNCHANGED if stored[place] else ImportResult.IMPORTED
            outcomes.append(ImportOutcome(result, id_))
        elif isinstance(errors[place], UnknownRecord):
            outcomes.append(_without_record(item, id_, ports.clock()))
        else:
            outcomes.append(not_imported(errors[place]))
    return outcomes


def _without_record(item: ImportedNotification, id_: str, now: datetime) -> ImportOutcome:
    """Return the outcome as far as it can be told without the record."""
    due = max(item.scheduled_delivery, now) if item.status in WAITING else None
    try:
        if due is not None:
            Content.checked(item.title, item.body, item.extra)
            check_schedule(now=now, scheduled_delivery=due, deliver_before=None)
            check_retries(
                now=now,
                scheduled_delivery=due,
                interval=item.retry_time_interval,
                max_retries=item.max_retries,
            )
        _notification(item, None, "", due, now)
    except NotificationError as error:
        return not_imported(error)
    return ImportOutcome(ImportResult.IMPORTED, id_)


def _plan(
    ports: ImportNotificationPorts, source: str, items: Sequence[ImportedNotification]
) -> tuple[dict[int, Notification], dict[int, NotificationError]]:
    """Return the notifications, not yet stored, and the errors of the other items, by place."""
    now = ports.clock()
    drafts = [_draft(item) for item in items]
    builder = NotificationBuilder(ports, source, now, drafts)
    planned: dict[int, Notification] = {}
    errors: dict[int, NotificationError] = {}
    for place, (item, draft) in enumerate(zip(items, drafts, strict=True)):
        try:
            planned[place] = _planned(builder, source, item, draft, now)
        except NotificationError as error:
            errors[place] = error
    return planned, errors


def _draft(item: ImportedNotification) -> Draft:
    return Draft(
        target_user_record=item.target_user_record,
        title=item.title,
        body=item.body,
        extra=dict(item.extra),
        scheduled_delivery=item.scheduled_delivery,
        retry_time_interval=item.retry_time_interval,
        max_retries=item.max_retries,
    )


def _planned(
    builder: NotificationBuilder,
    source: str,
    item: ImportedNotification,
    draft: Draft,
    now: datetime,
) -> Notification:
    """Return the notification, not yet stored. Raises NotificationError."""
    if item.status in WAITING:
        [notification] = builder.plan(draft)
    else:
        notification = _ended(builder, item, now)
    try:
        return replace(
            notification,
            id=ImportKey(source, ImportKind.NOTIFICATION, item.key).id,
            status=item.status,
            attempted_delivery=item.attempted_delivery,
            retry_attempts=item.retry_attempts,
            timeline=item.timeline(source, now),
            created_at=min(item.created_at or now, now),
        )
    except ValueError as error:  # a rule of the model, such as an attempt without a time
        raise InvalidInput.of("status", str(error)) from error


def _ended(builder: NotificationBuilder, item: ImportedNotification, now: datetime) -> Notification:
    """Return an ended notification, whose content and address are not checked again."""
    record = builder.by_id.get(item.target_user_record)
    if record is None:
        raise UnknownRecord(f"there is no target user record {item.target_user_record}")
    target = builder.targets.get(record.target)
    module = builder.modules.get(target.notification_module_name) if target else None
    if module is None:
        raise UnknownModule
    return _notification(item, record, module.name, None, now)


def _notification(
    item: ImportedNotification,
    record: TargetUserRecord | None,
    module: str,
    due_at: datetime | None,
    now: datetime,
) -> Notification:
    """Return the notification as it is, whose content is not checked. Raises InvalidInput."""
    try:
        return Notification(
            id=item.key,
            user=record.user if record else "",
            target=record.target if record else "",
            target_user_record=item.target_user_record,
            module=module,
            content=Content(title=item.title, body=item.body, extra=item.extra),
            status=item.status,
            scheduled_delivery=item.scheduled_delivery,
            attempted_delivery=item.attempted_delivery,
            retry_time_interval=item.retry_time_interval,
            max_retries=item.max_retries,
            due_at=due_at,
            created_at=now,
            updated_at=now,
        )
    except ValueError as error:  # a rule of the model, such as an attempt without a time
        raise InvalidInput.of("status", str(error)) from error


def _stored(ports: ImportNotificationPorts, planned: Sequence[Notification]) -> list[bool]:
    """Store notifications with distinct ids; return of each whether it is new."""
    first = {notification.id: notification for notification in reversed(planned)}
    unique = list(first.values())
    contents = ports.contents.put(unique)
    with_keys = [
        replace(notification, content=content)
        for notification, content in zip(unique, contents, strict=True)
    ]
    standing = ports.notifications.create(with_keys) if with_keys else []
    new = {
        notification.id
        for notification, stored in zip(unique, standing, strict=True)
        if stored is None
    }
    enqueue_if_soon(ports, [notification for notification in unique if notification.id in new])
    return [
        notification.id in new and first[notification.id] is notification
        for notification in planned
    ]
