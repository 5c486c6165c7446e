"""Change a waiting notification: its times, content, category or attempts.

One conditional write decides, so the result is reliable. The due time names the turn of a
notification, so a wake-up for the old time claims nothing. A consumer reads the content after its
claim: it sends the old content or the new one, and never a mix of both.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from notification_core.domain.attempt_policy import is_opted_out
from notification_core.domain.clock import to_millisecond
from notification_core.domain.consent_scopes import check_category
from notification_core.domain.errors import InvalidInput, OptedOut, UnknownModule
from notification_core.domain.modules import Module
from notification_core.domain.notification import MAX_RETRIES, Notification
from notification_core.domain.schedule import check_change, check_end, last_attempt
from notification_core.domain.status import Status
from notification_core.domain.transitions import Conflict, Transition
from notification_core.ports import HasClock, HasNotifications, HasOptOuts
from notification_core.usecases.conflicts import retry_on_conflict
from notification_core.usecases.deployed import DeployedPorts, read_deployed
from notification_core.usecases.queries.listing import get_stored_notification
from notification_core.usecases.queries.texts import TextPorts, with_contents, with_texts
from notification_core.usecases.sending.cancel import TRIES
from notification_core.usecases.sending.changed_content import (
    Changes,
    ContentChangePorts,
    changed_content,
)
from notification_core.usecases.sending.enqueue import EnqueuePorts, enqueue_if_soon


class ChangePorts(
    ContentChangePorts,
    DeployedPorts,
    EnqueuePorts,
    TextPorts,
    HasClock,
    HasNotifications,
    HasOptOuts,
    Protocol,
):
    """The ports that these use cases need."""


class ChangeResult(StrEnum):
    """The result of a change."""

    CHANGED = "changed"  #: it will be sent as changed
    UNCHANGED = "unchanged"  #: it has these values already
    TOO_LATE = "too_late"  #: it is being sent, or was sent and is not confirmed
    ALREADY_FINAL = "already_final"  #: it had already ended


def change_notification(
    ports: ChangePorts, notification_id: str, changes: Changes
) -> tuple[ChangeResult, Notification]:
    """Change a notification that is still waiting. A field that is absent keeps its value.

    A past `scheduled_delivery` means now. In status RETRY, it moves the next attempt only. The
    version and the locale of a template stay pinned.

    Raises:
        NotFound: no notification has this id.
        InvalidInput: a value is not valid for this notification; the error names the field.
        OptedOut: the user has opted out of the notification as it is or as it would be.
        UnknownModule: its target is not deployed.
        Unavailable: it kept changing between the read and the write.
    """
    change = _Change(ports, notification_id, changes)
    result, notification = retry_on_conflict(change.attempt, TRIES)
    return result, with_texts(ports, [notification])[0]


class _Change:
    def __init__(self, ports: ChangePorts, notification_id: str, changes: Changes) -> None:
        self._ports, self._id, self._changes = ports, notification_id, changes
        #: The latest attempt, which may have been stored although its response was lost.
        self._attempted: Notification | None = None

    def attempt(self) -> tuple[ChangeResult, Notification]:
        """Read, decide and write. Raises Conflict: it changed in between."""
        current = get_stored_notification(self._ports, self._id)
        if self._attempted is not None and _has_become(current, self._attempted):
            return ChangeResult.CHANGED, current
        now = self._ports.clock()
        if current.is_final and not current.is_awaited(now):
            return ChangeResult.ALREADY_FINAL, current
        if not current.is_waiting:
            return ChangeResult.TOO_LATE, current
        module, target = self._deployed(current)
        changed = self._changed(current, module, target, now)
        if changed is None:
            return ChangeResult.UNCHANGED, current
        opt_out = self._ports.opt_outs.get({current.user}).get(current.user)
        # Of the old category too: another one must not bring back what the user has refused.
        if any(is_opted_out(opt_out, state, module) for state in (current, changed)):
            raise OptedOut
        self._write(current, self._with_stored_content(current, changed), module)
        return ChangeResult.CHANGED, changed

    def _deployed(self, current: Notification) -> tuple[Module, str]:
        """Return the module, and the target's name for errors."""
        targets, modules = read_deployed(self._ports, {current.target})
        module = modules.get(current.module)
        if module is None:
            raise UnknownModule
        target = targets.get(current.target)
        return module, current.target if target is None else target.name

    def _changed(
        self, current: Notification, module: Module, target: str, now: datetime
    ) -> Notification | None:
        """Return the notification as it would be, with its content loaded; None if it is equal."""
        values = dict(_new_values(current, self._changes, now))
        names = [_name(current, field) for field in values if field != "due_at"]
        category = values.get("category", current.category)
        _check_values(current, values, now)
        placed = changed_content(self._ports, current, self._changes, category, module, target)
        if placed is not None:
            names += placed.names
            values |= {"content": placed.content, "sms": placed.sms}
        if "due_at" in values and current.status is Status.RETRY:
            values.pop("scheduled_delivery")
        return current.changed(now, sorted(names), **values) if names else None

    def _with_stored_content(self, current: Notification, changed: Notification) -> Notification:
        """Store a new large content, or the old one again if it would expire too early."""
        if changed.content is current.content:
            if current.content.key is None or _last(changed) <= _last(current):
                return changed
            [changed] = with_contents(self._ports, [changed])
            if changed.content.lost:
                return replace(changed, content=current.content)
        [stored] = self._ports.contents.put([changed])
        return replace(changed, content=stored)

    def _write(self, current: Notification, changed: Notification, module: Module) -> None:
        self._attempted = changed
        if self._ports.notifications.advance([Transition(current, changed)]) != [True]:
            raise Conflict
        if changed.due_at != current.due_at:
            enqueue_if_soon(self._ports, [changed], module)


