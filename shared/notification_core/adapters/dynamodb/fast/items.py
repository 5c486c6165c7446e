"""Converts notifications to and from items. `models/notifications.py` defines the attributes.

The conversion does not use PynamoDB's models, because an instance takes four times as much CPU
time, and each delivery needs three.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from notification_content.sms_segments import Encoding, SmsSegments
from notification_core.adapters import former_names
from notification_core.adapters.dynamodb.fast.attributes import RawItem, plain
from notification_core.adapters.dynamodb.models.notifications import NotificationItem
from notification_core.adapters.s3_contents import compact_json, kept_until
from notification_core.domain.claim import Claim, Origin
from notification_core.domain.clock import from_epoch_ms, to_epoch_ms
from notification_core.domain.content import Content
from notification_core.domain.due import shard_of
from notification_core.domain.failures import LastError
from notification_core.domain.notification import Notification
from notification_core.domain.status import FAILED, Status
from notification_core.domain.template_use import LocaleChoice, LocaleSource, TemplateUse
from notification_core.domain.templates import TemplateRef
from notification_core.domain.timeline import EventKind, TimelineEvent

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
        "template": _use_text(use) if use else None,
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


def from_raw(raw: RawItem) -> Notification:
    """Convert an item to a notification."""
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
        sms=_sms(item["sms"]) if "sms" in item else None,
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
        last_error=LastError.stored(*json.loads(item["last_error"]))
        if "last_error" in item
        else None,
        origin=Origin(item["fingerprint"], tuple(get("sibling_records", "").split()))
        if "fingerprint" in item
        else None,
        timeline=_timeline(item, content.template),
        created_at=from_epoch_ms(int(item["created_at"])),
        updated_at=from_epoch_ms(int(item["updated_at"])),
    )


def _content(item: dict[str, Any]) -> Content:
    return Content(
        title=item.get("title", ""),
        body=item.get("body", ""),
        extra=json.loads(item["extra"]) if "extra" in item else {},
        template=_use(item["template"], item.get("data")) if "template" in item else None,
        key=item.get("content_key"),
    )


def _use_text(use: TemplateUse) -> str:
    """Serialise the use of a template compactly, without its data."""
    choice, mark = use.choice, "test" if use.test else ""
    wanted = choice.wanted or ""
    return f"{use.ref}|{choice.locale}|{choice.source}|{wanted}|{use.time_zone}|{mark}"


def _use(text: str, data: str | None) -> TemplateUse:
    ref, locale, source, wanted, time_zone, mark = text.split("|")
    return TemplateUse(
        ref=TemplateRef.of(ref),
        choice=LocaleChoice(locale, LocaleSource(source), wanted or None),
        data=json.loads(data) if data else {},
        time_zone=time_zone,
        test=bool(mark),
    )


def _sms_text(sms: SmsSegments) -> str:
    return f"{sms.encoding}|{sms.characters}|{sms.units}|{sms.segments}"


def _sms(text: str) -> SmsSegments:
    encoding, *numbers = text.split("|")
    characters, units, segments = map(int, numbers)
    return SmsSegments(
        encoding=Encoding(encoding), characters=characters, units=units, segments=segments
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
    kept = tuple(_event(text["S"]) for text in item["timeline"])
    if use is not None:
        kept = (replace(kept[0], detail=use.explanation + kept[0].detail), *kept[1:])
    if item["status"] != Status.SENDING.value:
        return kept
    return (*kept, TimelineEvent(from_epoch_ms(int(item["attempted_delivery"])), EventKind.CLAIMED))


def _event_text(event: TimelineEvent) -> str:
    """Serialise one timeline event compactly.

    Who did it is a part of the code's field, so that an earlier release can read the event.
    """
    code = _quoted(event.code) + (f"{BY}{_quoted(event.by)}" if event.by else "")
    return f"{to_epoch_ms(event.at)}|{event.event}|{code}|{event.detail}"


def _event(text: str) -> TimelineEvent:
    at, event, code, detail = text.split("|", 3)
    code, _, by = code.partition(BY)
    kind = former_names.EVENTS.get(event) or EventKind(event)
    return TimelineEvent(from_epoch_ms(int(at)), kind, detail, _unquoted(code), _unquoted(by))


#: Separates the code from who did it. Neither contains it, because their `%` are quoted.
BY = "%by:"


def _quoted(text: str) -> str:
    return text.replace("%", "%25").replace("|", "%7C")


def _unquoted(text: str) -> str:
    return text.replace("%7C", "|").replace("%25", "%")


def _error_text(error: LastError) -> str:
    return json.dumps([error.error_class, error.code, error.message])


#: How values other than strings and numbers are serialised, by type.
_WRITTEN: Mapping[type, Callable[[Any], Any]] = {
    datetime: to_epoch_ms,
    Status: lambda status: status.value,
    SmsSegments: _sms_text,
    LastError: _error_text,
    tuple: lambda events: [{"S": _event_text(event)} for event in events],
}


def _moment(epoch_ms: str | None) -> datetime | None:
    return None if epoch_ms is None else from_epoch_ms(int(epoch_ms))
