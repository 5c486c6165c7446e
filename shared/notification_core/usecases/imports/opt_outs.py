"""Import opt-outs, with the time of each in the other system."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from notification_core.domain.addresses import MAX_USER, check_text
from notification_core.domain.consent import MAX_EVIDENCE, ConsentEntry, ConsentSource, OptOut
from notification_core.domain.consent_scopes import EVERYTHING
from notification_core.domain.errors import BeingErased, InvalidInput, OptedIn
from notification_core.domain.imports import (
    ImportedOptOut,
    ImportKey,
    ImportKind,
    ImportOutcome,
    ImportResult,
    UndoResult,
)
from notification_core.domain.transitions import Conflict
from notification_core.ports import HasClock, HasOptOuts
from notification_core.usecases.conflicts import retry_on_conflict
from notification_core.usecases.consent.opt_out import (
    MAX_PAGES,
    PATIENCE,
    TRIES,
    OptOutPorts,
    end_all,
)

#: The pages that a user without many notifications needs, so that only others get a job.
PAGES_OF_A_USER = 2


class CheckPorts(HasClock, HasOptOuts, Protocol):
    """The ports that the check needs."""


def import_opt_outs(
    ports: OptOutPorts, source: str, items: Sequence[ImportedOptOut]
) -> list[ImportOutcome]:
    """Import opt-outs of everything; return one outcome for each, in order.

    All are stored before the waiting notifications of their users are ended, so each user is
    refused from the first moment on. What a user has stated here about everything stands.

    Raises:
        StillSending, Unavailable: as `record_consent`; the same request may be repeated.
    """
    outcomes, stored = list[ImportOutcome](), list[OptOut]()
    for item in items:
        try:
            ledger, is_new = _with_opt_out(ports, source, item)
        except InvalidInput as error:
            outcomes.append(ImportOutcome(ImportResult.INVALID, None, error))
        except BeingErased as error:
            outcomes.append(ImportOutcome(ImportResult.SKIPPED, item.user, error))
        else:
            outcomes.append(_outcome(ledger, is_new=is_new))
            stored += [ledger] if EVERYTHING in ledger.scopes else []
    # A repetition ends the notifications that an interrupted request has left.
    ledgers = list({ledger.user: ledger for ledger in stored}.values())
    end_all(ports, ledgers, PATIENCE, MAX_PAGES + PAGES_OF_A_USER * len(ledgers))
    return outcomes


def check_opt_outs(ports: CheckPorts, items: Sequence[ImportedOptOut]) -> list[ImportOutcome]:
    """Return the outcomes that an import of these opt-outs would have, and store nothing."""
    ledgers = ports.opt_outs.get({item.user for item in items if len(item.user) <= MAX_USER})
    outcomes = list[ImportOutcome]()
    for item in items:
        try:
            check_text("user", item.user, MAX_USER)
        except InvalidInput as error:
            outcomes.append(ImportOutcome(ImportResult.INVALID, None, error))
            continue
        ledger = ledgers.get(item.user) or OptOut.begun(item.user, ports.clock())
        entry = _entry("", item, ports.clock())
        is_new = ledger.with_import(entry, ports.clock()) is not ledger
        outcomes.append(_outcome(ledger, is_new=is_new))
    return outcomes


def undo_opt_out(ports: OptOutPorts, source: str, key: str, user: str) -> UndoResult:
    """Close an imported opt-out by an entry of its user's ledger. Raises Unavailable."""
    evidence = ImportKey(source, ImportKind.OPT_OUT, key).evidence[:MAX_EVIDENCE]
    imported = (ConsentSource.IMPORT, evidence)
    undone = (ConsentSource.IMPORT_UNDONE, evidence)
    result = UndoResult.ABSENT

    def closed(ledger: OptOut) -> OptOut:
        nonlocal result
        entries = ledger.statements_on_everything()
        statements = [(entry.source, entry.evidence) for entry in entries]
        # The user may have opted out by STOP before the import, which stands.
        had_stopped = any(entry.active for entry in entries[-2:-1])
        if statements[-1:] != [imported] or had_stopped:
            changed = imported in statements and statements[-1] != undone
            result = UndoResult.CHANGED_SINCE if changed else UndoResult.ABSENT
            return ledger
        result = UndoResult.REMOVED
        return ledger.with_entry(
            ConsentEntry(
                scope=EVERYTHING,
                active=False,
                at=ports.clock(),
                source=ConsentSource.IMPORT_UNDONE,
                evidence=evidence,
            )
        )

    _changed(ports, user, closed)
    return result


def _entry(evidence: str, item: ImportedOptOut, now: datetime) -> ConsentEntry:
    return ConsentEntry(
        scope=EVERYTHING,
        active=True,
        at=min(item.at, now),
        source=ConsentSource.IMPORT,
        evidence=evidence,
    )


def _outcome(ledger: OptOut, *, is_new: bool) -> ImportOutcome:
    if is_new:
        return ImportOutcome(ImportResult.IMPORTED, ledger.user)
    if EVERYTHING in ledger.own_scopes:
        return ImportOutcome(ImportResult.UNCHANGED, ledger.user)
    return ImportOutcome(ImportResult.SKIPPED, ledger.user, OptedIn())


def _with_opt_out(ports: OptOutPorts, source: str, item: ImportedOptOut) -> tuple[OptOut, bool]:
    """Store the opt-out; return the ledger, and whether the opt-out is new to it."""
    check_text("user", item.user, MAX_USER)
    evidence = ImportKey(source, ImportKind.OPT_OUT, item.key).evidence[:MAX_EVIDENCE]
    now = ports.clock()
    entry = _entry(evidence, item, now)

    def added(ledger: OptOut) -> OptOut:
        if ledger.is_being_erased:
            raise BeingErased
        return ledger.with_import(entry, now)

    return _changed(ports, item.user, added)


def _changed(
    ports: OptOutPorts, user: str, change: Callable[[OptOut], OptOut]
) -> tuple[OptOut, bool]:
    """Store a user's changed ledger; return it, and whether it has changed. Raises Unavailable."""

    def stored() -> tuple[OptOut, bool]:
        current = ports.opt_outs.get([user]).get(user)
        before = current or OptOut.begun(user, ports.clock())
        after = change(before)
        if after is before:
            return before, False
        if not ports.opt_outs.put(after):
            raise Conflict
        return after, True

    return retry_on_conflict(stored, TRIES)
