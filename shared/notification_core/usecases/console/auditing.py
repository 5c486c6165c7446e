"""Write and read the audit log. No change and no unmasking happens without an entry."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import uuid4

from notification_core.domain.audit import (
    KEPT,
    MAX_OUTCOME,
    MAX_REASON,
    AuditAction,
    AuditEntry,
)
from notification_core.domain.console_sessions import Session
from notification_core.domain.errors import InvalidInput, NotificationError
from notification_core.domain.paging import Page
from notification_core.ports.console import ConsolePorts
from notification_core.usecases.monthly import list_months

logger = logging.getLogger(__name__)

#: The outcome of a change that ended with an unexpected error, whose text may name a person.
FAILED = "it failed unexpectedly; whether anything was changed is unknown"


@dataclass
class Audited:
    """A change under way; `outcome` and `job` are stored at its end."""

    outcome: str = "done"
    job: str | None = None


@contextmanager
def audited(
    console: ConsolePorts, session: Session, action: AuditAction, subject: str, reason: str
) -> Iterator[Audited]:
    """Store an entry, run the block, and store the outcome, also that of an error.

    Raises:
        InvalidInput: the reason is too long; nothing was done.
        Exception: that of the store. If it is raised before the block, nothing was done.
    """
    reason = reason.strip()
    if len(reason) > MAX_REASON:
        raise InvalidInput.of("reason", f"must be at most {MAX_REASON} characters")
    entry = AuditEntry(
        id=str(uuid4()),
        at=console.clock(),
        who=session.name,
        username=session.username,
        action=action.value,
        subject=subject,
        reason=reason,
    )
    console.audit_log.put(entry)
    change = Audited()
    try:
        yield change
    except NotificationError as error:
        _put_outcome(console, entry, f"refused: {error.detail}", None)
        raise
    except Exception:
        _put_outcome(console, entry, FAILED, None)
        raise
    _put_outcome(console, entry, change.outcome, change.job)


def unmask(console: ConsolePorts, session: Session, subject: str, reason: str) -> Session:
    """Log that a person sees a subject in full, and return the session in which it is unmasked.

    Raises:
        InvalidInput: there is no reason.
    """
    require_reason(reason)
    with audited(console, session, AuditAction.UNMASK, subject, reason) as change:
        change.outcome = "shown"
        unmasked = session.unmasking(subject, console.clock())
        if not console.sessions.replace(unmasked):
            raise InvalidInput("the session has ended")
    return unmasked


def require_reason(reason: str) -> None:
    """Check that there is a reason. Raises InvalidInput."""
    if not reason.strip():
        raise InvalidInput.of("reason", "must say why, for the audit log")


def list_entries(console: ConsolePorts, limit: int, before: str | None) -> Page[AuditEntry]:
    """Return a page of the audit log, newest first; `next` is for `before`.

    Raises:
        InvalidInput: `before` is not a token of this listing.
    """
    return list_months(console.audit_log.list_month, limit, before, console.clock(), KEPT)


def _put_outcome(console: ConsolePorts, entry: AuditEntry, outcome: str, job: str | None) -> None:
    """Store the outcome. If that fails, the entry stays without one.

    The error is not raised, because the person would be told that nothing was done.
    """
    try:
        console.audit_log.put(replace(entry, outcome=outcome[:MAX_OUTCOME], job=job))
    except Exception as error:  # noqa: BLE001 - whatever the store raises
        logger.error(  # noqa: TRY400 - the text of an error may quote personal data
            "the outcome of an audit entry was not stored",
            extra={"entry": entry.id, "error": type(error).__name__},
        )
