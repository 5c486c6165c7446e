"""The rows of django-notification-system as items of `POST /imports/batch`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Any

from notification_system.imports.rows import NOTIFICATION, OPT_OUT, RECORD, Row

#: The source of the items, from which their ids derive.
SOURCE = "django-notification-system"

#: The statuses of the ancestor in which a notification waits, and those in which it has ended.
WAITING = frozenset({"SCHEDULED", "RETRY"})
ENDED = frozenset({"DELIVERED", "DELIVERY FAILURE", "INACTIVE DEVICE", "OPTED OUT"})

#: Seconds between attempts that the system accepts.
LEAST_INTERVAL, MOST_INTERVAL = 60, 7 * 24 * 3600
#: Attempts that the system accepts.
MOST_RETRIES = 100


class Past(StrEnum):
    """What happens to a waiting notification whose time has passed."""

    SEND = "send"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Left:
    """A row that is not imported.

    Args:
        row: the row.
        field: the field that is the reason; empty if it is the row as a whole.
        reason: why, and what to do.
        is_invalid: whether the row has a fault; otherwise it is skipped on purpose.
    """

    row: Row
    field: str
    reason: str
    is_invalid: bool = True


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a request, with the row that it comes from.

    Args:
        row: the row.
        fields: the item as the API expects it.
        notes: what differs from the row, such as a limited number of attempts.
    """

    row: Row
    fields: Mapping[str, Any]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """Turns rows into items.

    Args:
        user_of: returns the system's id of a user by the ancestor's primary key; None if unknown.
        targets: the system's target by the ancestor's primary key of the target.
        records: the system's id of a record by the ancestor's primary key of the record.
        now: the time of the import.
        past: what happens to waiting notifications whose time has passed.
        history: whether ended notifications are imported.
        zone: of times that have none (`USE_TZ = False`).
    """

    user_of: Callable[[str], str | None]
    targets: Mapping[str, str]
    records: Mapping[str, str] = field(default_factory=dict)
    now: datetime
    past: Past = Past.SKIP
    history: bool = False
    zone: tzinfo = field(default=UTC)

    def item(self, row: Row) -> Item | Left:
        """Return the item of a row of a record, an opt-out or a notification."""
        convert = {
            RECORD: self._record,
            OPT_OUT: self._opt_out,
            NOTIFICATION: self._notification,
        }[row.model]
        if not row.key:
            return Left(row, "pk", "has no primary key. Dump without --natural-primary")
        try:
            return convert(row)
        except _InvalidField as error:
            return Left(row, error.field, error.reason)

    def _record(self, row: Row) -> Item | Left:
        target = self.targets.get(str(row.fields.get("target")))
        if target is None:
            reason = (
                "is a target that is not deployed. Deploy its handler, or pass --target OLD=NEW"
            )
            return Left(row, "target", reason)
        return Item(
            row,
            {
                "kind": "record",
                "key": row.key,
                "user": self._user(row),
                "target": target,
                "target_user_id": _text(row, "target_user_id"),
                "description": str(row.fields.get("description") or ""),
                "active": bool(row.fields.get("active", True)),
                "created_at": self._time(row, "created_date"),
            },
        )

    def _opt_out(self, row: Row) -> Item | Left:
        if not row.fields.get("active"):
            return Left(row, "active", "is not active, so the user has not opted out", False)
        at, notes = self._opted_out_at(row)
        fields = {"kind": "opt_out", "key": row.key, "user": self._user(row), "at": at}
        return Item(row, fields, notes)

    def _opted_out_at(self, row: Row) -> tuple[str, tuple[str, ...]]:
        """Return the time of an opt-out; a corrupt time is no reason to lose the opt-out."""
        for name in ("modified_date", "created_date"):
            try:
                at = self._time(row, name)
            except _InvalidField:
                continue
            if at is not None:
                return at, () if name == "modified_date" else (f"at becomes {name}",)
        return self.now.isoformat(), ("at becomes the time of the import",)

    def _notification(self, row: Row) -> Item | Left:
        status = str(row.fields.get("status", "")).replace("_", " ")
        if status in WAITING:
            return self._waiting(row, status)
        if status not in ENDED:
            raise _InvalidField("status", f"is {status!r}, which is not a status")
        if not self.history:
            return Left(row, "status", "has ended; --history imports it", False)
        fields = self._common(row, status) | {
            "attempted_delivery": self._time(row, "attempted_delivery")
            or self._time(row, "modified_date"),
            "retry_attempts": min(_number(row, "retry_attempts", 0), MOST_RETRIES),
            "max_retries": min(max(_number(row, "max_retries", 3), 1), MOST_RETRIES),
        }
        if status == "OPTED OUT" and not row.fields.get("attempted_delivery"):
            fields["attempted_delivery"] = None
        return Item(row, fields)

    def _waiting(self, row: Row, status: str) -> Item | Left:
        due = self._when(row, "scheduled_delivery")
        if due is None:
            raise _InvalidField("scheduled_delivery", "is missing")
        if due <= self.now and self.past is Past.SKIP:
            reason = "has passed; --past send sends it at once"
            return Left(row, "scheduled_delivery", reason, False)
        attempts, most = _number(row, "retry_attempts", 0), _number(row, "max_retries", 3)
        notes = []
        # The ancestor tries for ever if `max_retries` is 0, or less than the attempts so far.
        allowed = MOST_RETRIES if most == 0 else max(most, attempts + 1)
        if allowed != most or allowed > MOST_RETRIES:
            allowed = min(allowed, MOST_RETRIES)
            notes.append(f"max_retries {most} becomes {allowed}")
        minutes = _number(row, "retry_time_interval", 0)
        interval = min(max(minutes * 60, LEAST_INTERVAL), MOST_INTERVAL)
        if interval != minutes * 60:
            notes.append(f"retry_time_interval {minutes} minutes becomes {interval} seconds")
        fields = self._common(row, status) | {
            "attempted_delivery": self._time(row, "attempted_delivery"),
            "retry_time_interval": interval,
            "retry_attempts": min(attempts, allowed - 1),
            "max_retries": allowed,
        }
        return Item(row, fields, tuple(notes))

    def _common(self, row: Row, status: str) -> dict[str, Any]:
        extra = row.fields.get("extra")
        if isinstance(extra, str):
            raise _InvalidField("extra", "is a text, and not an object")
        return {
            "kind": "notification",
            "key": row.key,
            "target_user_record": self._record_of(row),
            "title": str(row.fields.get("title") or ""),
            "body": str(row.fields.get("body") or ""),
            "extra": extra or {},
            "status": status,
            "scheduled_delivery": self._time(row, "scheduled_delivery"),
            "created_at": self._time(row, "created_date"),
        }

    def _record_of(self, row: Row) -> str:
        key = _text(row, "target_user_record")
        if key not in self.records:
            raise _InvalidField("target_user_record", f"is {key}, which was not imported")
        return self.records[key]

    def _user(self, row: Row) -> str:
        value = row.fields.get("user")
        if value is None:
            raise _InvalidField("user", "is missing")
        if isinstance(value, list):
            # A name such as ["ann"] taken for an id would be another user, without the opt-out.
            raise _InvalidField("user", "has no primary key. Dump without --natural-foreign")
        user = self.user_of(str(value))
        if user is None:
            raise _InvalidField("user", f"is {value}, which the dump does not contain")
        return user

    def _time(self, row: Row, name: str) -> str | None:
        moment = self._when(row, name)
        return None if moment is None else moment.isoformat()

    def _when(self, row: Row, name: str) -> datetime | None:
        value = row.fields.get(name)
        if value is None:
            return None
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError:
            raise _InvalidField(name, f"is {value!r}, which is not a time") from None
        return (moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).astimezone(UTC)


class _InvalidField(Exception):
    """A field of a row has a value that cannot be imported."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name, reason)
        self.field, self.reason = name, reason


def _text(row: Row, name: str) -> str:
    value = row.fields.get(name)
    if value is None or not str(value).strip():
        raise _InvalidField(name, "is missing")
    return str(value)


def _number(row: Row, name: str, default: int) -> int:
    value = row.fields.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _InvalidField(name, f"is {value!r}, and not a whole number from 0 on")
    return value
