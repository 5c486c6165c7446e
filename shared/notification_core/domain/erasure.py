"""What remains of a person who was erased, and what an erasure has to wait for."""

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
    """That an erased person had said no, under a keyed hash of the user's id or of an address."""

    hash: str
    scopes: frozenset[str]
    evidence: str  #: the erasure's job, or the notification whose link was clicked
    at: datetime


@dataclass(frozen=True, slots=True)
class SuppressionUpdate:
    """What becomes of the tombstones of one text."""

    kept: SuppressionEntry | None  #: to be stored
    ended: list[SuppressionEntry]  #: to be removed: the person has come back and said yes


def suppression_update(
    hash_: str,
    standing: Iterable[SuppressionEntry],
    opt_out: OptOut,
    evidence: str,
    now: datetime,
) -> SuppressionUpdate:
    """Decide what is remembered of a person who is erased, under one hash.

    `standing` are the tombstones of an earlier erasure, of this person or of another who had the
    same address. What its holder was told of and has ended since is over; the rest still holds.
    """
    heard = {
        each.evidence for each in opt_out.entries if each.source is ConsentSource.SUPPRESSION_LIST
    }
    ended = [each for each in standing if each.evidence in heard]
    others = [each.scopes for each in standing if each.evidence not in heard]
    scopes = opt_out.own_scopes.union(*others)
    if not opt_out.own_scopes:
        return SuppressionUpdate(None, ended)  # what others have said stands as it is
    tombstone = SuppressionEntry(hash=hash_, scopes=scopes, evidence=evidence, at=now)
    return SuppressionUpdate(tombstone, [each for each in ended if each.hash != hash_])


def in_progress(notification: Notification, began: datetime, now: datetime) -> bool:
    """Whether a consumer may have it in hand, and write of its user when it is done with it.

    `began` is when the erasure had closed every way for a new one.
    """
    if notification.status is Status.SENDING:
        return not notification.lease_lapsed(now)
    due_at = notification.due_at if notification.status is Status.SENT else None
    looked_at = due_at is not None and due_at <= began + LEAD
    return looked_at and now < began + CONSUMER_TIME_LIMIT


def may_be_polled(notification: Notification) -> bool:
    """Whether a poll may name it, so that a consumer may have it in hand at any time."""
    return notification.status is Status.SENT and notification.awaited_until is not None


def released_at(notification: Notification, began: datetime) -> datetime:
    """Return when a notification that is `in_progress` is so no more, at the latest."""
    claim = notification.claim if notification.status is Status.SENDING else None
    return claim.lease_until if claim is not None else began + CONSUMER_TIME_LIMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureCursor:
    """How far an erasure is. The only place where its job names the user."""

    user: str
    stage: str
    after: str | None = None  #: where the next page of notifications begins
    clean: bool = True  #: whether this pass has found nothing yet
    closed_at: int | None = None  #: epoch ms: when there was no address left to write to
    held_until: int = 0  #: epoch ms: when what this pass found in hand is released
    asked_until: int = 0  #: epoch ms: when nobody asks any more about what was removed

    def moved(self, stage: str, *, found: bool = False, after: str | None = None) -> Self:
        """Go on to a stage, or to the next page of this one."""
        return replace(self, stage=stage, after=after, clean=self.clean and not found)
