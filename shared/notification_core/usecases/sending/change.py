"""Change a waiting notification: its times, content, category or attempts.

One conditional write decides, so the result is reliable. The due time names the turn of a
notification, so a wake-up for the old time claims nothing. A consumer reads the content after its
claim: it sends the old content or the new one, and never a mix of both.
"""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from notification_core.domain.attempt_policy import is_opted_out
from notification_core.domain.errors import BeingErased, OptedOut, UnknownModule
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.schedule import last_attempt
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
from notification_core.usecases.sending.changed_values import check_values, name_of, new_values
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
    ports: ChangePorts, notification_id: str, changes: Changes, by: str = ""
) -> tuple[ChangeResult, Notification]:
    """Change a notification that is still waiting. A field that is absent keeps its value.

    A past `scheduled_delivery` means now. In status RETRY, it moves the next attempt only. The
    version and the locale of a template stay pinned. `by` is who changes it
    (`domain/attribution.py`).

    Raises:
        NotFound: no notification has this id.
        InvalidInput: a value is not valid for this notification; the error names the field.
        OptedOut: the user has opted out of the notification as it is or as it would be.
        BeingErased: the user is being erased.
        UnknownModule: its target is not deployed.
        Unavailable: it kept changing between the read and the write.
    """
    change = _Change(ports, notification_id, changes, by)
    result, notification = retry_on_conflict(change.attempt, TRIES)
    return result, with_texts(ports, [notification])[0]


class _Change:
    def __init__(self, ports: ChangePorts, notification_id: str, changes: Changes, by: str) -> None:
        self._ports, self._id, self._changes, self._by = ports, notification_id, changes, by
        #: The latest attempt, which may have been stored although its response was lost.
        self._attempted: Notification | None = None
        self._moved_in: Module | None = None  #: its module, if that attempt moves it

    def attempt(self) -> tuple[ChangeResult, Notification]:
        """Read, decide and write. Raises Conflict: it changed in between."""
        current = get_stored_notification(self._ports, self._id)
        if self._attempted is not None and _has_become(current, self._attempted):
            self._enqueue(current)
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
        self._check_consent(current, changed, module)
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
        values = dict(new_values(current, self._changes, now))
        names = [name_of(current, field) for field in values if field != "due_at"]
        category = values.get("category", current.category)
        check_values(current, values, now)
        placed = changed_content(self._ports, current, self._changes, category, module, target)
        if placed is not None:
            names += placed.names
            values |= {"content": placed.content, "sms": placed.sms}
        if "due_at" in values and current.status is Status.RETRY:
            values.pop("scheduled_delivery")
        return current.changed(now, sorted(names), self._by, **values) if names else None

    def _check_consent(self, current: Notification, changed: Notification, module: Module) -> None:
        opt_out = self._ports.opt_outs.get({current.user}).get(current.user)
        # Of the old category too: another one must not bring back what the user has refused.
        if any(is_opted_out(opt_out, state, module) for state in (current, changed)):
            raise OptedOut
        if opt_out is not None and opt_out.is_being_erased:
            # A new content in the bucket could remain after the erasure.
            raise BeingErased("the user is being erased, and this notification with it")

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
        self._attempted, self._moved_in = changed, None
        if changed.due_at != current.due_at:
            self._moved_in = module
        if self._ports.notifications.advance([Transition(current, changed)]) != [True]:
            raise Conflict
        self._enqueue(changed)

    def _enqueue(self, changed: Notification) -> None:
        """Enqueue a notification for its new time, if that is soon and no consumer was first."""
        if self._moved_in is not None and changed.is_waiting:
            enqueue_if_soon(self._ports, [changed], self._moved_in)


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