def _new_values(
    current: Notification, changes: Changes, now: datetime
) -> Iterator[tuple[str, Any]]:
    """Yield the attributes apart from the content that get another value."""
    if (wanted := changes.get("scheduled_delivery")) is not None and current.due_at is not None:
        due_at = max(to_millisecond(wanted), to_millisecond(now))
        # A notification that is due already is not moved to a later now.
        if due_at != current.due_at and (wanted > now or current.due_at > now):
            yield "scheduled_delivery", due_at
            yield "due_at", due_at
    for name in ("deliver_before", "category", "max_retries"):
        if name in changes and changes[name] != getattr(current, name):
            yield name, changes[name]


def _name(current: Notification, field: str) -> str:
    """Return the name of a changed field in the timeline."""
    moves_attempt = field == "scheduled_delivery" and current.status is Status.RETRY
    return "next_attempt" if moves_attempt else field


def _check_values(current: Notification, values: dict[str, Any], now: datetime) -> None:
    """Check the new values against each other and against those that stay.

    Raises:
        InvalidInput: it names the field.
    """
    due_at = values.get("due_at", current.due_at) or now
    allowed = values.get("max_retries", current.max_retries)
    if (category := values.get("category")) is not None:
        check_category(category)
    if "max_retries" in values and not current.retry_attempts < allowed <= MAX_RETRIES:
        least, failed = current.retry_attempts + 1, current.retry_attempts
        because = f", because {failed} have failed" if failed else ""
        message = f"must be {least} to {MAX_RETRIES}{because}"
        raise InvalidInput.of("max_retries", message)
    if "due_at" in values or allowed > current.max_retries:
        check_change(
            now=now,
            created_at=current.created_at,
            due_at=due_at,
            interval=current.retry_time_interval,
            attempts=allowed - current.retry_attempts,
        )
    if "due_at" in values or "deliver_before" in values:
        deliver_before = values.get("deliver_before", current.deliver_before)
        check_end(now=now, due_at=due_at, deliver_before=deliver_before)


def _last(notification: Notification) -> datetime:
    """Return when the last attempt may come, for which the content must be stored."""
    start = max(notification.scheduled_delivery, notification.due_at or notification.created_at)
    return last_attempt(start, notification.retry_time_interval, notification.max_retries)


def _has_become(current: Notification, changed: Notification) -> bool:
    """Whether a change was stored although the store could not say so.

    A consumer may have claimed the notification since.
    """
    same_times = (current.scheduled_delivery, current.deliver_before) == (
        changed.scheduled_delivery,
        changed.deliver_before,
    )
    same_rest = (current.content, current.category, current.max_retries) == (
        changed.content,
        changed.category,
        changed.max_retries,
    )
    return same_times and same_rest and changed.timeline[-1] in current.timeline
