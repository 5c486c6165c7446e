"""The ledger of a user's opt-outs and opt-ins: the scope, time, source and evidence of each."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from notification_core.domain.addresses import MAX_USER, check_text
from notification_core.domain.consent_scopes import EVERYTHING, scopes_covering
from notification_core.domain.errors import InvalidInput
from notification_core.domain.timing import CLOCK_SKEW

MAX_SCOPES = 100  #: targets and categories that one user may have opted out of at a time
MAX_ENTRIES = 200  #: in one ledger; `_within_bounds` decides which entry is dropped first
MAX_EVIDENCE = 256  #: characters


class ConsentSource(StrEnum):
    """How a user's consent statement reached the system."""

    API = "api"  #: the application recorded it
    REPLY = "reply"  #: a text message such as STOP or START
    REFUSAL = "refusal"  #: the provider refused to send, because the recipient had opted out there
    COMPLAINT = "complaint"  #: the recipient marked a message as spam
    ONE_CLICK = "one-click"  #: the unsubscribe link of an e-mail (RFC 8058)
    ERASURE = "erasure"  #: the user is being erased
    IMPORT = "import"  #: imported from another system, with the time of the statement there
    IMPORT_UNDONE = "import-undone"  #: the import of an opt-out was undone
    SUPPRESSION_LIST = "suppression_list"  #: an erased person with this id or address had opted out

    @classmethod
    def stored(cls, name: str) -> Self:
        """Return a source as this or a newer version has stored it.

        A source that only a newer version knows is no member, and keeps its name: the ledger is
        evidence, which a rollback must not change.
        """
        if name in _SOURCES:
            return cls(name)
        unknown = str.__new__(cls, name)
        unknown._name_ = unknown._value_ = name
        return unknown


#: The names of the sources that this version knows.
_SOURCES = frozenset(source.value for source in ConsentSource)


