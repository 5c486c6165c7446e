"""The results of the client's methods: frozen dataclasses, with times as aware datetimes in UTC.

Fields have the API's names and meanings, which docs/api.md describes. Fields that a newer
deployment adds are ignored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from notification_system.enums import (
    CancelResult,
    ChangeResult,
    Confirmation,
    ConsentSource,
    JobKind,
    JobState,
    PausedBy,
    Status,
    TargetState,
)
from notification_system.errors import ApiError

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A page of a listing. It may be short or empty although `next` leads to another page."""

    items: tuple[Item, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """The reason why a target sends nothing."""

    by: PausedBy
    reason: str
    code: str
    docs_url: str | None = None
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A NotificationTarget."""

    id: str
    name: str
    notification_module_name: str
    state: TargetState
    pause: Pause | None = None
    mandatory_categories: tuple[str, ...] = ()
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Deactivation:
    """Why and when a provider's response deactivated an address."""

    reason: str
    code: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetUserRecord:
    """An address of a user in a target."""

    id: str
    user: str
    target: str
    target_user_id: str
    description: str
    active: bool
    deactivation: Deactivation | None = None
    strikes: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEvent:
    """One entry of a notification's timeline."""

    at: datetime
    event: str
    detail: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LastError:
    """Why the latest attempt failed."""

    error_class: str = field(metadata={"name": "class"})
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sms:
    """What a text takes as an SMS: the sender pays for each segment."""

    encoding: str
    """GSM-7 or UCS-2."""
    segments: int
    units: int
    """Septets in GSM-7, 16-bit units in UCS-2."""
    characters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationSummary:
    """A notification in short form, as the API returns it in responses that would be too large."""

    id: str
    user: str
    target: str
    target_user_record: str
    status: Status
    scheduled_delivery: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification(NotificationSummary):
    """A notification with its content and its timeline.

    `title`, `body` and `extra` are None if a large content has been removed from its bucket, or a
    template cannot be rendered; `content_error` says why. The title is empty in channels without
    titles, and `sms` is None in other channels than `sms`.
    """

    title: str | None = None
    body: str | None = None
    extra: Mapping[str, Any] | None = None
    sms: Sms | None = None
    content_error: str | None = None
    template: str | None = None
    locale: str | None = None
    data: Mapping[str, Any] | None = None
    category: str | None = None
    reference: str | None = None
    deliver_before: datetime | None = None
    attempted_delivery: datetime | None = None
    next_attempt: datetime | None = None
    max_retries: int
    retry_attempts: int
    retry_time_interval: int
    provider_message_id: str | None = None
    confirmation: Confirmation | None = None
    last_error: LastError | None = None
    timeline: tuple[TimelineEvent, ...]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """The result of a cancellation, and the notification after it."""

    result: CancelResult
    notification: Notification


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The result of a change, and the notification after it."""

    result: ChangeResult
    notification: Notification


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision about a notification. `at` is None for the current state."""

    at: datetime | None = None
    topic: str
    message: str
    code: str
    docs_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The decisions about a notification, in order, and the next step to get it sent."""

    id: str
    status: Status
    address: str | None = None
    decisions: tuple[Decision, ...]
    next_step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOutEntry:
    """One entry of a user's consent ledger, and its evidence."""

    scope: str
    active: bool
    at: datetime
    source: ConsentSource
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """A NotificationOptOut: the user's opt-outs of everything, of targets and of categories.

    `opted_out` is the number of notifications that the request ended; None if it was only read.
    """

    user: str
    active: bool
    everything: bool
    targets: tuple[str, ...]
    categories: tuple[str, ...]
    entries: tuple[OptOutEntry, ...]
    created_at: datetime
    updated_at: datetime
    opted_out: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A background job."""

    id: str
    kind: JobKind
    state: JobState
    dry_run: bool
    counts: Mapping[str, int]
    error: str | None = None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogEntry:
    """The backlog of one module. The queue's numbers count messages and are approximate."""

    module: str
    targets: tuple[str, ...]
    state: TargetState
    queued: int | None = None
    in_flight: int | None = None
    dead_letters: int | None = None
    overdue: int
    overdue_at_least: bool
    oldest_due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSettings:
    """The language and the time zone of a user's notifications; None if not set."""

    user: str
    locale: str | None = None
    time_zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPage:
    """A page of a user's stored data. Records, opt-out and settings are on the first page."""

    user: str
    records: tuple[TargetUserRecord, ...]
    opt_out: OptOut | None = None
    settings: UserSettings | None = None
    notifications: tuple[Notification, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class RecordResult:
    """The result of one item of `add_records`: the address, or the error.

    `existed` says that the user had the address already; the stored record is unchanged.
    """

    record: TargetUserRecord | None = None
    existed: bool = False
    error: ApiError | None = None


@dataclass(frozen=True, slots=True)
class SendResult:
    """The result of one item of `send_many`: notifications, or the error.

    `repeated` says that an earlier request with the item's idempotency key created them.
    """

    notifications: tuple[NotificationSummary, ...] = ()
    error: ApiError | None = None
    repeated: bool = False
