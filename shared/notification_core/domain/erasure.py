"""The suppression entries that remain of an erased person, and the waits of an erasure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from notification_core.domain.consent import ConsentSource, OptOut
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.timing import CONSUMER_TIME_LIMIT, LEAD


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionEntry:
    """The opt-out of an erased person, under a keyed hash of the user's id or of an address."""

    hash: str
    scopes: frozenset[str]
    evidence: str  #: the id of the erasure's job, or of the notification whose link was clicked
    at: datetime


@dataclass(frozen=True, slots=True)
class SuppressionUpdate:
    """The changes to the suppression entries of one user id or address."""

    kept: SuppressionEntry | None  #: to be stored
    ended: list[SuppressionEntry]  #: to be removed: the person has returned and opted in


def suppression_update(
    hash_: str,
    standing: Iterable[SuppressionEntry],
    opt_out: OptOut,
    evidence: str,
    now: datetime,
) -> SuppressionUpdate:
    """Decide which opt-out of an erased person is stored under one hash.

    `standing` are the suppression entries of an earlier erasure, of this person or of another one
    who had the same address. Entries that this user's ledger has taken over are removed, because
    the ledger decides about them; the others still apply.
    """
    taken_over = {
        entry.evidence
        for entry in opt_out.entries
        if entry.source is ConsentSource.SUPPRESSION_LIST
    }
    ended = [entry for entry in standing if entry.evidence in taken_over]
    others = [entry.scopes for entry in standing if entry.evidence not in taken_over]
    scopes = opt_out.own_scopes.union(*others)
    if not opt_out.own_scopes:
        return SuppressionUpdate(None, ended)  # the entries of other persons stay unchanged
    kept = SuppressionEntry(hash=hash_, scopes=scopes, evidence=evidence, at=now)
    return SuppressionUpdate(kept, [entry for entry in ended if entry.hash != hash_])


def in_progress(notification: Notification, began: datetime, now: datetime) -> bool:
    """Whether a consumer may be processing a notification and may still write data of its user.

    `began` is the time from which the erasure prevents new notifications.
    """
    if notification.status is Status.SENDING:
        return not notification.lease_lapsed(now)
    due_at = notification.due_at if notification.status is Status.SENT else None
    was_polled = due_at is not None and due_at <= began + LEAD
    return was_polled and now < began + CONSUMER_TIME_LIMIT


def may_be_polled(notification: Notification) -> bool:
    """Whether a poll may name the notification, so that a consumer may process it at any time."""
    return notification.status is Status.SENT and notification.awaited_until is not None


def released_at(notification: Notification, began: datetime) -> datetime:
    """Return the latest time at which a notification can still be `in_progress`."""
    claim = notification.claim if notification.status is Status.SENDING else None
    return claim.lease_until if claim is not None else began + CONSUMER_TIME_LIMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureParameters:
    """Whose data an erasure's job removes. Jobs store this field."""

    user: str  #: the keyed hash of the user's id


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureCursor:
    """The progress of an erasure. It is the only part of the job that contains the user id."""

    user: str
    stage: str
    after: str | None = None  #: where the next page of notifications begins
    clean: bool = True  #: whether this pass has found no data yet
    closed_at: int | None = None  #: epoch ms: when no address was left to write to
    held_until: int = 0  #: epoch ms: when the notifications in progress in this pass are released
    asked_until: int = 0  #: epoch ms: when removed notifications are no longer polled

    def moved(self, stage: str, *, found_data: bool = False, after: str | None = None) -> Self:
        """Continue with a stage, or with the next page of the current stage."""
        return replace(self, stage=stage, after=after, clean=self.clean and not found_data)
