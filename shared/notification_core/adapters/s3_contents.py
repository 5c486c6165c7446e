"""Large contents in S3, so that a body is charged once and not at each status write.

A small content stays in the notification's item, because an item under 1 KB costs the same with it.
`docs/decisions/` contains the calculation.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError

from notification_core.adapters.parallel import in_parallel
from notification_core.domain.content import Content
from notification_core.domain.notification import Notification
from notification_core.domain.schedule import last_attempt

#: Bytes of title, body, extra and data that leave room for the rest of an item under 1 KB.
INLINE_BYTES = 300

#: The prefixes in the bucket's lifecycle rules, and the time span of the first one.
SOON, LATER = "soon", "later"
SOON_IS = timedelta(days=30)

#: How much longer than a finished notification an object is kept, as in the template.
SPARE = {SOON: timedelta(days=40), LATER: timedelta(days=410)}
#: The largest delay of an expiry (Amazon DynamoDB Developer Guide, "Time to Live": within days).
LATE = timedelta(days=5)

PARALLEL = 16


class S3Contents:
    """A ContentStore.

    Args:
        client: creates a botocore S3 client; called for the first large content.
        bucket: the bucket's name.
    """

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, notifications: Sequence[Notification]) -> list[Content]:
        large = {
            place: notification
            for place, notification in enumerate(notifications)
            if is_large(notification.content)
        }
        kept = dict(zip(large, in_parallel(self._put, list(large.values()), PARALLEL), strict=True))
        return [
            kept.get(place, notification.content)
            for place, notification in enumerate(notifications)
        ]

    def _put(self, notification: Notification) -> Content:
        content = notification.content
        last = last_attempt(
            max(notification.scheduled_delivery, notification.due_at or notification.created_at),
            notification.retry_time_interval,
            notification.max_retries,
        )
        # From the creation, because `kept_until` counts from it too.
        soon = last - notification.stored_at <= SOON_IS
        folder = _folder(SOON if soon else LATER, notification.user)
        # A unique key, so that of two requests with the same idempotency key, the rejected request
        # does not overwrite the content of the accepted one.
        key = f"{folder}{notification.id}-{uuid4().hex[:8]}.json"
        fields = {"title": content.title, "body": content.body, "extra": content.extra}
        if content.template is not None:
            fields["data"] = content.template.data
        self._client().put_object(
            Bucket=self._bucket,
            Key=key,
            Body=json.dumps(fields).encode(),
            ContentType="application/json",
        )
        return moved_away(content, key)

    def load(self, contents: Sequence[Content]) -> list[Content | Exception]:
        away = [content for content in contents if content.key is not None]
        loaded = iter(in_parallel(self._get, away, PARALLEL))
        return [content if content.key is None else next(loaded) for content in contents]

    def _get(self, content: Content) -> Content | Exception:
        try:
            stored = self._client().get_object(Bucket=self._bucket, Key=content.key)
            return _read_back(content, json.loads(stored["Body"].read()))
        except ClientError as error:
            # Amazon S3 API Reference, GetObject: without s3:ListBucket it would be AccessDenied.
            missing = error.response["Error"]["Code"] == "NoSuchKey"
            return replace(content, lost=True) if missing else error
        except Exception as error:  # noqa: BLE001 - one failure must not affect other contents
            return error

    def delete_batch(self, user: str) -> int:
        for prefix in (SOON, LATER):
            listed = self._client().list_objects_v2(
                Bucket=self._bucket, Prefix=_folder(prefix, user)
            )
            keys = [{"Key": item["Key"]} for item in listed.get("Contents", ())]
            if keys:
                self._remove(keys)
                return len(keys)
        return 0

    def _remove(self, keys: list[dict[str, str]]) -> None:
        answer = self._client().delete_objects(
            Bucket=self._bucket, Delete={"Objects": keys, "Quiet": True}
        )
        failed = {error["Code"] for error in answer.get("Errors", ())}
        if failed:
            raise RuntimeError(f"contents could not be removed: {', '.join(sorted(failed))}")


def _folder(prefix: str, user: str) -> str:
    """Return the prefix of the keys of a user's contents.

    It also finds contents without a notification, which a request leaves behind if it ends between
    the two writes.
    """
    return f"{prefix}/{hashlib.sha256(user.encode()).hexdigest()[:32]}/"


def kept_until(content: Content, stored_at: datetime, retention: timedelta) -> datetime | None:
    """Return when a content in S3 may expire; None for a content that is not in S3."""
    if content.key is None:
        return None
    return stored_at + retention + SPARE[content.key.partition("/")[0]] - LATE


def moved_away(content: Content, key: str) -> Content:
    """Return what a notification's item holds of a content that is stored under a key."""
    use = content.template
    return Content(title="", body="", key=key, template=use and replace(use, data={}))


def _read_back(content: Content, fields: dict[str, Any]) -> Content:
    """Return a content with the fields of its object; an older object has no `data`."""
    use = content.template
    return Content(
        title=fields["title"],
        body=fields["body"],
        extra=fields["extra"],
        template=use and replace(use, data=fields.get("data", {})),
        key=content.key,
    )


def is_large(content: Content) -> bool:
    """Whether a content is stored in S3 and not in its notification's item."""
    return _size(content) > INLINE_BYTES


def _size(content: Content) -> int:
    extra = json.dumps(content.extra) if content.extra else ""
    data = compact_json(content.template.data) if content.template is not None else ""
    texts = (content.title, content.body, data)
    return sum(len(text.encode()) for text in texts) + len(extra)


def compact_json(data: Mapping[str, Any]) -> str:
    """Return data as an item holds it, with as few bytes as possible; "" for no data."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")) if data else ""
