"""Between a Notification and its item."""

import json
from datetime import datetime, timedelta
from typing import Any

from notifications.adapters.dynamodb.tables import NotificationItem
from notifications.domain.clock import from_epoch_ms, to_epoch_ms
from notifications.domain.content import Content
from notifications.domain.due import shard_of
from notifications.domain.notification import CLAIMED, Claim, Event, LastError, Notification, Origin
from notifications.domain.status import Status

#: One item as DynamoDB's API has it: {"id": {"S": "..."}, ...}.
RawItem = dict[str, dict[str, Any]]


def to_raw(notification: Notification, *, due_shards: int, retention: timedelta) -> RawItem:
    """Turn a notification into an item; what is None is absent."""
    due_at = notification.due_at
    item = NotificationItem(
        **_unchanging(notification),
        status=notification.status.value,
        attempted_delivery=_ms(notification.attempted_delivery),
        retry_attempts=notification.retry_attempts,
        due_shard=shard_of(notification.module, notification.id, due_shards) if due_at else None,
        due_at=_ms(due_at),
        provider_message_id=notification.provider_message_id,
        timeline=[_event_text(each) for each in _kept(notification)],
        updated_at=_ms(notification.updated_at),
    )
    if notification.claim is not None:
        item.token = notification.claim.token
        item.lease_until = _ms(notification.claim.lease_until)
    if notification.last_error is not None:
        error = notification.last_error
        item.last_error = json.dumps([error.blame, error.code, error.message])
    if notification.is_final:
        item.expires_at = int((notification.updated_at + retention).timestamp())
    return item.serialize(null_check=False)


def _unchanging(notification: Notification) -> dict[str, Any]:
    """Everything that no transition touches."""
    content, origin = notification.content, notification.origin
    inline = content.key is None
    return {
        "id": notification.id,
        "user": notification.user,
        "target": notification.target,
        "target_user_record": notification.target_user_record,
        "module": notification.module,
        "title": content.title if inline else None,
        "body": content.body if inline else None,
        "extra": json.dumps(content.extra) if inline and content.extra else None,
        "content_key": content.key,
        "scheduled_delivery": _ms(notification.scheduled_delivery),
        "deliver_before": _ms(notification.deliver_before),
        "retry_time_interval": notification.retry_time_interval,
        "max_retries": notification.max_retries,
        "fingerprint": origin.fingerprint if origin else None,
        "siblings": origin.siblings if origin else None,
        "created_at": _ms(notification.created_at),
    }


def from_raw(raw: RawItem) -> Notification:
    """Turn an item into the notification it holds."""
    return from_item(NotificationItem.from_raw_data(raw))


def from_item(item: NotificationItem) -> Notification:
    """Turn a PynamoDB item into the notification it holds."""
    return Notification(
        id=item.id,
        user=item.user,
        target=item.target,
        target_user_record=item.target_user_record,
        module=item.module,
        content=_content(item),
        status=Status(item.status),
        scheduled_delivery=from_epoch_ms(item.scheduled_delivery),
        attempted_delivery=_moment(item.attempted_delivery),
        deliver_before=_moment(item.deliver_before),
        retry_time_interval=int(item.retry_time_interval),
        retry_attempts=int(item.retry_attempts),
        max_retries=int(item.max_retries),
        due_at=_moment(item.due_at),
        claim=Claim(item.token, from_epoch_ms(item.lease_until)) if item.token else None,
        provider_message_id=item.provider_message_id,
        last_error=LastError(*json.loads(item.last_error)) if item.last_error else None,
        origin=Origin(item.fingerprint, int(item.siblings)) if item.fingerprint else None,
        timeline=_timeline(item),
        created_at=from_epoch_ms(item.created_at),
        updated_at=from_epoch_ms(item.updated_at),
    )


def _content(item: NotificationItem) -> Content:
    extra = json.loads(item.extra) if item.extra else {}
    return Content(title=item.title or "", body=item.body or "", extra=extra, key=item.content_key)


def _kept(notification: Notification) -> tuple[Event, ...]:
    """A claim is its own timeline entry: a blind write cannot append to what it has not read."""
    claimed = notification.status is Status.SENDING
    return notification.timeline[:-1] if claimed else notification.timeline


def _timeline(item: NotificationItem) -> tuple[Event, ...]:
    kept = tuple(_event(each) for each in item.timeline)
    if item.status != Status.SENDING.value:
        return kept
    return (*kept, Event(from_epoch_ms(item.attempted_delivery), CLAIMED))


def _event_text(event: Event) -> str:
    return f"{to_epoch_ms(event.at)}|{event.event}|{event.detail}"


def _event(text: str) -> Event:
    at, event, detail = text.split("|", 2)
    return Event(from_epoch_ms(int(at)), event, detail)


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else to_epoch_ms(moment)


def _moment(epoch_ms: float | None) -> datetime | None:
    return None if epoch_ms is None else from_epoch_ms(int(epoch_ms))