#: These sources may report the same statement twice, long after a later statement.
REPEATING = frozenset(
    {
        ConsentSource.REPLY,
        ConsentSource.REFUSAL,
        ConsentSource.COMPLAINT,
        ConsentSource.SUPPRESSION_LIST,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEntry:
    """One opt-out or opt-in of a user, and its evidence."""

    scope: str
    active: bool  #: true for an opt-out, false for an opt-in
    at: datetime
    source: ConsentSource
    evidence: str = ""  #: the provider's id of the statement, or the signer of the request


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """NotificationOptOut: the one ledger of a user, whose opt-outs are global or partial."""

    user: str
    entries: tuple[ConsentEntry, ...]  #: oldest first
    created_at: datetime
    updated_at: datetime
    revision: int = 0  #: grows by one each time it is stored

    def __post_init__(self) -> None:
        check_text("user", self.user, MAX_USER)

    @classmethod
    def begun(cls, user: str, now: datetime) -> Self:
        """Return the empty ledger of a user who has neither opted out nor in yet."""
        return cls(user=user, entries=(), created_at=now, updated_at=now)

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes that must not be sent now, because of an opt-out or of an erasure."""
        return self.own_scopes | _standing(self._by_erasure(True))

    @property
    def own_scopes(self) -> frozenset[str]:
        """The scopes of the user's own opt-outs: the latest entry for each scope decides."""
        return _standing(self._by_erasure(False))

    @property
    def is_being_erased(self) -> bool:
        """Whether an erasure is under way; no opt-in ends the scopes that it holds back."""
        return any(self._by_erasure(True))

    def _by_erasure(self, wanted: bool) -> Iterator[ConsentEntry]:  # noqa: FBT001 - private
        return (
            entry for entry in self.entries if (entry.source is ConsentSource.ERASURE) is wanted
        )

    @property
    def active(self) -> bool:
        """Whether the ledger covers any scope."""
        return bool(self.scopes)

    def covers(self, target_id: str, category: str | None) -> bool:
        """Whether a notification of this target and category must not be sent."""
        return not scopes_covering(target_id, category).isdisjoint(self.scopes)

    def refuses(self, target_id: str, category: str | None, created_at: datetime) -> bool:
        """Whether a notification with this creation time must not be sent.

        An opt-out that covers the notification and came after its creation applies even when the
        opt-out has ended since. Ending an opt-out does not restore notifications, whether or not
        the opt-out had reached them.
        """
        covered = self.covers(target_id, category)
        return covered or bool(self.opted_out_since(target_id, category, created_at))

    def opted_out_since(
        self, target_id: str, category: str | None, created_at: datetime
    ) -> list[ConsentEntry]:
        """Return each opt-out of such a notification after this moment, ended or not."""
        mine = scopes_covering(target_id, category)
        return [
            entry
            for index, entry in enumerate(self.entries)
            if entry.active
            and entry.scope in mine
            and _came_before(created_at, entry, self.entries[index + 1 :])
        ]

    def recorded_scopes(
        self, scopes: Sequence[str], *, active: bool, source: ConsentSource, evidence: str
    ) -> list[str]:
        """Return the scopes for which a user's statement about `scopes` is recorded.

        An opt-in to everything ends every opt-out. A START ends the opt-outs of its targets, and
        also an opt-out of everything that a STOP recorded. It never ends an opt-out of everything
        from another source.
        """
        if active:
            return list(scopes)
        if source is not ConsentSource.REPLY:
            return sorted(self.scopes) if EVERYTHING in scopes else list(scopes)
        repeated = any(
            (entry.source, entry.evidence) == (source, evidence) for entry in self.entries
        )
        ends_all = self._opted_out_by(EVERYTHING) is ConsentSource.REPLY and not repeated
        named = [scope for scope in scopes if scope != EVERYTHING]
        return [EVERYTHING, *named] if ends_all else named

    def opt_outs_by(self, source: ConsentSource, evidence: str, since: datetime) -> list[str]:
        """Return the scopes of the user's own opt-outs that this statement caused, not earlier.

        A scope that another statement has opted out of before or opened since is not among them.
        """
        last = {entry.scope: entry for entry in self._by_erasure(False)}
        return [
            scope
            for scope, entry in last.items()
            if entry.active
            and (entry.source, entry.evidence) == (source, evidence)
            and entry.at >= since
        ]

    def _opted_out_by(self, scope: str) -> ConsentSource | None:
        """Return the source of the user's own opt-out of a scope; None when there is none."""
        entries = [entry for entry in self._by_erasure(False) if entry.scope == scope]
        return entries[-1].source if entries and entries[-1].active else None

    def with_entry(self, entry: ConsentEntry) -> Self:
        """Return the ledger with one more entry, or the same ledger when nothing changes.

        A provider's report that was recorded before changes nothing, however late it is repeated;
        the same holds for an entry of the suppression list. Only the application can receive the
        error that a user has opted out of too many scopes. An opt-out from any other source
        becomes an opt-out of everything instead.

        Raises:
            InvalidInput: the application names too many scopes.
        """
        repeated = entry.source in REPEATING and any(
            (earlier.source, earlier.evidence, earlier.scope)
            == (entry.source, entry.evidence, entry.scope)
            for earlier in self.entries
        )
        # An opt-in that changes nothing is kept when its source may repeat it. Otherwise, the
        # repetition would end an opt-out that came after it.
        kept = entry.source in REPEATING and not entry.active
        standing = _standing(self._by_erasure(entry.source is ConsentSource.ERASURE))
        # A later START must not end an opt-out of everything that another source has recorded too.
        kept |= entry.active and self._ends_with_a_start(entry)
        if repeated or ((entry.scope in standing) is entry.active and not kept):
            return self
        if entry.active and self._is_full_for(entry.scope):
            if entry.source is ConsentSource.API:
                raise InvalidInput(
                    f"a user may opt out of at most {MAX_SCOPES} targets and categories by name;"
                    " name none of them to opt out of everything"
                )
            return self.with_entry(replace(entry, scope=EVERYTHING))
        entries = _within_bounds((*self.entries, entry))
        return replace(self, entries=entries, updated_at=entry.at)

    def with_import(self, entry: ConsentEntry, now: datetime) -> Self:
        """Return the ledger with an opt-out of everything from another system, at its own time.

        Nothing changes if the ledger already has a statement of the user about everything: it was
        made here and is the newer one, or it is the imported one. An undone import may be repeated.
        An opt-out by STOP alone is no reason to leave the entry out, because a START ends it.
        """
        latest = next(reversed(self.statements_on_everything()), None)
        is_decided = latest is not None and latest.source is not ConsentSource.IMPORT_UNDONE
        if is_decided and not self._ends_with_a_start(entry):
            return self
        entries = [*self.entries, entry]
        if latest is None:
            entries.sort(key=lambda other: other.at)
        return replace(self, entries=_within_bounds(tuple(entries)), updated_at=now)

    def statements_on_everything(self) -> list[ConsentEntry]:
        """Return the user's own statements about everything, the latest last."""
        return [entry for entry in self._by_erasure(False) if entry.scope == EVERYTHING]

    def _is_full_for(self, scope: str) -> bool:
        return scope != EVERYTHING and len(self.scopes - {EVERYTHING}) >= MAX_SCOPES

    def _ends_with_a_start(self, entry: ConsentEntry) -> bool:
        """Whether another source opts out of everything, and so far only a STOP has done so."""
        others = (
            entry.source not in {ConsentSource.REPLY, ConsentSource.ERASURE}
            and entry.scope == EVERYTHING
        )
        return others and self._opted_out_by(EVERYTHING) is ConsentSource.REPLY


def _standing(entries: Iterable[ConsentEntry]) -> frozenset[str]:
    last = {entry.scope: entry.active for entry in entries}
    return frozenset(scope for scope, active in last.items() if active)


def _about(entry: ConsentEntry) -> tuple[str, bool]:
    """Return the key that this entry shares with the later entries that overrule it."""
    return entry.scope, entry.source is ConsentSource.ERASURE


def _came_before(
    created_at: datetime, opt_out: ConsentEntry, later: Sequence[ConsentEntry]
) -> bool:
    """Whether a notification was created before an opt-out, as far as two clocks can tell.

    When in doubt, it was. A notification that was created after the opt-in that ended the opt-out
    is wanted, however.
    """
    undecided = opt_out.at + CLOCK_SKEW
    opt_ins = (entry for entry in later if _about(entry) == _about(opt_out) and not entry.active)
    opt_in = next(opt_ins, None)
    if opt_in is not None:
        undecided = min(undecided, opt_in.at)
    return created_at <= opt_out.at or created_at < undecided


def _within_bounds(entries: tuple[ConsentEntry, ...]) -> tuple[ConsentEntry, ...]:
    """Drop the entries that the fewest decisions depend on, when the ledger is too long.

    This is the oldest entry that later entries overrule, but never the last opt-out of a scope,
    which applies to notifications that were created before it. When there is no such entry, all
    entries of the scope whose opt-in is the oldest are dropped.
    """
    if len(entries) <= MAX_ENTRIES:
        return entries
    for index, entry in enumerate(entries):
        if _is_overruled(entry, entries[index + 1 :]):
            return entries[:index] + entries[index + 1 :]
    last = {_about(entry): (index, entry.active) for index, entry in enumerate(entries)}
    ended = min((index, about) for about, (index, active) in last.items() if not active)[1]
    return tuple(entry for entry in entries if _about(entry) != ended)


def _is_overruled(entry: ConsentEntry, later: Sequence[ConsentEntry]) -> bool:
    overruling = [other for other in later if _about(other) == _about(entry)]
    return any(other.active for other in overruling) if entry.active else bool(overruling)
