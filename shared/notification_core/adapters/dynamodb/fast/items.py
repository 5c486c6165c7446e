"""Converts notifications to and from items. `models/notifications.py` defines the attributes.

The conversion does not use PynamoDB's models, because an instance takes four times as much CPU
time, and each delivery needs three.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from notification_content.sms_segments import SmsSegments
from notification_core.adapters.dynamodb.fast.attributes import RawItem, plain
from notification_core.adapters.dynamodb.fast.compact_texts import (
    error_text,
    event_of,
    event_text,
    sms_of,
    sms_text,
    use_of,
    use_text,
)
from notification_core.adapters.dynamodb.models.notifications import NotificationItem
from notification_core.adapters.s3_contents import compact_json, kept_until
from notification_core.domain.claim import Claim, Origin
from notification_core.domain.clock import from_epoch_ms, to_epoch_ms
from notification_core.domain.content import Content
from notification_core.domain.due import shard_of
from notification_core.domain.failed_notification import FailedNotification
from notification_core.domain.failures import LastError
from notification_core.domain.notification import Notification
from notification_core.domain.status import FAILED, Status
from notification_core.domain.template_use import TemplateUse
from notification_core.domain.timeline import EventKind, TimelineEvent

#: The stored names of the statuses that this version knows.
_STATUSES = frozenset(status.value for status in Status)

#: DynamoDB's type of each attribute.
TYPES = {
    attribute.attr_name: attribute.attr_type
    for attribute in NotificationItem.get_attributes().values()
}


def to_raw(notification: Notification, *, due_shards: int, retention: timedelta) -> RawItem:
    """Convert a notification to an item; attributes that are None are absent."""
    values = changing(notification, due_shards=due_shards, retention=retention)
    return typed(decided(notification) | values)


def changing(
    notification: Notification, *, due_shards: int, retention: timedelta
) -> dict[str, Any]:
    """Return the attributes that transitions may change; attributes that are None are absent.

    A transition compares two notifications this way, and converts only the differences to an
    item's values.
    """
    claim, due_at = notification.claim, notification.due_at
    shard = shard_of(notification.module, notification.id, due_shards)
    return {
        "status": notification.status,
        "attempted_delivery": notification.attempted_delivery,
        "retry_attempts": notification.retry_attempts,
        "due_shard": None if due_at is None else shard,
        "due_at": due_at,
        "awaited_until": notification.awaited_until,
        "failed_shard": shard if _is_listed_as_failed(notification) else None,
        "max_retries": notification.max_retries,
        "provider_message_id": notification.provider_message_id,
        "timeline": _kept(notification),
        "updated_at": notification.updated_at,
        "token": claim.token if claim else None,
        "lease_until": claim.lease_until if claim else None,
        "last_error": notification.last_error,
        "expires_at": _expiry(notification, retention) if notification.is_final else None,
    }


def _is_listed_as_failed(notification: Notification) -> bool:
    """Whether it is among the failed notifications, from which a filter selects for a retry."""
    return notification.status in FAILED and not notification.is_imported_history


def _expiry(notification: Notification, retention: timedelta) -> int:
    """Return when the item expires, in epoch seconds.

    The item never outlives its content, because a late redrive does not extend the life of the
    content. Otherwise the retention starts at the end of the last wait for a confirmation.
    """
    content, stored_at = notification.content, notification.stored_at
    ended_at = max(notification.updated_at, notification.awaited_until or notification.updated_at)
    expiry = ended_at + retention
    return int(min(expiry, kept_until(content, stored_at, retention) or expiry).timestamp())


def decided(notification: Notification) -> dict[str, Any]:
    """Return the attributes that are set at creation; only a caller's change alters some of them.

    Attributes that are None are absent.
    """
    content, origin = notification.content, notification.origin
    inline, use = content.key is None, content.template
    return {
        "id": notification.id,
        "user": notification.user,
        "target": notification.target,
        "target_user_record": notification.target_user_record,
        "module": notification.module,
        "category": notification.category,
        "reference": notification.reference,
        "title": content.title if inline and use is None else None,
        "body": content.body if inline and use is None else None,
        "extra": json.dumps(content.extra) if inline and content.extra else None,
        "content_key": content.key,
        "template": use_text(use) if use else None,
        "data": compact_json(use.data) or None if inline and use else None,
        "sms": notification.sms,
        "scheduled_delivery": notification.scheduled_delivery,
        "deliver_before": notification.deliver_before,
        "retry_time_interval": notification.retry_time_interval,
        "fingerprint": origin.fingerprint if origin else None,
        "sibling_records": " ".join(origin.sibling_records) or None if origin else None,
        "created_at": notification.created_at,
    }


def typed(values: Mapping[str, Any]) -> RawItem:
    """Convert values to those of an item, with DynamoDB's types; None values are absent."""
    return {
        name: _attribute(TYPES[name], value) for name, value in values.items() if value is not None
    }


