"""Opt-outs by the unsubscribe link of an e-mail, and their undo."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from notification_core.domain.consent import ConsentEntry, ConsentSource, OptOut
from notification_core.domain.erasure import SuppressionEntry
from notification_core.domain.transitions import Conflict
from notification_core.usecases.conflicts import retry_on_conflict
from notification_core.usecases.consent.opt_out import TRIES, record_consent
from notification_core.usecases.consent.suppression import SuppressionPorts, user_hashes

#: How long after a click it can be undone with the same link. Later, the link may be in the hands
#: of somebody to whom the e-mail was forwarded.
UNDO_WITHIN = timedelta(hours=1)


def record_unsubscribe(
    ports: SuppressionPorts, user: str, scopes: Sequence[str], evidence: str
) -> bool:
    """Record the opt-out of an unsubscribe link, as `opt_out.record_consent`.

    For a user who no longer exists, only a suppression entry is stored, because a ledger would
    bring the user id back.

    Returns:
        whether `undo_unsubscribe` with the same evidence would change anything.
    """
    if _is_known(ports, user):
        result = record_consent(
            ports, user, scopes, active=True, source=ConsentSource.ONE_CLICK, evidence=evidence
        )
        return bool(_closed_by(result.opt_out, evidence, ports.clock()))
    hashes = user_hashes(ports, user)
    standing = ports.suppressions.get(hashes)
    entry = SuppressionEntry(
        hash=hashes[0],
        scopes=frozenset(scopes).union(*(other.scopes for other in standing)),
        evidence=evidence,
        at=ports.clock(),
    )
    ports.suppressions.put([entry])
    return False


def undo_unsubscribe(ports: SuppressionPorts, user: str, evidence: str) -> bool:
    """End the opt-outs that an unsubscribe link has caused within `UNDO_WITHIN`.

    Opt-outs from another source or link stay, and so do notifications that have been ended. The
    ledger keeps both statements.

    Returns:
        whether there was such an opt-out.

    Raises:
        Unavailable: other processes kept writing to the ledger; nothing is stored.
    """

    def end() -> bool:
        stored = ports.opt_outs.get([user]).get(user)
        now = ports.clock()
        scopes = [] if stored is None else _closed_by(stored, evidence, now)
        if stored is None or not scopes:
            return False
        after = stored
        for scope in scopes:
            entry = ConsentEntry(
                scope=scope, active=False, at=now, source=ConsentSource.ONE_CLICK, evidence=evidence
            )
            after = after.with_entry(entry)
        if not ports.opt_outs.put(after):
            raise Conflict
        return True

    return retry_on_conflict(end, TRIES)


def _closed_by(opt_out: OptOut, evidence: str, now: datetime) -> list[str]:
    return opt_out.opt_outs_by(ConsentSource.ONE_CLICK, evidence, now - UNDO_WITHIN)


def _is_known(ports: SuppressionPorts, user: str) -> bool:
    """Whether any stored item contains the user's id."""
    return bool(
        ports.opt_outs.get([user])
        or ports.records.list_by_user(user)
        or ports.user_settings.get([user])
        or ports.notifications.list_by_user(user, 1).items
    )
