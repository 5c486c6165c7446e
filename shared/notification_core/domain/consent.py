"""The ledger of what a user said no to: how far each no reaches, when and how it was said."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from notification_core.domain.addresses import MAX_USER, check_text
from notification_core.domain.errors import InvalidInput
from notification_core.domain.timing import CLOCK_SKEW

#: The scope of a no to everything.
EVERYTHING = "everything"

CATEGORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
MAX_SCOPES = 100  #: targets and categories that one user may have opted out of at a time
MAX_ENTRIES = 200  #: of a ledger; which of them goes first, see `_within_bounds`
MAX_EVIDENCE = 256  #: characters


class ConsentSource(StrEnum):
    """By which way a user's word came in."""

    API = "api"  #: the application said so
    REPLY = "reply"  #: a text message such as STOP or START
    REFUSAL = "refusal"  #: the provider refused to send: the recipient told it to stop
    COMPLAINT = "complaint"  #: the recipient called it spam
    ONE_CLICK = "one-click"  #: the unsubscribe link of an e-mail (RFC 8058)
    ERASURE = "erasure"  #: the user is being erased
    SUPPRESSION_LIST = "suppression_list"  #: an erased person with this id or address had said no


class StopScope(StrEnum):
    """What a STOP covers, of each user who has the number that it came from."""

    TARGETS = "targets"  #: the targets of the module that it answers, where the user has the number
    ALL_TEXTS = "all-texts"  #: every target that sends text messages
    EVERYTHING = "everything"


#: By these the same word may be told to us twice, long after another one.
REPEATING = frozenset(
    {
        ConsentSource.REPLY,
        ConsentSource.REFUSAL,
        ConsentSource.COMPLAINT,
        ConsentSource.SUPPRESSION_LIST,
    }
)


def target_scope(target_id: str) -> str:
    """Return the scope of a no to one target."""
    return f"target:{target_id}"


def category_scope(category: str) -> str:
    """Return the scope of a no to one category, in any target.

    Raises:
        InvalidInput: it is no category.
    """
    check_category(category)
    return f"category:{category}"


def check_category(category: str, name: str = "category") -> None:
    """Refuse what is no category.

    Raises:
        InvalidInput: naming the field and what a category looks like.
    """
    if not CATEGORY.fullmatch(category):
        message = "must be 1 to 64 letters, digits, or any of . _ : - after the first"
        raise InvalidInput.of(name, message)