def _attribute(kind: str, value: Any) -> dict[str, Any]:
    write = _WRITTEN.get(type(value))
    written = value if write is None else write(value)
    return {kind: str(written) if kind == "N" else written}


def is_notification(item: RawItem) -> bool:
    """Whether an item of the notifications table is a notification that this version can read.

    The table also holds polls. A newer version, before a rollback, may have stored other kinds of
    items, and notifications with other statuses.
    """
    return "timeline" in item and item.get("status", {}).get("S") in _STATUSES


def from_raw(raw: RawItem) -> Notification:
    """Convert an item to a notification. Attributes that only a newer version knows are ignored."""
    item = plain(raw)
    get, content = item.get, _content(item)
    return Notification(
        id=item["id"],
        user=item["user"],
        target=item["target"],
        target_user_record=item["target_user_record"],
        module=item["module"],
        category=get("category"),
        reference=get("reference"),
        content=content,
        sms=sms_of(item["sms"]) if "sms" in item else None,
        status=Status(item["status"]),
        scheduled_delivery=from_epoch_ms(int(item["scheduled_delivery"])),
        attempted_delivery=_moment(get("attempted_delivery")),
        deliver_before=_moment(get("deliver_before")),
        retry_time_interval=int(item["retry_time_interval"]),
        retry_attempts=int(item["retry_attempts"]),
        max_retries=int(item["max_retries"]),
        due_at=_moment(get("due_at")),
        awaited_until=_moment(get("awaited_until")),
        claim=Claim(item["token"], from_epoch_ms(int(item["lease_until"])))
        if "token" in item
        else None,
        provider_message_id=get("provider_message_id"),
        last_error=LastError.stored(*json.loads(item["last_error"])[:3])
        if "last_error" in item
        else None,
        origin=Origin(item["fingerprint"], tuple(get("sibling_records", "").split()))
        if "fingerprint" in item
        else None,
        timeline=_timeline(item, content.template),
        created_at=from_epoch_ms(int(item["created_at"])),
        updated_at=from_epoch_ms(int(item["updated_at"])),
    )


#: The attributes that a list of failures needs. A whole item is six times as large.
OF_FAILURE = ("id", "user", "target", "module", "status", "last_error")


def is_failed(raw: RawItem) -> bool:
    """Whether an item is of a failed notification. A poll has no status."""
    return raw.get("status", {}).get("S") in FAILED


def failed_from_raw(raw: RawItem) -> FailedNotification | None:
    """Convert the attributes `OF_FAILURE` of an item; None if it has no error."""
    if "last_error" not in raw:
        return None
    _, code, message = json.loads(raw["last_error"]["S"])[:3]
    return FailedNotification(
        id=raw["id"]["S"],
        user=raw["user"]["S"],
        target=raw["target"]["S"],
        module=raw["module"]["S"],
        status=Status(raw["status"]["S"]),
        code=code,
        message=message,
    )


def _content(item: dict[str, Any]) -> Content:
    return Content(
        title=item.get("title", ""),
        body=item.get("body", ""),
        extra=json.loads(item["extra"]) if "extra" in item else {},
        template=use_of(item["template"], item.get("data")) if "template" in item else None,
        key=item.get("content_key"),
    )


def _kept(notification: Notification) -> tuple[TimelineEvent, ...]:
    """Return the stored timeline, without the event of the current claim.

    A claim writes without reading, so it cannot append to the timeline. Its own attributes take the
    place of the event.
    """
    claimed = notification.status is Status.SENDING
    kept = notification.timeline[:-1] if claimed else notification.timeline
    use = notification.content.template
    # The explanation is not stored but derived, so that the item stays under 1 KB.
    if use is None:
        return kept
    first = replace(kept[0], detail=kept[0].detail.removeprefix(use.explanation))
    return (first, *kept[1:])


def _timeline(item: dict[str, Any], use: TemplateUse | None) -> tuple[TimelineEvent, ...]:
    events = [event_of(text["S"]) for text in item["timeline"]]
    # The next change of the notification drops the events that only a newer version knows.
    kept = tuple(event for event in events if event is not None)
    if use is not None:
        kept = (replace(kept[0], detail=use.explanation + kept[0].detail), *kept[1:])
    if item["status"] != Status.SENDING.value:
        return kept
    return (*kept, TimelineEvent(from_epoch_ms(int(item["attempted_delivery"])), EventKind.CLAIMED))


#: How values other than strings and numbers are serialised, by type.
_WRITTEN: Mapping[type, Callable[[Any], Any]] = {
    datetime: to_epoch_ms,
    Status: lambda status: status.value,
    SmsSegments: sms_text,
    LastError: error_text,
    tuple: lambda events: [{"S": event_text(event)} for event in events],
}


def _moment(epoch_ms: str | None) -> datetime | None:
    return None if epoch_ms is None else from_epoch_ms(int(epoch_ms))