def narrowest_scope(target_id: str, category: str | None) -> str:
    """Return the scope of a no to one notification: its category, or else its target."""
    return target_scope(target_id) if category is None else category_scope(category)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEntry:
    """One word of a user, and the evidence of it."""

    scope: str
    active: bool  #: true for a no
    at: datetime
    source: ConsentSource
    evidence: str = ""  #: the provider's id of it, or who signed the request


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """NotificationOptOut: one a user, whole or in part."""

    user: str
    entries: tuple[ConsentEntry, ...]  #: oldest first
    created_at: datetime
    updated_at: datetime
    revision: int = 0  #: grows by one each time it is stored

    def __post_init__(self) -> None:
        check_text("user", self.user, MAX_USER)

    @classmethod
    def begun(cls, user: str, now: datetime) -> Self:
        """Return the empty ledger of a user who has said nothing yet."""
        return cls(user=user, entries=(), created_at=now, updated_at=now)

    @property
    def scopes(self) -> frozenset[str]:
        """What must not go now: what the user said no to, and what an erasure holds back."""
        return self.own_scopes | _standing(self._by_erasure(True))

    @property
    def own_scopes(self) -> frozenset[str]:
        """What the user's own no covers now: the last word on each scope holds."""
        return _standing(self._by_erasure(False))

    @property
    def is_being_erased(self) -> bool:
        """Whether an erasure is under way; nobody's word ends what it holds back."""
        return any(self._by_erasure(True))

    def _by_erasure(self, wanted: bool) -> Iterator[ConsentEntry]:  # noqa: FBT001 - private
        return (each for each in self.entries if (each.source is ConsentSource.ERASURE) is wanted)

    @property
    def active(self) -> bool:
        """Whether it covers anything."""
        return bool(self.scopes)

    def covers(self, target_id: str, category: str | None) -> bool:
        """Whether a notification of this target and category must not go."""
        return not _scopes_of(target_id, category).isdisjoint(self.scopes)

    def refuses(self, target_id: str, category: str | None, created_at: datetime) -> bool:
        """Whether a notification that was created then must not go.

        An opt-out that covers it and came after it holds also when it has ended since: ending it
        restores nothing, whether or not the opt-out found the notification when it came.
        """
        covered = self.covers(target_id, category)
        return covered or bool(self.opted_out_since(target_id, category, created_at))

    def opted_out_since(
        self, target_id: str, category: str | None, created_at: datetime
    ) -> list[ConsentEntry]:
        """Return each no to such a notification that came after this moment, ended or not."""
        mine = _scopes_of(target_id, category)
        return [
            entry
            for place, entry in enumerate(self.entries)
            if entry.active
            and entry.scope in mine
            and _came_before(created_at, entry, self.entries[place + 1 :])
        ]

    def reached(
        self, scopes: Sequence[str], *, active: bool, source: ConsentSource, evidence: str
    ) -> list[str]:
        """Return the scopes that a user's word about these is written down for.

        A yes to everything ends each no there is. A START ends those of its targets, and beside
        them a no to everything that a STOP said: one that was said elsewhere it never ends.
        """
        if active:
            return list(scopes)
        if source is not ConsentSource.REPLY:
            return sorted(self.scopes) if EVERYTHING in scopes else list(scopes)
        repeated = any((each.source, each.evidence) == (source, evidence) for each in self.entries)
        ends_all = self._opted_out_by(EVERYTHING) is ConsentSource.REPLY and not repeated
        named = [each for each in scopes if each != EVERYTHING]
        return [EVERYTHING, *named] if ends_all else named

    def _opted_out_by(self, scope: str) -> ConsentSource | None:
        """Return the door of the user's own no to a scope; None where none stands."""
        words = [each for each in self._by_erasure(False) if each.scope == scope]
        return words[-1].source if words and words[-1].active else None

    def said(self, entry: ConsentEntry) -> Self:
        """Return the ledger with one more word; the same one when it says nothing new.

        A provider's word that was heard before changes nothing, however late it is repeated;
        neither does what a tombstone told before. Only the application can be told that a user
        has opted out of too many scopes: anybody else's no becomes one to everything instead.

        Raises:
            InvalidInput: the application names too many scopes.
        """
        heard = entry.source in REPEATING and any(
            (each.source, each.evidence, each.scope) == (entry.source, entry.evidence, entry.scope)
            for each in self.entries
        )
        # A yes that changes nothing is kept where it may be repeated: after a no it would end that.
        kept = entry.source in REPEATING and not entry.active
        standing = _standing(self._by_erasure(entry.source is ConsentSource.ERASURE))
        # Nor does a START end a no to everything that was said elsewhere too.
        kept |= entry.active and self._ends_with_a_start(entry)
        if heard or ((entry.scope in standing) is entry.active and not kept):
            return self
        if entry.active and self._is_full_for(entry.scope):
            if entry.source is ConsentSource.API:
                raise InvalidInput(
                    f"a user may opt out of at most {MAX_SCOPES} targets and categories by name;"
                    " name none of them to opt out of everything"
                )
            return self.said(replace(entry, scope=EVERYTHING))
        entries = _within_bounds((*self.entries, entry))
        return replace(self, entries=entries, updated_at=entry.at)

    def _is_full_for(self, scope: str) -> bool:
        return scope != EVERYTHING and len(self.scopes - {EVERYTHING}) >= MAX_SCOPES

    def _ends_with_a_start(self, entry: ConsentEntry) -> bool:
        """Whether only a STOP has said what somebody else says now: no to everything."""
        others = (
            entry.source not in {ConsentSource.REPLY, ConsentSource.ERASURE}
            and entry.scope == EVERYTHING
        )
        return others and self._opted_out_by(EVERYTHING) is ConsentSource.REPLY


def _scopes_of(target_id: str, category: str | None) -> set[str]:
    """Return the scopes whose opt-out covers a notification of this target and category."""
    by_name = {EVERYTHING, target_scope(target_id)}
    return by_name if category is None else by_name | {category_scope(category)}


def _standing(entries: Iterable[ConsentEntry]) -> frozenset[str]:
    last = {entry.scope: entry.active for entry in entries}
    return frozenset(scope for scope, active in last.items() if active)


def _about(entry: ConsentEntry) -> tuple[str, bool]:
    """Return what a later word on the same would overrule."""
    return entry.scope, entry.source is ConsentSource.ERASURE


def _came_before(created_at: datetime, no: ConsentEntry, later: Sequence[ConsentEntry]) -> bool:
    """Whether a notification was created before an opt-out, as far as two clocks can tell.

    In doubt it was; but what was created after the yes that ended it is wanted.
    """
    undecided = no.at + CLOCK_SKEW
    yes = next((each for each in later if _about(each) == _about(no) and not each.active), None)
    if yes is not None:
        undecided = min(undecided, yes.at)
    return created_at <= no.at or created_at < undecided


def _within_bounds(entries: tuple[ConsentEntry, ...]) -> tuple[ConsentEntry, ...]:
    """Forget what the fewest decisions rest on, where a ledger has grown too long.

    That is the oldest word that later ones overrule, but never the last no to a scope, which
    holds for what was created before it; and where there is none such, all of the scope that the
    user has said yes to for the longest time.
    """
    if len(entries) <= MAX_ENTRIES:
        return entries
    for place, entry in enumerate(entries):
        if _is_overruled(entry, entries[place + 1 :]):
            return entries[:place] + entries[place + 1 :]
    last = {_about(entry): (place, entry.active) for place, entry in enumerate(entries)}
    over = min((place, about) for about, (place, active) in last.items() if not active)[1]
    return tuple(entry for entry in entries if _about(entry) != over)


def _is_overruled(entry: ConsentEntry, later: Sequence[ConsentEntry]) -> bool:
    same = [each for each in later if _about(each) == _about(entry)]
    return any(each.active for each in same) if entry.active else bool(same)
